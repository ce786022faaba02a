//! The services that keep something for profiles, accounts and titles, for a server and for the command line alike.
//!
//! Must never leave one out because it answers no calls in this process.

use std::sync::Arc;

use media::{mover::Mover, placement::Placements, store::MediaStore};
use runtime::clock::Clock;
use storage::{Stores, events::Events, objects::StoreRole};

use crate::{
    assemble::Assembled,
    config::{Config, ServiceName},
    deletions::DeletionLog,
    learners::Learners,
    outgoing,
    secret::MasterSecret,
    services::{
        Service,
        catalog::{deletion, ingest::Ingest},
        discovery::recommendations::{self, Recommendations},
        entitlements::Entitlements,
        feeds::{Feed, Listener},
        identity::owners::ProfileOwners,
        interactions::{Interactions, Sources},
        keepers::{Keepers, Tombstones},
        library::Library,
        playback::{Playback, grant},
        recorder::Recorder,
        reviews::{self, Reviews},
        statement_sources::StatementSources,
        statements::Statements,
        storage_plan::{self, StoragePlan},
        storage_sources::StorageSources,
        usage::{self, Usage},
        webhooks::Webhooks,
    },
    storage_places::StoragePlaces,
    trusted_time::TrustedTime,
};

/// The services that keep something for profiles and accounts: all of them, whichever answer calls in this process.
pub struct Keeping {
    pub entitlements: Arc<Entitlements>,
    pub library: Arc<Library>,
    pub playback: Arc<Playback>,
    pub recommendations: Arc<Recommendations>,
    pub reviews: Arc<Reviews>,
    pub usage: Arc<Usage>,
    pub storage_plan: Arc<StoragePlan>,
    pub statements: Arc<Statements>,
    pub webhooks: Arc<Webhooks>,
    pub owners: Arc<ProfileOwners>,
    pub keepers: Keepers,
    pub placements: Placements,
    pub time: TrustedTime,
    clock: Clock,
}

impl Keeping {
    /// `recorder` is told what happens.
    pub fn new(
        (secret, config): (&MasterSecret, &Config),
        stores: &Stores,
        events: &Events,
        clock: &Clock,
        recorder: &Recorder,
    ) -> Self {
        let documents = || Arc::clone(&stores.documents);
        let owners = Arc::new(ProfileOwners::new(documents(), clock.clone()));
        let tombstones = || Arc::clone(&owners) as Arc<dyn Tombstones>;
        let time = TrustedTime::new(documents(), clock.clone(), &[usage::DATED, storage_plan::DATED].concat());
        let entitlements = Arc::new(Entitlements::new(documents(), events.clone(), time.clone()));
        let library = Arc::new(Library::new(documents(), tombstones(), clock.clone(), recorder.clone()));
        let (key, keyvalue) = (secret.derive(grant::PURPOSE), Arc::clone(&stores.keyvalue));
        let told = (tombstones(), clock.clone(), recorder.clone(), events.clone());
        let playback = Playback::new(&key, documents(), keyvalue, stores.video(), told);
        let playback = Arc::new(playback);
        let reviews = Arc::new(Reviews::new(reviews::Dependencies {
            documents: documents(),
            keyvalue: Arc::clone(&stores.keyvalue),
            tombstones: tombstones(),
            settings: config.reviews,
            clock: clock.clone(),
            recorder: recorder.clone(),
        }));
        let histories: [Arc<dyn Interactions>; 3] = [
            Arc::clone(&playback) as Arc<dyn Interactions>,
            Arc::clone(&library) as Arc<dyn Interactions>,
            Arc::clone(&reviews) as Arc<dyn Interactions>,
        ];
        let sources = Sources {
            interactions: histories.into(),
            viewers: Arc::new(Learners { documents: documents(), entitlements: Arc::clone(&entitlements) }),
            titles: Arc::new(Ingest::new(documents(), events.clone())),
        };
        let recommendations = Arc::new(Recommendations::new(recommendations::Dependencies {
            documents: documents(),
            keyvalue: Arc::clone(&stores.keyvalue),
            objects: stores.objects.clone(),
            sources,
            tombstones: tombstones(),
            clock: clock.clone(),
        }));
        let usage = Arc::new(Usage::new(usage::Dependencies {
            documents: documents(),
            keyvalue: Arc::clone(&stores.keyvalue),
            objects: stores.objects.clone(),
            tombstones: tombstones(),
            settings: config.usage,
            time: time.clone(),
            clock: clock.clone(),
        }));
        let placements = Placements::new(documents(), clock.clone());
        let storage_plan = Arc::new(StoragePlan::new(storage_plan::Dependencies {
            documents: documents(),
            keyvalue: Arc::clone(&stores.keyvalue),
            sources: StorageSources {
                uses: Arc::clone(&usage) as Arc<_>,
                places: Arc::new(StoragePlaces {
                    placements: placements.clone(),
                    keyvalue: Arc::clone(&stores.keyvalue),
                    has_flat: stores.video().has(StoreRole::Flat),
                }),
            },
            time: time.clone(),
            clock: clock.clone(),
        }));
        let sources = StatementSources { plans: Arc::clone(&entitlements) as Arc<_>, uses: Arc::clone(&usage) as Arc<_> };
        let statements = Arc::new(Statements::new(sources, clock.clone()));
        let webhooks = outgoing::webhooks((secret, config), stores, events, clock);
        let keepers = Keepers::new(vec![
            Arc::clone(&playback) as Arc<dyn Service>,
            Arc::clone(&library) as Arc<dyn Service>,
            Arc::clone(&reviews) as Arc<dyn Service>,
            Arc::clone(&entitlements) as Arc<dyn Service>,
            Arc::clone(&usage) as Arc<dyn Service>,
            Arc::clone(&storage_plan) as Arc<dyn Service>,
            // After those that it is told of.
            Arc::clone(&webhooks) as Arc<dyn Service>,
            // Last: what it is to learn nothing from any more is gone by then.
            Arc::clone(&recommendations) as Arc<dyn Service>,
        ]);
        let clock = clock.clone();
        Self {
            entitlements,
            library,
            playback,
            recommendations,
            reviews,
            usage,
            storage_plan,
            statements,
            webhooks,
            owners,
            keepers,
            placements,
            time,
            clock,
        }
    }

