//! Wires the server: stores, services, pages and gateway, from one config.
//!
//! The only place that knows every part. Must never decide anything about a request: that is the gateway's
//! and the services' part.

use std::{future::Future, path::PathBuf, sync::Arc};

use axum::Router;
use contract::events::Follow;
use futures::{FutureExt, TryFutureExt, future::BoxFuture};
use media::mover::Mover;
use runtime::{clock::Clock, supervise::Tasks};
use storage::{StoreLayer, Stores, events::Events};
use tokio::{sync::Mutex, task::JoinSet};
use tokio_util::task::TaskTracker;
use vault::Vault;

use crate::{
    account_principals::AccountPrincipals,
    backup, collecting,
    config::{Config, ServiceName},
    connections::Descriptors,
    deletions::DeletionLog,
    gateway::{
        Anonymous, Forwarded, Gateway, InFlight, OnlyHere, Plugins, RateLimiter, Sinks, Usage, docs,
        events::{self as event_streams, EventStreams, Hub},
        health::{self, Readiness},
        identity::Identity as Recogniser,
        principals::PrincipalCache,
        sinks::SinkWorker,
    },
    house_ratings::HouseRatings,
    jobs::Jobs,
    keeping::Keeping,
    media_maintenance::MediaMaintenance,
    metrics::Metrics,
    mount::{Dispatcher, Mount, unknown_calls},
    operations,
    origin::PublicOrigin,
    outgoing, ready,
    secret::MasterSecret,
    services::{
        Service,
        catalog::{self, Catalog, Follower, deletion::TitleDeletions},
        discovery::{Discovery, recommendations::Recommendations},
        identity::{self, Identity, Plans},
        playback::Playback,
        recorder::Recorder,
        searches::Searches,
        usage::{Collector, schedules::ReportSchedules},
        webhooks::Webhooks,
    },
    session::{ApiTokenKey, KeyRing, RefreshKey},
    site::{PreviousBuilds, Site},
    site_parts::{pages, typeface},
    stranded::{self, Stranded},
};

pub use crate::start_error::StartError;

/// What the operator did not write into the config.
#[derive(Default)]
pub struct Surroundings {
    /// The folder of the built front end, where it is not the usual one.
    pub site: Option<PathBuf>,
    /// Layers that the config can name.
    pub plugins: Plugins,
    /// What time it is; tests set it.
    pub clock: Clock,
    /// What stands between the services and their stores, where there is anything.
    pub stores: Option<Arc<dyn StoreLayer>>,
}

/// A server that is ready to listen.
pub struct Assembled {
    pub router: Router,
    /// The OpenAPI document, as JSON.
    pub openapi: String,
    pub readiness: Readiness,
    pub jobs: Jobs,
    /// The calls of this server, from the inside.
    pub dispatcher: Dispatcher,
    pub events: Events,
    pub stores: Stores,
    pub vault: Arc<Vault>,
    pub catalog: Arc<Catalog>,
    pub identity: Arc<Identity>,
    pub title_deletions: Arc<TitleDeletions>,
    pub media: Arc<MediaMaintenance>,
    /// What takes titles from one object store to the other.
    pub mover: Arc<Mover>,
    pub recommendations: Arc<Recommendations>,
    /// What is delivered, and told of at the end.
    pub playback: Arc<Playback>,
    pub webhooks: Arc<Webhooks>,
    pub report_schedules: Arc<ReportSchedules>,
    /// What takes in what the services tell of their use, where it is collected.
    pub collector: Option<Collector>,
    /// What viewers search for, until it counts.
    pub searches: Searches,
    /// What writes to the sinks of the gateway.
    pub sinks: Vec<Arc<SinkWorker>>,
    pub site: Site,
    pub usage: Arc<Usage>,
    pub limiter: Arc<RateLimiter>,
    pub in_flight: InFlight,
    /// Which networks are proxies.
    pub forwarded: Forwarded,
    pub metrics: Metrics,
    /// Who follows what changes.
    pub hub: Hub,
    /// What changes something and is under way, whether or not its client is still there.
    pub under_way: TaskTracker,
    tasks: Tasks,
    background: Vec<BoxFuture<'static, ()>>,
}

