//! What accounts used in a month, for whoever makes statements of it. Must never tell less than an account used where it is known
//! that more was.

use async_trait::async_trait;
use contract::ids::AccountId;
use storage::{
    StoreError,
    documents::{Document, by_id, parse},
};

use super::{
    Usage,
    record::{ACCOUNTS, AccountRecord},
};
use crate::services::statement_sources::{MonthlyUse, MonthlyUses};

#[async_trait]
impl MonthlyUses for Usage {
    async fn of_month(&self, accounts: &[AccountId], month: &str) -> Result<Vec<Result<MonthlyUse, StoreError>>, StoreError> {
        let ids: Vec<String> = accounts.iter().map(|account| AccountRecord::id(account, month)).collect();
        let mut found = by_id(self.documents.get_many(&ACCOUNTS, &ids).await?);
        let used = ids.iter().map(|id| match found.remove(id) {
            Some(document) => read(&document),
            None => Ok(MonthlyUse::default()),
        });
        Ok(used.collect())
    }
}

fn read(document: &Document) -> Result<MonthlyUse, StoreError> {
    let AccountRecord { watched_millis, bytes, set_aside, .. } = parse(document)?;
    match set_aside {
        None => Ok(MonthlyUse { watched_millis, bytes }),
        Some(_) => Err(StoreError::corrupt(&document.id, "a part of it was set aside")),
    }
}
