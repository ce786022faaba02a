//! Searches that viewers stay with, told to whoever counts usage.
//!
//! The client asks as one types, and what was asked on the way to a word is no search. One counts once its viewer asks for nothing else for
//! three seconds, and the same query of the same viewer once a minute at most. Replies are kept, so that the catalogue hears of few: the mount
//! tells of each ([`crate::mount::SearchListener`]). Of several nodes each knows what it answered itself; where a viewer's requests are spread
//! over them, a part of a word may count. Must never hold a search up.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use contract::ids::{AccountId, ProfileId};
use runtime::clock::Clock;
use usage::event::Kind;

use super::recorder::Recorder;
use crate::{context::Viewer, mount::SearchListener};

/// How long a viewer stays with what they asked for until it counts, in milliseconds.
const STAYS: u64 = 3_000;
/// How long the same query does not count again, in milliseconds.
const COUNTS_ONCE_IN: u64 = 60_000;
/// Characters of a query that are kept.
const LONGEST: usize = 100;
/// Viewers who search at the same time; those beyond are counted at once.
const MOST: usize = 10_000;
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What viewers of this process search for. Cheap to clone.
#[derive(Clone)]
pub struct Searches {
    viewers: Arc<Mutex<HashMap<ProfileId, Asking>>>,
    recorder: Recorder,
    clock: Clock,
}

/// What one viewer asks for. Instants are in milliseconds since 1970.
#[derive(Default)]
struct Asking {
    waiting: Option<Waiting>,
    /// The query that was counted last, and when.
    counted: Option<(String, u64)>,
}

/// What was asked last, until it counts.
struct Waiting {
    query: String,
    hits: u32,
    account: Option<AccountId>,
    since: u64,
}

impl Searches {
    pub fn new(recorder: Recorder, clock: Clock) -> Self {
        Self { viewers: Arc::default(), recorder, clock }
    }

    /// What hears of each.
    pub fn listener(&self) -> SearchListener {
        let this = self.clone();
        Arc::new(move |viewer, query, hits| this.heard(viewer, query, hits))
    }

    /// A viewer asked for something. One who comes without a cookie is another with each request, and is not told apart from whoever types.
    pub fn heard(&self, viewer: &Viewer, query: &str, hits: u32) {
        let query = normal(query);
        if query.is_empty() || viewer.is_new {
            return;
        }
        let account = viewer.member.as_ref().map(|member| member.account.clone());
        let waiting = Waiting { query, hits, account, since: self.clock.millis() };
        let mut viewers = self.viewers();
        if viewers.len() >= MOST && !viewers.contains_key(&viewer.profile) {
            drop(viewers);
            return self.record(&viewer.profile, &waiting);
        }
        let asking = viewers.entry(viewer.profile.clone()).or_default();
        match &mut asking.waiting {
            // Asked again, for more of it.
            Some(before) if before.query == waiting.query => before.hits = before.hits.max(waiting.hits),
            before => *before = Some(waiting),
        }
    }

    /// Counts what viewers stay with, for as long as it is asked to.
    ///
    /// # Errors
    /// Never.
    pub async fn run(self) -> Result<(), String> {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            self.count(STAYS);
        }
    }

    /// Counts what was asked last by each, at the end of the process.
    pub fn close(&self) {
        self.count(0);
    }

    /// Counts what viewers have stayed with for so long.
    fn count(&self, stays: u64) {
        let now = self.clock.millis();
        let mut due = Vec::new();
        self.viewers().retain(|profile, asking| {
            if let Some(waiting) = asking.waiting.take_if(|waiting| now.saturating_sub(waiting.since) >= stays) {
                let is_new = asking.counted.as_ref().is_none_or(|(query, at)| *query != waiting.query || is_over(*at, now));
                if is_new {
                    asking.counted = Some((waiting.query.clone(), now));
                    due.push((profile.clone(), waiting));
                }
            }
            asking.waiting.is_some() || asking.counted.as_ref().is_some_and(|(_, at)| !is_over(*at, now))
        });
        for (profile, waiting) in due {
            self.record(&profile, &waiting);
        }
    }

    fn record(&self, profile: &ProfileId, waiting: &Waiting) {
        let query = (waiting.hits == 0).then(|| waiting.query.clone());
        self.recorder.record(Kind::Search { query, hits: waiting.hits }, Some(profile), waiting.account.as_ref());
    }

    fn viewers(&self) -> MutexGuard<'_, HashMap<ProfileId, Asking>> {
        self.viewers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the same query counts again. A clock that steps back keeps nothing for longer.