impl Assembled {
    /// Adds work that goes on beside requests: what `make` makes, and makes again where it fails. `name` is how operators
    /// know it.
    pub fn also<W>(&mut self, name: &'static str, make: impl FnMut() -> W + Send + 'static)
    where
        W: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.background.push(self.tasks.supervise(name, make).boxed());
    }

    /// Begins the work that goes on beside requests; it ends when what is returned is dropped.
    #[must_use]
    pub fn begin_background(&mut self) -> JoinSet<()> {
        let mut running = JoinSet::new();
        for work in self.background.drain(..) {
            running.spawn(work);
        }
        running
    }
}

/// # Errors
/// [`StartError`]: which part cannot be had, and why.
pub async fn assemble(config: &Config, surroundings: Surroundings) -> Result<Assembled, StartError> {
    backup::check_whole(&config.data)?;
    let secret = MasterSecret::open(&config.data)?;
    let site = Site::load(surroundings.site)?;
    let (events, jobs, dispatcher) = (Events::default(), Jobs::default(), Dispatcher::default());
    let stores = open_stores(config, &events).await?;
    let stores = match &surroundings.stores {
        Some(layer) => layer.stores(stores),
        None => stores,
    };
    // Before anything is read: what others change from now on is not missed.
    let feed = match &config.storage.events {
        Some(url) => Some(storage::follow(url, &events).await?),
        None => None,
    };

    let (recorder, recordings) = match config.usage.collect {
        true => Some(Recorder::new(surroundings.clock.clone())).unzip(),
        false => (None, None),
    };
    let recorder = recorder.unwrap_or_else(|| Recorder::off(surroundings.clock.clone())).in_region(config.server.region.as_str());
    let keeping = Keeping::new((&secret, config), &stores, &events, &surroundings.clock, &recorder);
    let collector = match recordings {
        Some(recordings) => Some(keeping.usage.collector(&config.data, recordings).map_err(StartError::Usage)?),
        None => None,
    };
    let log = Arc::new(DeletionLog::new(&config.data));
    let deletions = Arc::new(TitleDeletions::new(keeping.title_deletions(&stores, &log, &events)));
    let catalog = Arc::new(Catalog::open(catalog::Dependencies {
        documents: Arc::clone(&stores.documents),
        objects: stores.objects.clone(),
        events: events.clone(),
        index_folder: &config.storage.search(&config.data),
        typeface: Arc::new(typeface(&site)?),
        deletions: Arc::clone(&deletions),
    })?);
    let mut follower = catalog.follower()?;
    // The index is derived: what it lacks is found later, and the start is not held up by it.
    if let Err(error) = follower.catch_up().await {
        tracing::error!(%error, "the search index is behind; it is tried again");
    }

    let mut mount = Mount::new(dispatcher.clone(), events.clone());
    let mut routes = Router::new();
    let entitlements = Arc::clone(&keeping.entitlements);
    let vault_store = storage::open_vault(&config.vault.store(&config.data)).await?;
    let vault_store = match &surroundings.stores {
        Some(layer) => layer.vault(vault_store),
        None => vault_store,
    };
    let vault = Vault::open_on(vault_store, &config.vault, &config.data).await?;
    let identity_parts = identity::Dependencies {
        documents: Arc::clone(&stores.documents),
        keyvalue: Arc::clone(&stores.keyvalue),
        vault: Arc::clone(&vault),
        plans: Arc::clone(&entitlements) as Arc<dyn Plans>,
        owners: Arc::clone(&keeping.owners),
        keepers: keeping.keepers.clone(),
        deletions: log,
        events: events.clone(),
        clock: surroundings.clock.clone(),
        recorder: recorder.clone(),
    };
    let origin = PublicOrigin::new(config.server.public_url.clone());
    let identity = Identity::new(&secret, identity_parts, config.identity.clone(), origin)?;
    identity.move_into_vault(&secret).await.map_err(StartError::Move)?;
    identity.rekey_logins().await.map_err(StartError::Move)?;
    // Before anybody is let in: whose each profile is, and what of it is gone.
    identity.migrate_owners().await.map_err(StartError::Profiles)?;
    identity.replay_deletions().await.map_err(StartError::Profiles)?;
    deletions.replay().await.map_err(StartError::Titles)?;
    let identity = Arc::new(identity);
    let schedules = outgoing::report_schedules(config, &stores, &keeping.time);
    let parts = Dependencies { catalog: &catalog, identity: &identity, keeping: &keeping, schedules: &schedules };
    mount.on_written(keeping.listener());
    let searches = Searches::new(recorder.clone(), surroundings.clock.clone());
    if recorder.is_on() {
        mount.on_searched(searches.listener());
    }
    for service in services(config, &parts, &jobs) {
        tracing::debug!(service = service.name(), "mounted");
        Arc::clone(&service).mount(&mut mount);
        routes = routes.merge(service.routes());
    }
    let clock = surroundings.clock;
    let principals = Arc::new(AccountPrincipals { identity: Arc::clone(&identity), entitlements });
    principals.remark_on_guests().await;
    let recogniser = Recogniser::new(
        Anonymous::new(&secret.derive("identity cookie v1"), clock.clone()),
        RefreshKey::new(&secret),
        ApiTokenKey::new(&secret),
        PrincipalCache::new(principals, KeyRing::new(&secret, clock.clone()), events.clone(), clock.clone()),
    );
    let hub = Hub::new(keeping.feeds(), keeping.listener());
    let streams = EventStreams::new(hub.clone(), recogniser.clone());
    mount.stream(move |context, call: Follow, headers| {
        let streams = streams.clone();
        async move { streams.begin(context, call, &headers).await }
    });
    let tasks = Tasks::new(clock.clone());
    let stranded = Stranded::of(&stores.video(), &keeping.placements);
    let checks = ready::checks(&stores, &vault, &catalog, config, (stranded.as_ref(), &keeping.time));
    let readiness = Readiness::new(checks, vec![tasks.clone(), vault.tasks().clone()]);
    operations::mount(&mut mount, &readiness);
    let mounted = mount.finish();

    let usage = Arc::new(Usage::default());
    let limiter = Arc::new(RateLimiter::new(&config.gateway.limit));
    let under_way = TaskTracker::new();
    let previous = PreviousBuilds::new(&site, stores.objects.clone(), clock.clone());
    let router = Router::new()
        .merge(mounted.router)
        .merge(routes)
        .merge(docs::routes(mounted.openapi.clone()))
        .merge(health::routes(readiness.clone()))
        .merge(site.routes(&previous))
        .merge(unknown_calls())
        .merge(pages(&site, &events, &jobs)?);
    let in_flight = InFlight::new(&config.gateway, &config.server.connections, Descriptors::now());
    let forwarded = Forwarded::new(&config.gateway, config.server.https, config.server.public_url.as_ref());
    let mut sinks = Sinks::open(&config.gateway, &clock)?;
    let (sink_reader, sink_workers) = (sinks.reader(), sinks.workers());
    let gateway = Gateway {
        config: config.gateway.clone(),
        forwarded: forwarded.clone(),
        https: config.server.https,
        public_url: config.server.public_url.clone(),
        identity: recogniser,
        dispatcher: dispatcher.clone(),
        balancer: Arc::new(OnlyHere),
        usage: Arc::clone(&usage),
        sinks,
        in_flight: in_flight.clone(),
        limiter: Arc::clone(&limiter),
        plugins: surroundings.plugins,
        under_way: under_way.clone(),
    };
    let router = gateway.wrap(router)?;
    let ratings = keeping.reviews.follower(Arc::new(HouseRatings::new(catalog.ingest())), events.clone());
    let maintenance = Arc::new(MediaMaintenance::new(&stores, keeping.placements.clone(), catalog.ingest()));
    let mover = keeping.mover(&stores, config.storage.move_bytes_per_second.get());
    let mut assembled = Assembled {
        router,
        openapi: mounted.openapi,
        metrics: Metrics::new(readiness.clone(), Arc::clone(&usage), Arc::clone(&vault), (Arc::clone(&mover), sink_reader)),
        readiness,
        jobs,
        dispatcher,
        events,
        stores,
        vault,
        catalog: Arc::clone(&catalog),
        identity: Arc::clone(&identity),
        title_deletions: Arc::clone(&deletions),
        media: Arc::clone(&maintenance),
        mover: Arc::clone(&mover),
        recommendations: Arc::clone(&keeping.recommendations),
        playback: Arc::clone(&keeping.playback),
        webhooks: Arc::clone(&keeping.webhooks),
        report_schedules: schedules,
        collector: collector.clone(),
        searches: searches.clone(),
        sinks: Vec::new(),
        site,
        usage,
        limiter,
        in_flight,
        forwarded,
        hub: hub.clone(),
        under_way,
        tasks,
        background: Vec::new(),
    };
    assembled.also("index_follower", follow(catalog, follower));
    let feeds = event_streams::follow_all(hub, &assembled.stores.documents, &assembled.events);
    assembled.also("events", feeds);
    assembled.also("ratings", move || ratings.clone().run().map_err(|error| error.to_string()));
    assembled.also("site", move || previous.clone().run());
    assembled.also("media", move || Arc::clone(&maintenance).run());
    assembled.also("mover", move || Arc::clone(&mover).run());
    if config.services.contains(&ServiceName::Discovery) {
        let recommendations = Arc::clone(&keeping.recommendations);
        assembled.also("recommendations", move || Arc::clone(&recommendations).run());
    }
    if let Some(stranded) = stranded {
        assembled.also("stranded_films", move || stranded.clone().run());
    }
    keeping.begin_planning(&mut assembled, config);
    outgoing::begin(&mut assembled, config, sink_workers);
    collecting::collect(&mut assembled, collector.as_ref(), &keeping.playback);
    assembled.also("deleted_titles", move || Arc::clone(&deletions).run());
    let outbox = Arc::clone(&identity);
    assembled.also("profiles", move || Arc::clone(&outbox).keep_profiles());
    assembled.also("start", move || Arc::clone(&identity).look_after_start());
    if let Some(feed) = feed {
        // It has no state that a panic could leave half-made: the connection is made anew.
        let feed = Arc::new(Mutex::new(feed));
        assembled.also("event_feed", move || {
            let feed = Arc::clone(&feed);
            async move {
                feed.lock().await.run().await;
                Ok(())
            }
        });
    }
    Ok(assembled)
}

