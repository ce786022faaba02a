//! A household that moves: `marquee data copy` between two configs, killed at any moment, and the server that takes over.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::json;
use storage::{
    SideUrls,
    documents::{Collection, Expect, Write},
    open_each,
};

use crate::{
    process::{Running, ask, marquee},
    viewer::set_up,
};

const JSON: (&str, &str) = ("Content-Type", "application/json");
const OLD: [(&str, &str); 1] = [("MARQUEE_CONFIG", "old.toml")];
const NEW: [(&str, &str); 1] = [("MARQUEE_CONFIG", "new.toml")];
const COPY: [&str; 6] = ["data", "copy", "--from-config", "old.toml", "--to-config", "new.toml"];

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn run(folder: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> Output {
    marquee(folder).envs(settings.iter().copied()).args(arguments).output().unwrap()
}

/// A folder with two configs: where everything is, and where it is to be.
fn household() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("old.toml"), "data = \"old\"\n").unwrap();
    let new = "data = \"new\"\n[storage]\ndocuments = \"sqlite:new/documents.db\"\nkeyvalue = \"sqlite:new/entries.db\"\n\
        [vault]\nstore = \"sqlite:new/sealed.db\"\nkey_file = \"keys/master\"\n";
    fs::write(folder.path().join("new.toml"), new).unwrap();
    folder
}

/// Somebody signs up and leaves an address: their cookie.
fn somebody(address: &str) -> String {
    let cookie = set_up(address);
    let billing = json!({ "holder": "Ada", "street": "12 St James's Square", "postal_code": "", "city": "London",
        "country": "GB", "method": "" });
    let answer = ask(address, "PUT", "/api/v1/account/billing", &[JSON, ("Cookie", &cookie)], &billing.to_string()).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    cookie
}

