//! Sums by the hour and by dimension, which can be made in parts and added.

use std::collections::BTreeMap;

use crate::{columns::Row, dimension::Dimension, event::Event, tally::Tally, time::Hour};

/// Sums by hour and dimension.
pub type Rollup = BTreeMap<(Hour, Dimension), Tally>;

/// The sums of events: of one hour, or of every hour that they are in.
pub fn fold<'a>(events: impl IntoIterator<Item = &'a Event>, hour: Option<Hour>) -> Rollup {
    let mut rollup = Rollup::new();
    for event in events {
        if hour.is_none_or(|hour| hour == Hour::of(event.at_millis)) {
            add(&mut rollup, &Row::from(event));
        }
    }
    rollup
}

/// Counts one row in each of its dimensions; one without an instant is in the first hour of all.
pub fn add(rollup: &mut Rollup, row: &Row<'_>) {
    let hour = Hour::of(row.at.unwrap_or(0));
    for dimension in Dimension::of(row) {
        rollup.entry((hour, dimension)).or_default().add(row);
    }
}

/// Adds the sums of other events.
pub fn merge(rollup: &mut Rollup, other: Rollup) {
    for (key, tally) in other {
        rollup.entry(key).or_default().merge(&tally);
    }
}
