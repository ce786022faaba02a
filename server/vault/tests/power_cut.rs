//! The vault after a power cut: records that were acknowledged open, the audit log has a line for each access and verifies, and the
//! copy catches up.

#![expect(clippy::unwrap_used, reason = "a test that cannot run has failed")]

use std::{
    collections::BTreeMap,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use power_cut::{Recording, Sample, acknowledge, check_async, finds_async, record_async};
use storage::keyvalue::Expect;
use vault::{Access, Purpose, RecordKey, Settings, Vault};

/// How long the copy may take to have what the vault has.
const CATCHING_UP: Duration = Duration::from_secs(20);
const ACCOUNTS: usize = 3;
const ROUNDS: usize = 6;

fn access() -> Access {
    Access::own(Purpose::Credentials)
}

fn key(account: &str) -> RecordKey {
    RecordKey::of(&account.parse().unwrap(), "password")
}

async fn open(folder: &Path) -> Result<Arc<Vault>, String> {
    let settings = Settings { copy: Some(format!("file:{}", folder.join("copy").display())), ..Settings::default() };
    // Two folders that a first start makes.
    Vault::open(&settings, &folder.join("marquee/data")).await.map_err(|error| error.to_string())
}

async fn write(folder: &Path) {
    let vault = open(folder).await.unwrap();
    let writers = (0..ACCOUNTS).map(|account| {
        let vault = Arc::clone(&vault);
        tokio::spawn(async move {
            for round in 0..ROUNDS {
                let account = format!("account{account}");
                vault.put(&access(), &key(&account), format!("secret {round}").as_bytes(), Expect::Anything).await.unwrap();
                acknowledge(&format!("{account} {round}"));
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    vault.close().await;
}

async fn is_whole(folder: &Path, acknowledged: &[&str]) -> Result<(), String> {
    let vault = open(folder).await?;
    let last: BTreeMap<&str, usize> = acknowledged
        .iter()
        .map(|line| {
            let (account, round) = line.split_once(' ').unwrap();
            (account, round.parse().unwrap())
        })
        .collect();
    for (account, round) in last {
        let opened = vault.get(&access(), &key(account)).await.map_err(|error| format!("{account}: {error}"))?;
        let value = opened.map(|opened| String::from_utf8(opened.value.to_vec()).unwrap()).unwrap_or_default();
        let found = value.strip_prefix("secret ").and_then(|found| found.parse::<usize>().ok());
        if found.is_none_or(|found| found < round) {
            return Err(format!("{account} {round} was acknowledged, and {value:?} is there"));
        }
    }
    if let Err(finding) = vault.verify_audit().await.map_err(|error| error.to_string())? {
        return Err(format!("the audit log: {finding:?}"));
    }
    // By the clock: a copy that is incomplete is looked at for seconds before that is said.
    let until = Instant::now() + CATCHING_UP;
    let mut copy = vault.verify_copy().await;
    while copy.is_err() && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(20)).await;
        copy = vault.verify_copy().await;
    }
    copy.map(drop).map_err(|incomplete| format!("the copy: {incomplete:?}"))
}

fn recorded(name: &str) -> Option<Recording> {
    let recording = record_async(name, write)?;
    assert_eq!(recording.acknowledged(recording.operations.len()).len(), ACCOUNTS * ROUNDS);
    Some(recording)
}

#[test]
fn whatever_a_power_cut_leaves_of_the_vault_opens_with_what_was_acknowledged() {
    let Some(recording) = recorded("whatever_a_power_cut_leaves_of_the_vault_opens_with_what_was_acknowledged") else { return };
    assert_eq!(check_async(&recording, Sample::of(25), is_whole), []);
}

#[test]
fn a_vault_that_left_out_its_syncs_would_be_found() {
    let Some(recording) = recorded("a_vault_that_left_out_its_syncs_would_be_found") else { return };
    assert!(finds_async(&recording.without_syncs(|name| name.ends_with("-wal")), 10, is_whole), "the log of SQLite");
    assert!(finds_async(&recording.without_syncs(|name| name.ends_with(".jsonl")), 10, is_whole), "the audit log");
    assert!(finds_async(&recording.without_folder_syncs(), 10, is_whole), "folders");
}