/// Enough that a copy takes its time, of a collection that nobody declares and in every kind of store.
#[tokio::main(flavor = "current_thread")]
async fn fill(folder: &Path) {
    let url = |name: &str| Some(format!("sqlite:{}/old/{name}", folder.display()));
    let (documents, entries, vault) = (url("marquee.db"), url("marquee.db"), url("vault.db"));
    let urls = SideUrls { documents, entries, objects: None, flat_objects: None, vault };
    let side = open_each(&urls).await.unwrap();
    let future = Collection::undeclared("of_the_future".to_owned());
    let documents = side.documents.unwrap();
    for page in 0..10 {
        let write =
            |n| Write { id: format!("{page}/{n}"), body: json!({ "n": n, "text": "x".repeat(300) }), expect: Expect::Absent };
        let written = documents.put_many(&future, (0..1000).map(write).collect()).await.unwrap();
        assert!(written.iter().all(Result::is_ok));
    }
    for store in [side.entries.unwrap(), side.vault.unwrap()] {
        for page in 0..20 {
            let puts = (0..100).map(|n| {
                let (store, key) = (&store, format!("filling/{page}/{n}"));
                async move { store.put(&key, key.clone().into(), Expect::Absent, None).await.unwrap() }
            });
            futures::future::join_all(puts).await;
        }
    }
    let objects = folder.join("old/media/film");
    fs::create_dir_all(&objects).unwrap();
    for n in 0..100_u32 {
        let size = if n == 50 { 30_000_000 } else { 20_000 };
        let bytes: Vec<u8> = (0..size).map(|at: u32| (at.wrapping_mul(n + 7) % 251).to_le_bytes()[0]).collect();
        fs::write(objects.join(format!("{n}.m4s")), bytes).unwrap();
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Every row of every database, but for versions that are a store's own, and every object: a hash of each, by what it is.
fn everything(databases: [&Path; 3], objects: &Path) -> BTreeMap<String, blake3::Hash> {
    let mut found = BTreeMap::new();
    let [documents, entries, vault] = databases;
    for (kind, path, columns) in
        [("document_", documents, "id, version, body"), ("keyvalue", entries, "key, value"), ("keyvalue", vault, "key, value")]
    {
        let database = rusqlite::Connection::open(path).unwrap();
        let names = "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, length(?1)) = ?1";
        let mut names = database.prepare(names).unwrap();
        let tables: Vec<String> = names.query_map([kind], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        for table in tables {
            let mut rows = database.prepare(&format!("SELECT {columns} FROM {table} ORDER BY 1")).unwrap();
            let (mut rows, mut hasher) = (rows.query([]).unwrap(), blake3::Hasher::new());
            let mut is_any = false;
            while let Some(row) = rows.next().unwrap() {
                is_any = true;
                hasher.update(format!("{row:?}").as_bytes());
            }
            let place = if path == vault { "vault" } else { "" };
            // An empty table is no collection.
            if is_any {
                found.insert(format!("{place} {table}"), hasher.finalize());
            }
        }
    }
    for path in files(objects) {
        let name = path.strip_prefix(objects).unwrap().display().to_string();
        // What a kill left of an object that was never put in place is none, and is not seen. What recommends is learnt anew. The marker of a
        // folder says which store it is from the first start on that uses it.
        if name.contains('#') || name.starts_with("models/") || name == ".marquee-objects" {
            continue;
        }
        found.insert(name, blake3::hash(&fs::read(&path).unwrap()));
    }
    found
}

#[test]
fn a_household_moves_though_the_copy_is_killed_and_everybody_is_still_signed_in() {
    let folder = household();
    let mut server = Running::start(folder.path(), &OLD);
    let cookie = somebody(&server.address);
    server.kill();
    fill(folder.path());

    let mut kills = 0;
    // Ever longer lives: the first ones die over the first documents, the later ones over entries, objects, the comparison.
    loop {
        let mut child = marquee(folder.path()).args(COPY).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let end = Instant::now() + Duration::from_millis(100 + 170 * kills);
        while Instant::now() < end && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "after {kills} kills");
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    assert!(kills >= 3, "the copy ended after {kills} kills");
    let again = run(folder.path(), &[], &COPY);
    assert!(again.status.success() && said(&again).contains("are the same on both sides; 0 were sent"), "{}", said(&again));
    for name in ["new/secret", "keys/master", "new/audit"] {
        assert!(said(&again).contains(name) && folder.path().join(name).exists(), "{name}: {}", said(&again));
    }
    let at = |name: &str| folder.path().join(name);
    let (old, old_vault) = (at("old/marquee.db"), at("old/vault.db"));
    let before = everything([&old, &old, &old_vault], &at("old/media"));
    let after = everything([&at("new/documents.db"), &at("new/entries.db"), &at("new/sealed.db")], &at("new/media"));
    assert!(before.contains_key(" document_of_the_future") && before.contains_key("vault keyvalue") && before.len() > 103);
    let differing: Vec<_> = before.iter().filter(|(name, hash)| after.get(*name) != Some(hash)).collect();
    assert!(differing.is_empty() && after.len() == before.len(), "{differing:?}");

    let audit = run(folder.path(), &NEW, &["vault", "audit"]);
    assert!(audit.status.success() && said(&audit).starts_with("whole: "), "{}", said(&audit));
    // Nothing of the old place is needed any more.
    fs::rename(at("old"), at("away")).unwrap();
    let server = Running::start(folder.path(), &NEW);
    let answer = ask(&server.address, "GET", "/api/v1/account/billing", &[("Cookie", &cookie)], "").unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("12 St James's Square"), "{answer}");
    let sign_in = r#"{"login":"ada","password":"correct horse battery"}"#;
    assert!(ask(&server.address, "POST", "/api/v1/sign-in", &[JSON], sign_in).unwrap().starts_with("HTTP/1.1 201"));
}

#[test]
fn a_place_where_a_server_ran_before_keeps_its_keys_and_what_is_not_copied_is_said() {
    let folder = household();
    for settings in [OLD, NEW] {
        let mut server = Running::start(folder.path(), &settings);
        somebody(&server.address);
        server.kill();
    }
    let at = |name: &str| folder.path().join(name);
    let (key, rows) = (fs::read(at("keys/master")).unwrap(), everything_of_new(folder.path()));
    for arguments in [&COPY[..], &[&COPY[..], &["--into-existing"]].concat()] {
        let refused = run(folder.path(), &[], arguments);
        assert_eq!(refused.status.code(), Some(1));
        assert!(said(&refused).contains("is never written over"), "{}", said(&refused));
    }
    assert_eq!((fs::read(at("keys/master")).unwrap(), everything_of_new(folder.path())), (key, rows), "nothing was written");

    let other = format!("sqlite:{}", at("other.db").display());
    let copied = run(folder.path(), &[], &["data", "copy", "--from", "sqlite:old/marquee.db", "--to", &other]);
    assert!(copied.status.success(), "{}", said(&copied));
    assert!(said(&copied).contains("are copied with --from-config and --to-config only"), "{}", said(&copied));

    // Two machines that share their stores: what the second one lacks is keys.
    let shared = "data = \"second\"\n[storage]\ndocuments = \"sqlite:old/marquee.db\"\nobjects = \"file:old/media\"\n\
        [vault]\nstore = \"sqlite:old/vault.db\"\n";
    fs::write(at("shared.toml"), shared.replace("second", "old")).unwrap();
    fs::write(at("second.toml"), shared).unwrap();
    let copied = run(folder.path(), &[], &["data", "copy", "--from-config", "shared.toml", "--to-config", "second.toml"]);
    assert!(copied.status.success(), "{}", said(&copied));
    assert!(said(&copied).contains("both sides name the same store"), "{}", said(&copied));
    for name in ["secret", "vault.key"] {
        assert_eq!(fs::read(at("second").join(name)).unwrap(), fs::read(at("old").join(name)).unwrap());
    }
    assert!(!at("second/marquee.db").exists() && !at("second/vault.db").exists());
}

/// The placement of a film that lies in the second store, among the documents of the old place.
#[tokio::main(flavor = "current_thread")]
async fn place_in_second(folder: &Path) {
    let documents = Some(format!("sqlite:{}/old/marquee.db", folder.display()));
    let side = open_each(&SideUrls { documents, ..SideUrls::default() }).await.unwrap();
    let body = json!({ "current": { "generation": "", "content": "a", "store": "flat" } });
    let write = Write { id: "the-title".to_owned(), body, expect: Expect::Absent };
    side.documents.unwrap().put(&media::placement::PLACEMENTS, write).await.unwrap();
}

#[test]
fn films_of_a_second_store_are_copied_or_nothing_is() {
    let folder = household();
    let at = |name: &str| folder.path().join(name);
    let (old, new) = (fs::read_to_string(at("old.toml")).unwrap(), fs::read_to_string(at("new.toml")).unwrap());
    Running::start(folder.path(), &OLD).kill();
    place_in_second(folder.path());
    fs::create_dir_all(at("flat/media/the-title")).unwrap();
    fs::write(at("flat/media/the-title/a.m4s"), "a film").unwrap();
    let refused = |arguments: &[&str], words: &str| {
        let refused = run(folder.path(), &[], arguments);
        assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
        assert!(said(&refused).contains("the films of 1 titles lie in the second store"), "{}", said(&refused));
        assert!(said(&refused).contains(words) && !at("new/documents.db").exists(), "{}", said(&refused));
    };
    refused(&COPY, "the two configs do not both name");
    fs::write(at("old.toml"), format!("{old}[storage]\nflat_objects = \"file:flat\"\n")).unwrap();
    refused(&COPY, "the two configs do not both name");
    let by_url = ["--from", "sqlite:old/marquee.db", "--from", "file:old/media", "--to", "sqlite:new/documents.db", "--to"];
    refused(&[&["data", "copy"], &by_url[..], &["file:new/media"]].concat(), "no URL names");

    let named = new.replace("[storage]\n", "[storage]\nflat_objects = \"file:new/flat\"\n");
    fs::write(at("new.toml"), named).unwrap();
    let copied = run(folder.path(), &[], &COPY);
    assert!(copied.status.success(), "{}", said(&copied));
    assert_eq!(fs::read_to_string(at("new/flat/media/the-title/a.m4s")).unwrap(), "a film");
}

fn everything_of_new(folder: &Path) -> BTreeMap<String, blake3::Hash> {
    let at = |name: &str| folder.join(name);
    everything([&at("new/documents.db"), &at("new/entries.db"), &at("new/sealed.db")], &at("new/media"))
}
