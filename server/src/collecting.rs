//! What takes usage from the services into the stores, beside requests. What is left of it at the end a stop takes (`serve.rs`): searches that
//! wait, what was delivered and is not told of yet, and then the queue.

use std::sync::Arc;

use crate::{
    assemble::Assembled,
    services::{playback::Playback, usage::Collector},
};

/// Takes usage from the services into the stores, where it is collected.
pub fn collect(assembled: &mut Assembled, collector: Option<&Collector>, playback: &Arc<Playback>) {
    let Some(collector) = collector else { return };
    let (collects, publishes, delivers) = (collector.clone(), collector.clone(), Arc::clone(playback));
    assembled.also("usage", move || collects.clone().collect());
    assembled.also("usage_published", move || publishes.clone().publish());
    let searches = assembled.searches.clone();
    assembled.also("usage_searches", move || searches.clone().run());
    assembled.also("usage_delivered", move || Arc::clone(&delivers).tell_of_deliveries());
}
