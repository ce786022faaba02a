//! Master keys from elsewhere, and what a wrong configuration is told.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::*;

#[tokio::test]
async fn keys_from_a_command_are_used_and_without_the_right_one_nothing_opens() {
    let folder = tempfile::tempdir().unwrap();
    let saying =
        |byte: u8| Settings { key_command: Some(vec!["echo".into(), STANDARD.encode([byte; 32])]), ..Settings::default() };
    let ada = record("ada", "password");
    open(folder.path(), &saying(1)).await.put(&access(), &ada, b"1", Expect::Absent).await.unwrap();
    assert!(!folder.path().join("vault.key").exists());
    assert_eq!(value(&*open(folder.path(), &saying(1)).await, &ada).await.unwrap(), "1");
    let refused = open(folder.path(), &saying(2)).await.get(&access(), &ada).await.unwrap_err();
    assert!(refused.to_string().contains("master key is not among those"), "{refused}");
    let rotating = open(folder.path(), &saying(1)).await.rotate(&access(), |_| ()).await.unwrap_err();
    assert!(rotating.to_string().contains("put a new key first"), "{rotating}");
}

#[tokio::test]
async fn a_key_file_that_is_gone_is_not_made_anew_beside_what_only_it_opens() {
    let folder = tempfile::tempdir().unwrap();
    let (config, ada, key) = (Settings::default(), record("ada", "password"), folder.path().join("vault.key"));
    let vault = open(folder.path(), &config).await;
    std::fs::remove_file(&key).unwrap();
    drop(vault);
    // Nothing was kept yet: another is made.
    open(folder.path(), &config).await.put(&access(), &ada, b"1", Expect::Absent).await.unwrap();
    let kept = folder.path().join("kept.key");
    std::fs::rename(&key, &kept).unwrap();
    let refused = Vault::open(&config, folder.path()).await.err().unwrap().to_string();
    assert!(refused.contains("vault.key is missing") && refused.contains("put the file back"), "{refused}");
    assert!(!key.exists());
    std::fs::rename(&kept, &key).unwrap();
    assert_eq!(value(&*open(folder.path(), &config).await, &ada).await.unwrap(), "1");
}

#[tokio::test]
async fn what_cannot_be_used_is_named_by_its_setting_and_without_its_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let none = Settings::default;
    for (config, words) in [
        (Settings { store: Some("mysql://me:hunter2@host".into()), ..none() }, "vault.store"),
        (Settings { copy: Some("ftp://me:hunter2@host".into()), ..none() }, "vault.copy"),
        (Settings { key_variable: Some("A".into()), key_command: Some(vec!["b".into()]), ..none() }, "leave one"),
        (Settings { key_variable: Some("NO_SUCH_VARIABLE_OF_MARQUEE".into()), ..none() }, "vault.key_variable"),
    ] {
        let refused = Vault::open(&config, folder.path()).await.err().unwrap().to_string();
        assert!(refused.contains(words) && !refused.contains("hunter2"), "{refused}");
    }
}
