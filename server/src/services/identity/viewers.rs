//! The profiles that accounts have, told to whoever goes through all of them.

use contract::{
    identity::Account,
    ids::{AccountId, ProfileId},
};
use storage::{
    StoreError,
    documents::{Documents, PAGE_LIMIT},
};

use super::record::{ACCOUNTS, AccountRecord, StoredAccount};

/// A profile of an account that may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountProfile {
    pub account: AccountId,
    pub profile: ProfileId,
    pub has_age_limit: bool,
}

/// The profiles of all accounts, a page of accounts at a time, and where the next page begins. An account that is disabled, or cannot be
/// read, has none.
///
/// # Errors
/// [`StoreError`].
pub async fn profiles(
    documents: &dyn Documents,
    after: Option<&str>,
) -> Result<(Vec<AccountProfile>, Option<String>), StoreError> {
    let page = documents.list(&ACCOUNTS, after, PAGE_LIMIT).await?;
    let mut profiles = Vec::new();
    for document in page.documents {
        let Ok(account) = document.id.parse::<AccountId>() else { continue };
        let Ok(record) = serde_json::from_value::<AccountRecord>(document.body) else { continue };
        if record.is_disabled {
            continue;
        }
        profiles.extend(record.profiles.into_iter().map(|profile| AccountProfile {
            account: account.clone(),
            has_age_limit: profile.maturity.is_some(),
            profile: profile.id,
        }));
    }
    Ok((profiles, page.next))
}

/// All accounts, a page at a time, and where the next page begins. One that cannot be read is left out.
///
/// # Errors
/// [`StoreError`].
pub async fn accounts(documents: &dyn Documents, after: Option<&str>) -> Result<(Vec<Account>, Option<String>), StoreError> {
    let page = documents.list(&ACCOUNTS, after, PAGE_LIMIT).await?;
    let accounts = page.documents.into_iter().filter_map(|document| {
        let (id, record) = (document.id.parse().ok()?, serde_json::from_value(document.body).ok()?);
        Some(Account::from(StoredAccount { id, version: document.version, record }))
    });
    Ok((accounts.collect(), page.next))
}
