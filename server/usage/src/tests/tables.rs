//! Tables in their three forms.

use bytes::Bytes;
use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::Field as Value,
};

use crate::{
    Parquet,
    table::{Cell, Csv, Field, Holds, JsonLines, Sink, Table, TableError},
};

const COLUMNS: &[Field] = &[
    Field { name: "query", holds: Holds::Text },
    Field { name: "times", holds: Holds::Number },
    Field { name: "share", holds: Holds::Decimal },
    Field { name: "day", holds: Holds::Day },
];

fn row(query: &str) -> Vec<Cell> {
    vec![query.into(), 7.into(), 0.125.into(), Cell::Day(20_758)]
}

fn table(queries: &[&str]) -> Table {
    let mut rows: Vec<Vec<Cell>> = queries.iter().map(|query| row(query)).collect();
    rows.push(vec![Cell::Empty; 4]);
    Table { columns: COLUMNS, rows, notes: Vec::new() }
}

#[test]
fn csv_has_names_quotes_and_nothing_that_a_spreadsheet_runs() {
    let table = table(&["plain", "a,\"b\"", "=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "＝1", "a=1"]);
    let text = String::from_utf8(table.write(Csv::new(COLUMNS, Vec::new()).unwrap()).unwrap()).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let first: Vec<String> = reader.records().map(|record| record.unwrap()[0].to_owned()).collect();
    assert_eq!(first, ["plain", "a,\"b\"", "'=1+1", "'+1", "'-1", "'@x", "'\t=1", "'\r=1", "'＝1", "a=1", ""]);
    assert!(text.starts_with("query,times,share,day\nplain,7,0.125,2026-11-01\n"), "{text}");
    assert!(text.ends_with("\n,,,\n"), "{text}");
}

#[test]
fn json_has_an_object_on_each_line() {
    let mut table = table(&["=1\n"]);
    table.rows.push(vec![Cell::Empty, u64::MAX.into(), f64::NAN.into(), Cell::Day(i32::MAX)]);
    let text = String::from_utf8(table.write(JsonLines::new(COLUMNS, Vec::new())).unwrap()).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0], serde_json::json!({"query": "=1\n", "times": 7, "share": 0.125, "day": "2026-11-01"}));
    assert_eq!(lines[1], serde_json::json!({"query": null, "times": null, "share": null, "day": null}));
    assert_eq!((&lines[2]["times"], &lines[2]["share"]), (&u64::MAX.into(), &serde_json::Value::Null));
}

#[test]
fn parquet_has_every_row_in_its_types() {
    let queries: Vec<String> = (0..9_000).map(|number| format!("q{number}")).collect();
    let queries: Vec<&str> = queries.iter().map(String::as_str).collect();
    let bytes = table(&queries).write(Parquet::new(COLUMNS, Vec::new()).unwrap()).unwrap();
    let reader = SerializedFileReader::new(Bytes::from(bytes)).unwrap();
    assert_eq!(reader.num_row_groups(), 2);
    let rows: Vec<Vec<Value>> = reader
        .get_row_iter(None)
        .unwrap()
        .map(|row| row.unwrap().get_column_iter().map(|(_, value)| value.clone()).collect())
        .collect();
    assert_eq!(rows.len(), 9_001);
    assert_eq!(rows[8_999], [Value::Str("q8999".to_owned()), Value::Long(7), Value::Double(0.125), Value::Date(20_758)]);
    assert_eq!(rows[9_000], vec![Value::Null; 4]);
}

#[test]
fn a_row_that_does_not_fit_its_columns_is_refused() {
    let mut sinks =
        (Csv::new(COLUMNS, Vec::new()).unwrap(), JsonLines::new(COLUMNS, Vec::new()), Parquet::new(COLUMNS, Vec::new()).unwrap());
    for cells in [vec![Cell::Empty; 3], vec![Cell::Empty; 5], vec![1.into(), 1.into(), 0.5.into(), Cell::Empty]] {
        for error in [sinks.0.row(&cells), sinks.1.row(&cells), sinks.2.row(&cells)] {
            assert!(matches!(error, Err(TableError::Width { .. } | TableError::Cell("query"))), "{error:?}");
        }
    }
}