    /// Those that reckon what was used, and what that costs: they answer together.
    pub fn reckoning(&self) -> Vec<Arc<dyn Service>> {
        vec![
            Arc::clone(&self.usage) as Arc<dyn Service>,
            Arc::clone(&self.storage_plan) as Arc<dyn Service>,
            Arc::clone(&self.statements) as Arc<dyn Service>,
        ]
    }

    /// Decides beside requests where titles are to lie, where this process reckons; and lets go of use that is old or somebody's who is gone,
    /// also where none is collected any more.
    pub fn begin_planning(&self, assembled: &mut Assembled, config: &Config) {
        let usage = Arc::clone(&self.usage);
        assembled.also("usage_retained", move || Arc::clone(&usage).retain());
        if config.services.contains(&ServiceName::Usage) {
            let plan = Arc::clone(&self.storage_plan);
            assembled.also("storage_plan", move || Arc::clone(&plan).run());
        }
    }

    /// What is told of: by all of them, whichever answer calls in this process.
    pub fn feeds(&self) -> Vec<Feed> {
        [self.library.feeds(), self.playback.feeds(), self.reviews.feeds(), self.recommendations.feeds()].concat()
    }

    /// Lets go of what is kept in memory of whatever changes.
    pub fn listener(&self) -> Listener {
        let (playback, recommendations) = (Arc::clone(&self.playback), Arc::clone(&self.recommendations));
        let library = Arc::clone(&self.library);
        Arc::new(move |whose| {
            library.changed(whose);
            playback.changed(whose);
            recommendations.changed(whose);
        })
    }

    /// What takes titles from one object store to the other, so many bytes a second.
    pub fn mover(&self, stores: &Stores, bytes_per_second: u64) -> Arc<Mover> {
        let (media, keyvalue) = (MediaStore::of(&stores.video()), Arc::clone(&stores.keyvalue));
        Arc::new(Mover::new(self.placements.clone(), media, keyvalue, (self.clock.clone(), bytes_per_second)))
    }

    /// What deleting a title takes.
    pub fn title_deletions(&self, stores: &Stores, log: &Arc<DeletionLog>, events: &Events) -> deletion::Dependencies {
        deletion::Dependencies {
            documents: Arc::clone(&stores.documents),
            placements: self.placements.clone(),
            keepers: self.keepers.clone(),
            log: Arc::clone(log),
            events: events.clone(),
            clock: self.clock.clone(),
        }
    }
}
