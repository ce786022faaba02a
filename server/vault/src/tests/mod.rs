//! The vault as a whole: on a store of its own, with and without a copy.

mod compacting;
mod copying;
mod keeping;
mod locked;
mod nodes;
mod sources;

use std::{path::Path, sync::Arc};

use super::*;

pub fn with_copy(folder: &Path) -> Settings {
    Settings { copy: Some(format!("file:{}", folder.join("copy").display())), ..Settings::default() }
}

pub async fn open(folder: &Path, config: &Settings) -> Arc<Vault> {
    Vault::open(config, folder).await.unwrap()
}

pub fn access() -> Access {
    Access::local_admin(Purpose::Credentials)
}

pub fn record(account: &str, kind: &'static str) -> RecordKey {
    RecordKey::of(&account.parse().unwrap(), kind)
}

pub async fn value(vault: &Vault, record: &RecordKey) -> Option<Bytes> {
    vault.get(&access(), record).await.unwrap().map(|opened| opened.value)
}

/// Every entry of the store below a prefix.
pub async fn entries(store: &Arc<dyn KeyValue>, prefix: &str) -> Vec<(String, Bytes)> {
    let mut found = Vec::new();
    loop {
        let after = found.last().map(|(key, _): &(String, Bytes)| key.clone());
        let page = store.scan(prefix, after.as_deref(), SCAN_LIMIT).await.unwrap();
        if page.is_empty() {
            return found;
        }
        found.extend(page.into_iter().map(|(key, entry)| (key, entry.value)));
    }
}