/// Keeps the search index at the documents' heels: at first from where the start left off, and after a failure from where
/// the index stands.
fn follow(catalog: Arc<Catalog>, first: Follower) -> impl FnMut() -> BoxFuture<'static, Result<(), String>> + Send + 'static {
    let mut first = Some(first);
    move || {
        let follower = first.take().map_or_else(|| catalog.follower(), Ok);
        async move { follower.map_err(|error| error.to_string())?.run().await.map_err(|error| error.to_string()) }.boxed()
    }
}

/// Opens what the config names.
///
/// # Errors
/// [`StartError::Unrestored`], [`StartError::Storage`].
pub async fn open_stores(config: &Config, events: &Events) -> Result<Stores, StartError> {
    backup::check_whole(&config.data)?;
    Ok(stranded::open_mounted(&config.storage.urls(&config.data), events).await?)
}

/// The services that others than their callers need.
struct Dependencies<'a> {
    catalog: &'a Arc<Catalog>,
    identity: &'a Arc<Identity>,
    keeping: &'a Keeping,
    schedules: &'a Arc<ReportSchedules>,
}

/// The services that the config names, each once.
fn services(config: &Config, parts: &Dependencies, jobs: &Jobs) -> Vec<Arc<dyn Service>> {
    let mut names = config.services.clone();
    names.sort();
    names.dedup();
    let service = |name| -> Vec<Arc<dyn Service>> {
        match name {
            ServiceName::Catalog => vec![Arc::clone(parts.catalog) as Arc<dyn Service>],
            ServiceName::Discovery => {
                vec![Arc::new(Discovery::new(jobs.clone())), Arc::clone(&parts.keeping.recommendations) as Arc<dyn Service>]
            }
            ServiceName::Entitlements => vec![Arc::clone(&parts.keeping.entitlements) as Arc<dyn Service>],
            ServiceName::Identity => vec![Arc::clone(parts.identity) as Arc<dyn Service>],
            ServiceName::Library => vec![Arc::clone(&parts.keeping.library) as Arc<dyn Service>],
            ServiceName::Playback => vec![Arc::clone(&parts.keeping.playback) as Arc<dyn Service>],
            ServiceName::Reviews => vec![Arc::clone(&parts.keeping.reviews) as Arc<dyn Service>],
            ServiceName::Usage => {
                let schedules = Arc::clone(parts.schedules) as Arc<dyn Service>;
                parts.keeping.reckoning().into_iter().chain([schedules]).collect()
            }
            ServiceName::Webhooks => vec![Arc::clone(&parts.keeping.webhooks) as Arc<dyn Service>],
        }
    };
    names.into_iter().flat_map(service).collect()
}
