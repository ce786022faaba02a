//! Files of other builds and of other programs.

use std::sync::Arc;

use bytes::Bytes;
use parquet::{
    basic::Type,
    data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, FixedLenByteArray, FixedLenByteArrayType, Int64Type},
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};

use crate::{
    Event, Kind, ReadError,
    event::{Device, Playback, SessionHash},
    read,
    schema::schema,
};

/// Two rows of a schema, without checksums: `kind` is the texts that are given, numbers are 1 and 2, any other text is `x`.
fn file(columns: &str, kinds: [&str; 2]) -> Bytes {
    let schema = Arc::new(parse_message_type(&format!("message other {{ {columns} }}")).unwrap());
    let mut file = SerializedFileWriter::new(Vec::new(), schema, Arc::new(WriterProperties::default())).unwrap();
    let mut group = file.next_row_group().unwrap();
    while let Some(mut writer) = group.next_column().unwrap() {
        let column = writer.untyped().described();
        let records = column.3.then_some(&[0i16; 2][..]);
        let levels = (column.0 > 0).then_some([column.0; 2]);
        let levels = levels.as_ref().map(|levels| &levels[..]);
        match column.1 {
            Type::INT64 => writer.typed::<Int64Type>().write_batch(&[1, 2], levels, records),
            Type::BOOLEAN => writer.typed::<BoolType>().write_batch(&[true, false], levels, records),
            Type::DOUBLE => writer.typed::<DoubleType>().write_batch(&[1.0, 2.0], levels, records),
            Type::FIXED_LEN_BYTE_ARRAY => {
                let hash = FixedLenByteArray::from(vec![3; 16]);
                writer.typed::<FixedLenByteArrayType>().write_batch(&[hash.clone(), hash], levels, records)
            }
            _ if column.2 == "kind" => writer.typed::<ByteArrayType>().write_batch(&kinds.map(ByteArray::from), levels, records),
            _ => writer.typed::<ByteArrayType>().write_batch(&["x".into(), "x".into()], levels, records),
        }
        .unwrap();
        writer.close().unwrap();
    }
    group.close().unwrap();
    file.into_inner().unwrap().into()
}

/// The level of what is there, the type and the name of the column that is written, and whether it repeats.
trait Described {
    fn described(&self) -> (i16, Type, String, bool);
}

impl Described for parquet::column::writer::ColumnWriter<'_> {
    fn described(&self) -> (i16, Type, String, bool) {
        use parquet::column::writer::ColumnWriter as Of;
        let column = match self {
            Of::BoolColumnWriter(writer) => writer.get_descriptor(),
            Of::Int64ColumnWriter(writer) => writer.get_descriptor(),
            Of::DoubleColumnWriter(writer) => writer.get_descriptor(),
            Of::ByteArrayColumnWriter(writer) => writer.get_descriptor(),
            Of::FixedLenByteArrayColumnWriter(writer) => writer.get_descriptor(),
            _ => panic!("no test has such a column"),
        };
        (column.max_def_level(), column.physical_type(), column.path().string(), column.max_rep_level() > 0)
    }
}

const AT: &str = "REQUIRED INT64 at (TIMESTAMP(MILLIS,true));";
const KIND: &str = "REQUIRED BYTE_ARRAY kind (STRING);";

fn columns() -> String {
    let mut text = Vec::new();
    parquet::schema::printer::print_schema(&mut text, &schema().unwrap());
    let text = String::from_utf8(text).unwrap();
    text.trim().strip_prefix("message events {").unwrap().strip_suffix('}').unwrap().to_owned()
}

fn refused(columns: &str) -> String {
    read(file(columns, ["search"; 2])).and_then(|events| events.collect::<Result<Vec<_>, _>>()).unwrap_err().to_string()
}

#[test]
fn a_file_of_a_newer_build_is_read_without_its_columns_and_kinds_and_those_are_counted() {
    let newer = format!("OPTIONAL DOUBLE mood; {} OPTIONAL BYTE_ARRAY colour (STRING);", columns());
    let mut events = read(file(&newer, ["dreamt", "playback_renewed"])).unwrap();
    let of = |text: &str| text.to_owned();
    let (title, generation, region, store) = (of("x"), of("x"), of("x"), of("x"));
    let (session, device) = (SessionHash([3; 16]), Device::Other);
    let sums = (2, 2, 2);
    let playback = Playback {
        session,
        title,
        generation,
        class: 2,
        device,
        region,
        store,
        watched_millis: sums.0,
        bytes: sums.1,
        requests: sums.2,
    };
    let expected = Event { at_millis: 2, kind: Kind::PlaybackRenewed(playback), profile: Some(crate::ProfileHash([3; 16])) };
    assert_eq!(events.next().unwrap().unwrap(), expected);
    assert!(events.next().is_none());
    assert_eq!(events.unknown(), 1);
}

#[test]
fn a_file_of_an_older_build_is_read_with_nothing_in_what_it_lacks() {
    let events: Result<Vec<Event>, ReadError> = read(file(&format!("{KIND} {AT}"), ["search", "quality"])).unwrap().collect();
    let events = events.unwrap();
    assert_eq!(events[0], Event { at_millis: 1, kind: Kind::Search { query: None, hits: 0 }, profile: None });
    let Kind::Quality(quality) = &events[1].kind else { panic!() };
    assert_eq!((quality.first_picture_millis, quality.played_millis, quality.title.as_str()), (None, 0, ""));
}

#[test]
fn a_file_of_something_else_is_refused_by_the_column_that_is_wrong() {
    assert_eq!(refused(KIND), "it has no column `at`, and is no file of events");
    assert_eq!(refused(AT), "it has no column `kind`, and is no file of events");
    let with = |column: &str| refused(&format!("{AT} {KIND} {column}"));
    assert_eq!(with("OPTIONAL DOUBLE bytes;"), "column `bytes` is DOUBLE, where INT64 is expected");
    assert_eq!(
        with("OPTIONAL BYTE_ARRAY session;"),
        "column `session` is BYTE_ARRAY, where FIXED_LEN_BYTE_ARRAY(16) is expected"
    );
    assert_eq!(
        with("OPTIONAL FIXED_LEN_BYTE_ARRAY(16) title;"),
        "column `title` is FIXED_LEN_BYTE_ARRAY, where BYTE_ARRAY is expected"
    );
    assert_eq!(with("REPEATED INT64 bytes;"), "column `bytes` is nested, where INT64 is expected");
    let micros = "REQUIRED INT64 at (TIMESTAMP(MICROS,true));";
    assert_eq!(refused(&format!("{micros} {KIND}")), "column `at` is in MICROS, where MILLIS is expected");
}

#[test]
fn bytes_that_are_no_parquet_file_are_refused() {
    for bytes in [&b""[..], b"PAR1", b"PAR1PAR1", b"at,kind\n1,search\n", &[0xff; 64]] {
        let error = read(Bytes::copy_from_slice(bytes)).err().unwrap();
        assert!(matches!(error, ReadError::Open(_)), "{error}");
    }
}

#[test]
fn a_damaged_byte_in_a_file_without_checksums_is_no_panic() {
    let bytes = file(&columns(), ["search", "quality"]);
    for at in 0..bytes.len() {
        let mut damaged = bytes.to_vec();
        damaged[at] ^= 1 << (at % 8);
        let _ = read(Bytes::from(damaged)).map(|events| events.filter(Result::is_ok).count());
    }
}
