//! Brings what signs in, and billing, from the key-value store, where they were kept at first, into the vault.
//!
//! At every start, and done in a moment where there is nothing left. A record of the vault is never written over: it is
//! newer. What was brought is deleted where it was, one entry after the other, so that a start that is broken off goes on
//! the next time. Must never lose what it cannot read: that stays where it is, and is named in the log.

use base64::{Engine, engine::general_purpose::STANDARD};
use contract::ids::{AccountId, ProfileId};
use serde::Deserialize;
use storage::{
    StoreError,
    keyvalue::{Entry, Expect, SCAN_LIMIT},
};
use vault::{Access, Purpose, RecordKey};

use super::{
    Identity, billing,
    factors::{self, FactorRecord},
    passkeys,
    passwords::Lock,
};
use crate::{seal::SealKey, secret::MasterSecret};

const PASSWORDS: &str = "password/";
const PINS: &str = "pin/";
const FACTORS: &str = "second-factor/";
const NEW_FACTORS: &str = "second-factor-unconfirmed/";
const PASSKEYS: &str = "passkeys/";
const BILLING: &str = "billing/";
/// Accounts of one page.
const PAGE: u32 = 100;

/// A second factor as it was kept.
#[derive(Deserialize)]
struct OldFactor {
    sealed: String,
    last_step: u64,
    recovery: Vec<String>,
    since: u64,
}

impl Identity {
    /// Brings everything; how many records.
    ///
    /// # Errors
    /// What a store says.
    pub async fn move_into_vault(&self, secret: &MasterSecret) -> Result<u64, StoreError> {
        let (totp, addresses) = (SealKey::new(secret.derive("totp secrets v1")), SealKey::new(secret.derive("billing v1")));
        let account = |key: &str, prefix: &str| key.strip_prefix(prefix)?.parse::<AccountId>().ok();
        let mut moved = self.move_pins().await?;
        let password = |key: &str, value: &[u8]| Some((Lock::Account(&account(key, PASSWORDS)?).record(), value.to_vec()));
        moved += self.move_all(PASSWORDS, &password).await?;
        let ring = |key: &str, value: &[u8]| Some((passkeys::record(&account(key, PASSKEYS)?), value.to_vec()));
        moved += self.move_all(PASSKEYS, &ring).await?;
        let address = |key: &str, value: &[u8]| {
            let record = billing::record(&account(key, BILLING)?);
            Some((record, addresses.open(key, std::str::from_utf8(value).ok()?).ok()?))
        };
        moved += self.move_all(BILLING, &address).await?;
        let factor = |key: &str, value: &[u8]| {
            let old: OldFactor = serde_json::from_slice(value).ok()?;
            let OldFactor { sealed, last_step, recovery, since } = old;
            let secret = STANDARD.encode(totp.open(key, &sealed).ok()?);
            let new = FactorRecord { secret, last_step, recovery, since };
            Some((factors::record(&account(key, FACTORS)?), serde_json::to_vec(&new).ok()?))
        };
        moved += self.move_all(FACTORS, &factor).await?;
        // They were good for a quarter of an hour.
        while let Some((key, _)) = self.keyvalue.scan(NEW_FACTORS, None, 1).await?.first() {
            self.keyvalue.delete(key, Expect::Anything).await?;
        }
        if moved > 0 {
            tracing::info!(moved, "what signs in, and billing, was brought into the vault");
        }
        Ok(moved)
    }

    /// Brings each entry below `prefix` as `read` reads it.
    async fn move_all(
        &self,
        prefix: &str,
        read: &(impl Fn(&str, &[u8]) -> Option<(RecordKey, Vec<u8>)> + Sync),
    ) -> Result<u64, StoreError> {
        let mut moved = 0;
        let mut after: Option<String> = None;
        loop {
            let page = self.keyvalue.scan(prefix, after.as_deref(), SCAN_LIMIT).await?;
            let Some((last, _)) = page.last() else { return Ok(moved) };
            after = Some(last.clone());
            for (key, entry) in &page {
                match read(key, &entry.value) {
                    Some((record, plain)) => {
                        self.bring(key, entry, &record, &plain).await?;
                        moved += 1;
                    }
                    None => tracing::error!(key, "it cannot be read, and is left where it is"),
                }
            }
        }
    }

    /// A PIN does not say whose it is: every account that has one is asked.
    async fn move_pins(&self) -> Result<u64, StoreError> {
        let mut moved = 0;
        let mut after: Option<String> = None;
        while !self.keyvalue.scan(PINS, None, 1).await?.is_empty() {
            let (accounts, next) = self.accounts.page("", after.as_deref(), PAGE).await?;
            for account in accounts {
                for profile in account.record.profiles.iter().filter(|profile| profile.has_pin) {
                    moved += self.move_pin(&account.id, &profile.id).await?;
                }
            }
            match next {
                Some(next) => after = Some(next),
                // The rest are of profiles that are gone.
                None => break,
            }
        }
        Ok(moved)
    }

    async fn move_pin(&self, account: &AccountId, profile: &ProfileId) -> Result<u64, StoreError> {
        let key = format!("{PINS}{profile}");
        let Some(entry) = self.keyvalue.get(&key).await? else { return Ok(0) };
        self.bring(&key, &entry, &Lock::Profile(account, profile).record(), &entry.value).await?;
        Ok(1)
    }

    async fn bring(&self, key: &str, entry: &Entry, record: &RecordKey, plain: &[u8]) -> Result<(), StoreError> {
        match self.vault.put(&Access::own(Purpose::Migration), record, plain, Expect::Absent).await {
            Ok(_) | Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error),
        }
        match self.keyvalue.delete(key, Expect::Version(entry.version)).await {
            Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
