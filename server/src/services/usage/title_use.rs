//! What went out of each title on a day, for whoever reckons what storing it costs: of the same sums as every report.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::json;
use storage::{
    StoreError,
    documents::{Direction, Find},
};
use storage_plan::bill::Store;
use usage::dimension::Dimension;

use super::{
    Usage, reading,
    record::{BY_PERIOD, ROLLUPS, RollupRecord},
    rollups::Period,
};
use crate::services::storage_sources::{DailyUse, TitleUse};

/// Documents that are in memory at once.
const AT_ONCE: u32 = 16;

#[async_trait]
impl DailyUse for Usage {
    async fn of_day(&self, begin: u64) -> Result<Vec<TitleUse>, StoreError> {
        let (mut uses, mut after) = (BTreeMap::<(String, Store), (u64, u64)>::new(), None::<String>);
        loop {
            let (equals, direction) = (vec![json!(Period::Day.name()), json!(begin)], Direction::Ascending);
            let find = Find { index: BY_PERIOD, equals, from: None, direction, after: after.as_deref(), limit: AT_ONCE };
            let page = reading::find::<RollupRecord>(&*self.documents, &ROLLUPS, find).await?;
            // A day is told without what cannot be read of it: one document keeps no title from being reckoned.
            for record in page.found.into_iter().filter_map(|found| found.record) {
                for (dimension, tally) in record.tallies {
                    let Dimension::TitleStore { title, store } = dimension else { continue };
                    let sum = uses.entry((title, role(&store))).or_default();
                    sum.0 = sum.0.saturating_add(tally.bytes);
                    sum.1 = sum.1.saturating_add(tally.requests);
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        let used = uses.into_iter().filter(|(_, sum)| *sum != (0, 0));
        Ok(used.map(|((title, store), (bytes, requests))| TitleUse { title, store, bytes, requests }).collect())
    }
}

/// Events of older builds name the one store that there was, which is billed per view.
fn role(store: &str) -> Store {
    if store == "flat" { Store::Flat } else { Store::PerView }
}
