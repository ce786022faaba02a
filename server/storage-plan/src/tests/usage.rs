//! Tests of usage: what is read of CSV, and what is refused with its line.

use super::{GB, day};
use crate::usage::{DayUsage, History, UsageError};

const HEADER: &str = "title,day,stored_bytes,bytes_out,requests\n";

fn read(rows: &str) -> Result<History, UsageError> {
    History::from_csv(format!("{HEADER}{rows}").as_bytes())
}

#[test]
fn rows_in_any_order_become_lifetimes_without_gaps() {
    let history =
        read("b,2026-01-03,7,0,0\na,2026-01-04,0,0,0\na,2026-01-01,5,3,1\na,2026-01-06,6,0,0\n\"c,\",2026-01-07,1,0,0\n")
            .unwrap();
    assert_eq!((history.first, history.days), (day("2026-01-01"), 7));
    let shapes: Vec<_> = history.lifetimes.iter().map(|title| (title.title.as_str(), title.first, title.days.len())).collect();
    // Title a is gone on the fourth day and comes back on the sixth: two lifetimes.
    assert_eq!(shapes, [("a", 0, 3), ("a", 5, 2), ("b", 2, 5), ("c,", 6, 1)]);
    assert_eq!(history.lifetimes[0].on(0), Some(DayUsage { stored_bytes: 5, bytes_out: 3, requests: 1 }));
    assert_eq!(history.lifetimes[0].on(2), Some(DayUsage { stored_bytes: 5, bytes_out: 0, requests: 0 }));
    assert_eq!((history.lifetimes[0].on(3), history.lifetimes[1].on(4)), (None, None));
    let later = history.since(2);
    let shapes: Vec<_> = later.lifetimes.iter().map(|title| (title.title.as_str(), title.first, title.days.len())).collect();
    assert_eq!(shapes, [("a", 0, 1), ("a", 3, 2), ("b", 0, 5), ("c,", 4, 1)]);
    assert_eq!((later.first, later.days), (day("2026-01-03"), 5));
}

#[test]
fn a_row_that_cannot_be_read_is_named_by_its_line() {
    for (rows, line, says) in [
        ("a,2026-01-01,5,3,1\na,2026-02-30,5,3,1\n", 3, "\"2026-02-30\" is no day"),
        ("a,2026-1-1,5,3,1\n", 2, "\"2026-1-1\" is no day"),
        ("a,1969-12-31,5,3,1\n", 2, "\"1969-12-31\" is no day"),
        ("a,2026-01-01,-5,3,1\n", 2, "stored_bytes is \"-5\""),
        ("a,2026-01-01,5,3,1\na,2026-01-02,5,,1\n", 3, "bytes_out is \"\""),
        ("a,2026-01-01,5,3,1.0\n", 2, "requests is \"1.0\""),
        ("a,2026-01-01,5,3\n", 2, "found record with 4 fields"),
        (",2026-01-01,5,3,1\n", 2, "title is empty"),
        ("a,2026-01-01,1000000000000000001,3,1\n", 2, "more on 2026-01-01 than can be"),
        ("a,2026-01-01,0,3,1\n", 2, "where nothing of it is stored"),
    ] {
        let error = read(rows).unwrap_err().to_string();
        assert!(error.starts_with(&format!("line {line}: ")) && error.contains(says), "{rows:?}: {error}");
    }
    let error = History::from_csv("title,day\n".as_bytes()).unwrap_err().to_string();
    assert_eq!(error, "line 1: the header is not title,day,stored_bytes,bytes_out,requests");
    let error = History::from_csv(&b"title,day,stored_bytes,bytes_out,requests\n\xff,2026-01-01,1,1,1\n"[..]).unwrap_err();
    assert!(error.to_string().starts_with("line 2: "), "{error}");
}

#[test]
fn usage_that_contradicts_itself_or_is_too_long_is_refused() {
    assert!(matches!(read(""), Err(UsageError::Empty)));
    assert!(matches!(read("a,2026-01-01,5,3,1\na,2026-01-01,5,3,1\n"), Err(UsageError::Twice { .. })));
    assert!(matches!(read("a,2016-01-01,5,3,1\na,2026-01-09,5,3,1\n"), Err(UsageError::TooLong(..))));
    let most = format!("a,2026-01-01,{},3,1\n", GB * GB);
    assert!(read(&most).is_ok());
}
