//! Several machines on one store: each answers for its own log, and nobody's is forgotten.

use std::fs;

use super::*;
use crate::audit::{ChainHead, Elsewhere};

/// A machine with a folder of its own, on the store that all share.
fn machine(folder: &Path, name: &str) -> Settings {
    Settings {
        store: Some(format!("sqlite:{}/vault.db", folder.display())),
        key_file: Some(folder.join("vault.key")),
        audit: Some(folder.join(name)),
        node: Some(name.to_owned()),
        ..Settings::default()
    }
}

/// Opens a machine's vault, writes some lines, and remembers them.
async fn used(folder: &Path, name: &str, lines: usize) -> Arc<Vault> {
    let vault = open(folder, &machine(folder, name)).await;
    for line in 0..lines {
        vault.put(&access(), &record("ada", "password"), &[u8::try_from(line).unwrap()], Expect::Anything).await.unwrap();
    }
    vault.close().await;
    vault
}

fn only_file(folder: &Path) -> std::path::PathBuf {
    let found: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

#[tokio::test]
async fn each_machine_answers_for_its_own_log_and_finds_out_what_is_gone_there() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (cellar, attic) = (used(folder.path(), "cellar", 3).await, used(folder.path(), "attic", 5).await);
    for (vault, lines, other, theirs) in [(&cellar, 3, "attic", 5), (&attic, 5, "cellar", 3)] {
        let summary = vault.verify_audit().await.unwrap().unwrap();
        assert_eq!((summary.files, summary.lines), (1, lines));
        let elsewhere: Vec<_> = summary.elsewhere.into_iter().collect();
        assert_eq!(elsewhere, [(other.to_owned(), Elsewhere { files: 1, lines: theirs })]);
    }
    // Collected, both are there, or missed.
    fs::create_dir(at("collected")).unwrap();
    for name in ["cellar", "attic"] {
        let missed = cellar.verify_collected(at("collected")).await.unwrap().unwrap_err();
        assert!(missed.what.contains("the file is gone"), "{missed}");
        let file = only_file(&at(name));
        fs::copy(&file, at("collected").join(file.file_name().unwrap())).unwrap();
    }
    let summary = cellar.verify_collected(at("collected")).await.unwrap().unwrap();
    assert_eq!((summary.files, summary.lines, summary.elsewhere.len()), (2, 8, 0));

    drop(attic);
    fs::remove_dir_all(at("attic")).unwrap();
    assert!(cellar.verify_audit().await.unwrap().is_ok());
    // It begins anew, under the same name.
    let attic = used(folder.path(), "attic", 1).await;
    let gone = attic.verify_audit().await.unwrap().unwrap_err();
    assert!(gone.what.contains("the file is gone, with 5 lines"), "{gone}");
    fs::remove_file(only_file(&at("cellar"))).unwrap();
    let gone = cellar.verify_audit().await.unwrap().unwrap_err();
    assert!(gone.what.contains("the file is gone, with 3 lines"), "{gone}");
}

#[tokio::test]
async fn what_was_remembered_before_machines_had_names_is_missed_by_all_until_one_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let cellar = used(folder.path(), "cellar", 3).await;
    let file = only_file(&folder.path().join("cellar")).file_stem().unwrap().to_str().unwrap().to_owned();
    // As the version before this one wrote it.
    let head = RecordKey::audit_head(&file);
    let now = cellar.records.value(&head).await.unwrap().unwrap();
    let reached = serde_json::from_slice::<ChainHead>(&now.plain).unwrap().reached;
    let old = serde_json::to_vec(&reached).unwrap();
    assert!(!String::from_utf8_lossy(&old).contains("cellar"));
    cellar.records.change(&head, Some(&old), Expect::Anything).await.unwrap();
    assert!(cellar.verify_audit().await.unwrap().is_ok(), "it is here");
    drop(cellar);

    let attic = used(folder.path(), "attic", 2).await;
    let missed = attic.verify_audit().await.unwrap().unwrap_err();
    assert!(missed.what.contains("gone, with 3 lines"), "{missed}");
    let cellar = used(folder.path(), "cellar", 0).await;
    assert!(cellar.verify_audit().await.unwrap().is_ok());
    let summary = attic.verify_audit().await.unwrap().unwrap();
    assert_eq!(summary.elsewhere["cellar"], Elsewhere { files: 1, lines: 3 });
}

#[tokio::test]
async fn whoever_takes_a_log_over_answers_for_it_and_a_shortened_one_is_found_out_however_long_it_grows() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    drop(used(folder.path(), "cellar", 4).await);
    fs::rename(at("cellar"), at("attic")).unwrap();
    let file = only_file(&at("attic"));
    drop(used(folder.path(), "attic", 0).await);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.lines().take(2).map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    let attic = used(folder.path(), "attic", 9).await;
    let short = attic.verify_audit().await.unwrap().unwrap_err();
    assert!(short.what.contains("the vault remembers 4 lines"), "{short}");
    fs::remove_file(&file).unwrap();
    let gone = attic.verify_audit().await.unwrap().unwrap_err();
    assert!(gone.what.contains("the file is gone, with 4 lines"), "{gone}");
}

#[test]
fn a_machine_is_named_by_the_config_or_by_itself_and_the_logs_folder() {
    let named = Settings { node: Some("cellar".to_owned()), ..Settings::default() };
    assert_eq!(named.node(Path::new("data")), "cellar");
    let unnamed = Settings::default();
    let (one, other) = (unnamed.node(Path::new("/srv/one")), unnamed.node(Path::new("/srv/other")));
    assert!(one.ends_with(":/srv/one/audit") && !one.starts_with(':'), "{one}");
    assert_ne!(one, other, "two on one machine");
    assert!(!unnamed.node(Path::new("data")).contains(":data"), "whatever folder a command is typed in");
}
