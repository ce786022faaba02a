//! `marquee dependencies`, as an operator types it.

use std::{fs, io::Write, path::Path, process::Output};

use flate2::{Compression, write::ZlibEncoder};
use object::{
    Architecture, BinaryFormat, Endianness, SectionKind,
    write::{Object, StandardSegment},
};

use crate::process;

const ADVISORY: &str = "```toml
[advisory]
id = \"RUSTSEC-2026-0001\"
package = \"lamp\"
date = \"2026-01-02\"

[versions]
patched = [\">=1.2.5\"]
```

# It burns

Do not touch it.
";
const LIST: &str = r#"{"packages":[
    {"name":"server","version":"0.1.0","source":"local","root":true,"dependencies":[1,2]},
    {"name":"lamp","version":"1.2.4","source":"crates.io"},
    {"name":"match","version":"3.0.0","source":"crates.io","kind":"build"}]}"#;

/// A file in the form of a binary that carries a list.
fn binary(folder: &Path, list: &str) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(list.as_bytes()).unwrap();
    let mut file = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
    let segment = file.segment_name(StandardSegment::Data).to_vec();
    let section = file.add_section(segment, b".dep-v0".to_vec(), SectionKind::ReadOnlyData);
    file.append_section_data(section, &encoder.finish().unwrap(), 1);
    let path = folder.join("binary");
    fs::write(&path, file.write().unwrap()).unwrap();
    path.to_str().unwrap().to_owned()
}

fn check(folder: &Path, database: &str, binary: Option<&str>) -> Output {
    let mut command = process::marquee(folder);
    command.args(["dependencies", "check", "--database", database]);
    command.args(binary.iter().flat_map(|binary| ["--binary", binary])).output().unwrap()
}

fn database(folder: &Path, advisory: &str) {
    fs::create_dir_all(folder.join("database/crates/lamp")).unwrap();
    fs::write(folder.join("database/crates/lamp/RUSTSEC-2026-0001.md"), advisory).unwrap();
}

fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_binary_that_is_affected_is_told_which_crate_and_what_puts_it_right() {
    let folder = tempfile::tempdir().unwrap();
    database(folder.path(), ADVISORY);
    let affected = check(folder.path(), "database", Some(&binary(folder.path(), LIST)));
    let (out, err) = said(&affected);
    assert_eq!(affected.status.code(), Some(1), "{err}");
    assert_eq!(out, "RUSTSEC-2026-0001 lamp 1.2.4: It burns; put right in >=1.2.5");
    assert!(err.contains("2 crates compared with 1 advisories"), "{err}");

    let sound = check(folder.path(), "database", Some(&binary(folder.path(), &LIST.replace("1.2.4", "1.2.5"))));
    assert_eq!((sound.status.code(), said(&sound).0.as_str()), (Some(0), ""));
    let only_built = LIST.replace(r#""1.2.4","source":"crates.io""#, r#""1.2.4","source":"crates.io","kind":"build""#);
    let only_built = check(folder.path(), "database", Some(&binary(folder.path(), &only_built)));
    assert_eq!(only_built.status.code(), Some(0));
    assert!(said(&only_built).0.contains("is not in it"));
}

#[test]
fn a_database_in_osvs_form_is_read_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let advisory = r#"{"id":"GHSA-1","summary":"It burns","affected":[{"package":{"ecosystem":"crates.io","name":"lamp"},
        "ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.2.5"}]}]}]}"#;
    fs::write(folder.path().join("GHSA-1.json"), advisory).unwrap();
    let affected = check(folder.path(), ".", Some(&binary(folder.path(), LIST)));
    assert_eq!(affected.status.code(), Some(1), "{:?}", said(&affected));
    assert_eq!(said(&affected).0, "GHSA-1 lamp 1.2.4: It burns; put right in >=1.2.5");
}

#[test]
fn a_database_that_cannot_be_used_is_no_clean_bill() {
    let folder = tempfile::tempdir().unwrap();
    let binary = binary(folder.path(), LIST);
    let bad = |place: &str| {
        let output = check(folder.path(), place, Some(&binary));
        let (out, err) = said(&output);
        assert_eq!((output.status.code(), out.as_str()), (Some(2), ""), "{err}");
        err
    };
    assert!(bad("database").contains("database: "));
    database(folder.path(), &ADVISORY.replace(">=1.2.5", "soon"));
    assert!(bad("database").contains("RUSTSEC-2026-0001.md"));
    // Nobody listens there.
    assert!(bad("http://127.0.0.1:1/all.zip").contains("cannot be fetched"));
}

#[test]
fn a_build_without_a_list_says_so_and_that_releases_have_one() {
    let folder = tempfile::tempdir().unwrap();
    database(folder.path(), ADVISORY);
    let output = check(folder.path(), "database", None);
    let (out, err) = said(&output);
    assert_eq!((output.status.code(), out.as_str()), (Some(2), ""));
    assert!(err.contains("no list of what it is made of") && err.contains("release"), "{err}");
}

#[test]
fn what_a_binary_is_made_of_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let binary = binary(folder.path(), LIST);
    let output = process::marquee(folder.path()).args(["dependencies", "list", "--binary", &binary]).output().unwrap();
    assert_eq!((output.status.code(), said(&output).0.as_str()), (Some(0), "lamp\t1.2.4\nmatch\t3.0.0\tbuild"));
}
