//! What accounts used in a month, for whoever makes statements of it.

use std::collections::HashMap;

use async_trait::async_trait;
use contract::ids::AccountId;
use storage::{StoreError, documents::parse};

use super::{
    Usage,
    record::{ACCOUNTS, AccountRecord},
};
use crate::services::statement_sources::{MonthlyUse, MonthlyUses};

#[async_trait]
impl MonthlyUses for Usage {
    async fn of_month(&self, accounts: &[AccountId], month: &str) -> Result<Vec<MonthlyUse>, StoreError> {
        let ids: Vec<String> = accounts.iter().map(|account| AccountRecord::id(account, month)).collect();
        let found = if ids.is_empty() { Vec::new() } else { self.documents.get_many(&ACCOUNTS, &ids).await? };
        let mut uses = HashMap::new();
        for document in &found {
            let AccountRecord { watched_millis, bytes, .. } = parse(document)?;
            uses.insert(document.id.as_str(), MonthlyUse { watched_millis, bytes });
        }
        Ok(ids.iter().map(|id| uses.get(id.as_str()).copied().unwrap_or_default()).collect())
    }
}