fn is_over(counted: u64, now: u64) -> bool {
    now.abs_diff(counted) >= COUNTS_ONCE_IN
}

/// A query as it counts: case, space around and what is beyond a length make no other.
fn normal(query: &str) -> String {
    query.trim().to_lowercase().chars().take(LONGEST).collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicU64, Ordering::Relaxed},
        time::UNIX_EPOCH,
    };

    use contract::authorization::Authorization;

    use super::*;
    use crate::services::recorder::Recordings;

    struct World {
        searches: Searches,
        recordings: Recordings,
        now: Arc<AtomicU64>,
    }

    impl World {
        fn new() -> Self {
            let now = Arc::new(AtomicU64::new(1_795_982_400_000));
            let said = Arc::clone(&now);
            let clock = Clock::new(move || UNIX_EPOCH + Duration::from_millis(said.load(Relaxed)));
            let (recorder, recordings) = Recorder::new(clock.clone());
            Self { searches: Searches::new(recorder, clock), recordings, now }
        }

        fn ask(&self, profile: &str, query: &str, hits: u32) {
            self.searches.heard(&viewer(profile, false), query, hits);
        }

        /// What is counted after so many milliseconds.
        fn after(&self, millis: u64) -> Vec<(String, Option<String>, u32)> {
            self.now.fetch_add(millis, Relaxed);
            self.searches.count(STAYS);
            let told = self.recordings.take_waiting(100).into_iter().map(|recorded| match recorded.kind {
                Kind::Search { query, hits } => (recorded.profile.unwrap().to_string(), query, hits),
                other => panic!("{other:?}"),
            });
            let mut told: Vec<_> = told.collect();
            told.sort();
            told
        }
    }

    fn viewer(profile: &str, is_new: bool) -> Viewer {
        let authorization = Arc::new(Authorization::default());
        Viewer { profile: profile.parse().unwrap(), is_new, member: None, authorization }
    }

    fn none(profile: &str, query: &str) -> (String, Option<String>, u32) {
        (profile.to_owned(), Some(query.to_owned()), 0)
    }

    #[test]
    fn what_is_asked_on_the_way_to_a_word_does_not_count_and_the_word_does_once_its_viewer_stays_with_it() {
        let world = World::new();
        for (query, hits) in [("al", 9), ("ali", 2), ("alixn", 0)] {
            world.ask("ada", query, hits);
            assert_eq!(world.after(500), []);
        }
        world.ask("bob", " Alien ", 3);
        assert_eq!(world.after(2_499), []);
        assert_eq!(world.after(1), [none("ada", "alixn")], "words of it, because nothing was found");
        assert_eq!(world.after(600), [("bob".to_owned(), None, 3)], "of what was found only how much");
        assert_eq!(world.after(60_000), []);
        assert!(world.searches.viewers().is_empty(), "nobody is remembered");
    }

    #[test]
    fn the_same_query_of_the_same_viewer_counts_once_a_minute() {
        let world = World::new();
        world.ask("ada", "dune", 0);
        assert_eq!(world.after(3_000), [none("ada", "dune")]);
        world.ask("ada", "Dune", 0);
        assert_eq!(world.after(3_000), []);
        world.ask("bob", "dune", 0);
        assert_eq!(world.after(3_000), [none("bob", "dune")]);
        world.ask("ada", "dune", 0);
        assert_eq!(world.after(54_000), [none("ada", "dune")], "a minute later");
        world.ask("ada", "dune", 0);
        world.ask("ada", "dune 2", 0);
        assert_eq!(world.after(3_000), [none("ada", "dune 2")]);
    }

    #[test]
    fn a_long_query_is_cut_and_an_empty_one_and_one_of_nobody_are_none() {
        let world = World::new();
        world.ask("ada", &"É".repeat(150), 0);
        world.ask("bob", "  ", 0);
        world.searches.heard(&viewer("eve", true), "dune", 0);
        assert_eq!(world.after(3_000), [none("ada", &"é".repeat(100))]);
    }

    #[test]
    fn beyond_so_many_viewers_each_search_counts_at_once_and_nothing_grows() {
        let world = World::new();
        for viewer in 0..MOST {
            world.ask(&format!("p{viewer}"), "dune", 1);
        }
        world.ask("ada", "dune", 0);
        assert_eq!(world.after(0), [none("ada", "dune")]);
        assert_eq!(world.searches.viewers().len(), MOST);
    }

    #[test]
    fn at_the_end_of_the_process_what_was_asked_last_counts() {
        let world = World::new();
        world.ask("ada", "dune", 0);
        world.searches.close();
        assert_eq!(world.after(0), [none("ada", "dune")]);
    }
}
