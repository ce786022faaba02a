//! How much is written within an hour, where others write at once.

use std::time::Duration;

use bytes::Bytes;
use storage::keyvalue::{Entry, Expect};

use super::*;

/// Entries that somebody else is always faster to write.
struct Contended;

#[async_trait]
impl KeyValue for Contended {
    async fn get(&self, _: &str) -> Result<Option<Entry>, StoreError> {
        Ok(None)
    }

    async fn get_expiring(&self, _: &str) -> Result<Option<(Entry, Option<Duration>)>, StoreError> {
        Ok(None)
    }

    async fn put(&self, key: &str, _: Bytes, _: Expect, _: Option<Duration>) -> Result<u64, StoreError> {
        Err(StoreError::Conflict { key: key.to_owned() })
    }

    async fn delete(&self, _: &str, _: Expect) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn scan(&self, _: &str, _: Option<&str>, _: u32) -> Result<Vec<(String, Entry)>, StoreError> {
        Ok(Vec::new())
    }
}

#[tokio::test]
async fn whoever_loses_to_others_each_time_is_told_to_try_again_and_of_no_limit() {
    let clock = Clock::new(|| std::time::UNIX_EPOCH);
    for of in [Of::Writes, Of::Ratings] {
        let limit = WriteLimit::new(Arc::new(Contended), clock.clone(), (of, 30));
        let problem = limit.claim(&"ada".parse().unwrap()).await.unwrap_err();
        assert_eq!((problem.code, problem.retry_after), (contract::Code::Overloaded, Some(1)));
    }
}
