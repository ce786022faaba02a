//! Wires what tells other systems of what happens here: webhooks, scheduled reports, and sinks of the gateway.

use std::sync::Arc;

use futures::{TryFutureExt, future::try_join_all};
use runtime::clock::Clock;
use storage::{Stores, events::Events};

use crate::{
    assemble::Assembled,
    config::{Config, ServiceName},
    gateway::sinks::SinkWorker,
    outbound::Outbound,
    secret::MasterSecret,
    services::{
        catalog,
        domain_events::EventOutbox,
        entitlements, identity, reviews,
        usage::schedules::{self, ReportSchedules},
        webhooks::{Dependencies, Webhooks},
    },
    trusted_time::TrustedTime,
};

/// The webhooks, told of what is kept whichever services answer here.
pub fn webhooks((secret, config): (&MasterSecret, &Config), stores: &Stores, events: &Events, clock: &Clock) -> Arc<Webhooks> {
    let parts = Dependencies {
        documents: Arc::clone(&stores.documents),
        keyvalue: Arc::clone(&stores.keyvalue),
        events: events.clone(),
        sources: [catalog::SOURCES, identity::SOURCES, entitlements::SOURCES, reviews::SOURCES].concat(),
        outbound: Outbound::guarded(&config.webhooks.private_networks),
        clock: clock.clone(),
    };
    Arc::new(Webhooks::new(secret, parts))
}

/// The reports that are written again and again.
pub fn report_schedules(config: &Config, stores: &Stores, time: &TrustedTime) -> Arc<ReportSchedules> {
    let documents = || Arc::clone(&stores.documents);
    Arc::new(ReportSchedules::new(schedules::Dependencies {
        documents: documents(),
        keyvalue: Arc::clone(&stores.keyvalue),
        objects: stores.objects.clone(),
        folder: config.reports.folder.clone(),
        outbox: EventOutbox::new(documents(), time.clock()),
        time: time.clone(),
    }))
}

/// Adds the work that goes on beside requests, where this process has that service.
pub fn begin(assembled: &mut Assembled, config: &Config, sinks: Vec<SinkWorker>) {
    assembled.sinks = sinks.into_iter().map(Arc::new).collect();
    let workers = assembled.sinks.clone();
    if !workers.is_empty() {
        assembled.also("sinks", move || try_join_all(workers.clone().into_iter().map(SinkWorker::run)).map_ok(drop));
    }
    if config.services.contains(&ServiceName::Usage) {
        let schedules = Arc::clone(&assembled.report_schedules);
        assembled.also("reports", move || Arc::clone(&schedules).run());
    }
    if !config.services.contains(&ServiceName::Webhooks) {
        let trims = Arc::clone(&assembled.webhooks);
        assembled.also("webhook_feeds", move || Arc::clone(&trims).run_trimmer());
        return;
    }
    let (sends, follows) = (Arc::clone(&assembled.webhooks), Arc::clone(&assembled.webhooks));
    assembled.also("webhooks", move || Arc::clone(&sends).run_sender());
    assembled.also("webhook_events", move || Arc::clone(&follows).run_follower());
}
