//! A small database in both forms, in every place that one may be in, and what is wrong with one.

use std::{
    fs,
    io::{Cursor, Write},
    path::Path,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::*;

/// File and text: an advisory that counts, a remark, and one that was withdrawn.
fn rustsec() -> Vec<(&'static str, String)> {
    let text = |id: &str, rest: &str, title: &str| {
        format!(
            "```toml\n[advisory]\nid = \"{id}\"\npackage = \"lamp\"\ndate = \"2026-01-02\"\n{rest}\n```\n\n# {title}\n\nAs it says.\n"
        )
    };
    let versions = "[versions]\npatched = [\"^1.2.5\", \">=2.1.0\"]\nunaffected = [\"<1.1.0\"]";
    vec![
        ("db-main/README.md", "# A database".to_owned()),
        ("db-main/.github/what.json", "{}".to_owned()),
        ("db-main/rust/std/CVE-1.md", "of no crate".to_owned()),
        ("db-main/crates/lamp/RUSTSEC-0000-0000.md", "an example".to_owned()),
        ("db-main/crates/lamp/RUSTSEC-2026-0001.md", text("RUSTSEC-2026-0001", versions, "It burns")),
        (
            "db-main/crates/lamp/RUSTSEC-2026-0002.md",
            text("RUSTSEC-2026-0002", "informational = \"unmaintained\"\n[versions]\npatched = []", "Nobody keeps it"),
        ),
        (
            "db-main/crates/lamp/RUSTSEC-2026-0003.md",
            text("RUSTSEC-2026-0003", "withdrawn = \"2026-01-03\"\n[versions]\npatched = []", "A mistake"),
        ),
    ]
}

/// The same in OSV's form, with an advisory of another ecosystem beside.
fn osv() -> Vec<(&'static str, String)> {
    let text = |id: &str, rest: &str, title: &str, affected: &str| {
        format!(
            r#"{{"schema_version":"1.4.0","id":"{id}","modified":"2026-01-02T00:00:00Z","summary":"{title}"{rest},
            "affected":[{{"package":{{"ecosystem":"crates.io","name":"lamp"}},{affected}}},
                        {{"package":{{"ecosystem":"npm","name":"lamp"}},"versions":["no version of cargo's"]}}]}}"#
        )
    };
    let ranges = r#""ranges":[{"type":"SEMVER","events":[{"introduced":"2.0.0"},{"fixed":"2.1.0"},{"introduced":"1.1.0"},{"fixed":"1.2.5"}]},
        {"type":"GIT","events":[{"introduced":"0"}]}]"#;
    let every = r#""ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}]"#;
    let remark = format!(r#"{every},"database_specific":{{"informational":"unmaintained"}}"#);
    vec![
        ("RUSTSEC-2026-0001.json", text("RUSTSEC-2026-0001", "", "It burns", ranges)),
        ("RUSTSEC-2026-0002.json", text("RUSTSEC-2026-0002", "", "Nobody keeps it", &remark)),
        ("RUSTSEC-2026-0003.json", text("RUSTSEC-2026-0003", r#","withdrawn":"2026-01-03T00:00:00Z""#, "A mistake", every)),
    ]
}

fn folder(files: &[(&str, String)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn archive(files: &[(&str, String)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        archive.start_file(*name, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn text_of(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn lamp(version: &str) -> Part {
    Part { name: "lamp".to_owned(), version: version.parse().unwrap(), is_built_in: true }
}

async fn open(place: &Path) -> Result<Database, DatabaseError> {
    Database::open(text_of(place), Bounds::default()).await
}

/// Of those that count.
fn ids(database: &Database, version: &str) -> Vec<String> {
    let parts = [lamp(version)];
    let findings = database.findings(&parts);
    findings.iter().filter(|finding| finding.counts()).map(|finding| finding.advisory.id.clone()).collect()
}

#[tokio::test]
async fn both_forms_say_the_same_of_every_version() {
    let (one, other) = (folder(&rustsec()), folder(&osv()));
    for database in [open(one.path()).await.unwrap(), open(other.path()).await.unwrap()] {
        assert_eq!(database.len(), 2);
        for affected in ["1.1.0", "1.2.4", "2.0.0", "2.0.9"] {
            assert_eq!(ids(&database, affected), ["RUSTSEC-2026-0001"], "{affected}");
        }
        for sound in ["1.0.9", "1.2.5", "1.3.0", "2.1.0", "3.0.0"] {
            assert_eq!(ids(&database, sound), [""; 0], "{sound}");
        }
    }
}

#[tokio::test]
async fn an_affected_crate_is_named_with_what_puts_it_right_before_remarks_which_do_not_count() {
    let (one, other) = (folder(&rustsec()), folder(&osv()));
    let parts = [lamp("1.1.1"), Part { is_built_in: false, ..lamp("1.1.2") }];
    let words = |database: &Database| -> Vec<(bool, String)> {
        database.findings(&parts).iter().map(|finding| (finding.counts(), finding.words())).collect()
    };
    let database = open(one.path()).await.unwrap();
    let said = words(&database);
    assert_eq!(said[0], (true, "RUSTSEC-2026-0001 lamp 1.1.1: It burns; put right in ^1.2.5 or >=2.1.0".to_owned()));
    assert!(said[1..].iter().all(|(counts, _)| !counts), "{said:?}");
    assert_eq!(
        said[1].1,
        "RUSTSEC-2026-0001 lamp 1.1.2, which built it and is not in it: It burns; put right in ^1.2.5 or >=2.1.0"
    );
    assert_eq!(said[2].1, "RUSTSEC-2026-0002 lamp 1.1.1: remark: Nobody keeps it; no version puts it right");
    let said = words(&open(other.path()).await.unwrap());
    assert_eq!(said[0], (true, "RUSTSEC-2026-0001 lamp 1.1.1: It burns; put right in >=1.2.5 or >=2.1.0".to_owned()));
}

#[tokio::test]
async fn nothing_that_a_database_says_gives_orders_to_a_terminal() {
    let mut files = osv();
    files[0].1 = files[0].1.replace("It burns", "\\u001b[2J\\nall is well");
    let folder = folder(&files);
    let parts = [lamp("1.1.1")];
    assert!(!open(folder.path()).await.unwrap().findings(&parts)[0].words().contains(char::is_control));
}

#[tokio::test]
async fn a_last_affected_version_and_one_that_is_named_alone_are_affected() {
    let affected = r#""ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"last_affected":"1.4.0"}]}],"versions":["3.0.0"]"#;
    let text = format!(r#"{{"id":"GHSA-1","affected":[{{"package":{{"ecosystem":"crates.io","name":"lamp"}},{affected}}}]}}"#);
    let folder = folder(&[("GHSA-1.json", text)]);
    let database = open(folder.path()).await.unwrap();
    let is_affected = |version: &str| !ids(&database, version).is_empty();
    assert_eq!(["0.1.0", "1.4.0", "1.4.1", "3.0.0", "3.0.1"].map(is_affected), [true, true, false, true, false]);
}

#[tokio::test]
async fn an_archive_says_what_a_folder_does_here_and_behind_an_address() {
    for files in [rustsec(), osv()] {
        let here = tempfile::NamedTempFile::new().unwrap();
        fs::write(here.path(), archive(&files)).unwrap();
        let address = serve(answer(&archive(&files))).await;
        for place in [text_of(here.path()), &address] {
            let database = Database::open(place, Bounds::default()).await.unwrap();
            assert_eq!(ids(&database, "1.1.1"), ["RUSTSEC-2026-0001"], "{place}");
        }
    }
}

#[tokio::test]
async fn a_database_that_is_not_whole_is_none() {
    let cases: [(&str, &str, String); 6] = [
        ("a version that is none", "1.1.0", "1.x.0".to_owned()),
        ("a form that is none", "\"affected\"", "\"afflicted\"".to_owned()),
        ("JSON that is none", "{", "[".to_owned()),
        ("a requirement that is none", "^1.2.5", "about 1".to_owned()),
        ("a front that does not end", "\n```\n", "\n".to_owned()),
        ("requirements that contradict each other", "<1.1.0", ">=1.2.0".to_owned()),
    ];
    for (what, from, to) in cases {
        let hurt = |files: Vec<(&'static str, String)>| -> Vec<(&'static str, String)> {
            files.into_iter().map(|(name, text)| (name, text.replacen(from, &to, 1))).collect()
        };
        let (whole, hurt) = if rustsec().iter().any(|(name, text)| name.contains("0001") && text.contains(from)) {
            (rustsec(), hurt(rustsec()))
        } else {
            (osv(), hurt(osv()))
        };
        assert_ne!(whole, hurt, "{what}");
        let folder = folder(&hurt);
        assert!(matches!(open(folder.path()).await, Err(DatabaseError::Advisory { .. })), "{what}");
    }
}

#[tokio::test]
async fn a_place_without_advisories_is_no_database() {
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(open(empty.path()).await, Err(DatabaseError::Empty(_))));
    assert!(matches!(open(&empty.path().join("none")).await, Err(DatabaseError::File { .. })));
    let file = tempfile::NamedTempFile::new().unwrap();
    assert!(matches!(open(file.path()).await, Err(DatabaseError::Archive { .. })));
    let nothing = folder(&[("README.md", "# Nothing".to_owned())]);
    assert!(matches!(open(nothing.path()).await, Err(DatabaseError::Empty(_))));
}

#[tokio::test]
async fn a_link_out_of_the_folder_is_not_followed() {
    let (out, within) = (folder(&rustsec()), folder(&osv()));
    std::os::unix::fs::symlink(out.path(), within.path().join("crates")).unwrap();
    std::os::unix::fs::symlink(out.path().join("none"), within.path().join("x.json")).unwrap();
    assert_eq!(open(within.path()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn more_than_the_bounds_allow_is_refused_here_and_from_an_address() {
    let files = rustsec();
    let here = folder(&files);
    let bounds = Bounds::default();
    let tight = [Bounds { file: 50, ..bounds }, Bounds { all: 300, ..bounds }, Bounds { files: 3, ..bounds }];
    let packed = tempfile::NamedTempFile::new().unwrap();
    fs::write(packed.path(), archive(&files)).unwrap();
    for bounds in tight {
        for place in [here.path(), packed.path()] {
            let error = Database::open(text_of(place), bounds).await.unwrap_err();
            assert!(matches!(error, DatabaseError::TooLarge { .. } | DatabaseError::TooMany { .. }), "{bounds:?}: {error}");
        }
    }
    // Said beforehand, and found on the way.
    let endless = [b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".as_slice(), &archive(&files)].concat();
    for reply in [answer(&archive(&files)), endless] {
        let error = Database::open(&serve(reply).await, Bounds { archive: 100, ..bounds }).await.unwrap_err();
        assert!(matches!(error, DatabaseError::TooLarge { .. }), "{error}");
    }
}

#[tokio::test]
async fn an_address_that_gives_nothing_or_nothing_in_time_is_no_database() {
    let none = serve(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec()).await;
    let error = Database::open(&none, Bounds::default()).await.unwrap_err().to_string();
    assert!(error.contains("404"), "{error}");
    // It takes the connection and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", silent.local_addr().unwrap());
    let bounds = Bounds { time: Duration::from_millis(50), ..Bounds::default() };
    let error = Database::open(&address, bounds).await.unwrap_err().to_string();
    assert!(error.contains("too long"), "{error}");
}

fn answer(body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

/// An address that gives this reply to everybody.
async fn serve(reply: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/all.zip", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = socket.read(&mut request).await;
            let _ = socket.write_all(&reply).await;
        }
    });
    address
}
