//! What takes usage from the services into the stores, beside requests.

use std::sync::Arc;

use crate::{
    assemble::Assembled,
    services::{playback::Playback, usage::Collector},
};

/// Takes usage from the services into the stores.
pub fn collect(assembled: &mut Assembled, collector: &Collector, playback: &Arc<Playback>) {
    let (collects, publishes, retains, delivers) =
        (collector.clone(), collector.clone(), collector.clone(), Arc::clone(playback));
    assembled.also("usage", move || collects.clone().collect());
    assembled.also("usage_published", move || publishes.clone().publish());
    let searches = assembled.searches.clone();
    assembled.also("usage_searches", move || searches.clone().run());
    assembled.also("usage_retained", move || retains.clone().retain());
    assembled.also("usage_delivered", move || Arc::clone(&delivers).tell_of_deliveries());
}
