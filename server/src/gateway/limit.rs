//! So many requests from one address and no more, and from one viewer: the generic cell rate algorithm, twice.
//!
//! An address (a /64 of IPv6) is counted before anybody is recognised, so that refusals count and a new cookie buys nothing;
//! the viewer behind that. Counts calls and pages. Video is behind grants, and files that everybody shares cost next to nothing.
//! New guests who write something are counted by address, too: each may leave something in the stores.
//! Must never hold more cells than [`MOST_CELLS`], however many strangers come by.

use std::{
    hash::{BuildHasher, Hash, RandomState},
    num::NonZeroU32,
    sync::Arc,
};

use axum::{
    extract::{Request, State},
    http::header,
    middleware::Next,
    response::Response,
};
use contract::{
    Code, Problem,
    ids::{AccountId, ProfileId},
};
use governor::{DefaultKeyedRateLimiter, Quota, clock::Clock, clock::DefaultClock};
use moka::sync::Cache;

use super::{forwarded::Origin, route::Kind};
use crate::{config::Limits, context::Viewer, mount::problem_response, network::Network};

/// Cells of one kind that are kept at most: some megabytes.
const MOST_CELLS: usize = 100_000;
/// What those share who come when there are no more.
const SHARED_CELLS: u64 = 1024;
/// Guests who are remembered to have written something.
const MOST_GUESTS: u64 = 100_000;
/// API tokens of one address that may be refused within a minute: nobody mistypes them.
const REFUSED_TOKENS: u32 = 60;

/// Whose requests are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Counted {
    Account(AccountId),
    Profile(ProfileId),
    /// Those at an address who carry nothing yet.
    Strangers(Network),
}

/// The counts of this process.
pub struct RateLimiter {
    addresses: Cells<Network>,
    viewers: Cells<Counted>,
    refused_tokens: Cells<Network>,
    new_guests: Cells<Network>,
    /// Guests who wrote something before; one that is forgotten counts again.
    guests: Cache<ProfileId, ()>,
}

impl RateLimiter {
    pub fn new(limits: &Limits) -> Self {
        let viewer = (limits.requests_per_second.as_u32(), limits.burst.as_u32());
        let address = (limits.address_requests_per_second.as_u32(), limits.address_burst.as_u32());
        Self {
            // An address has at least one viewer.
            addresses: Cells::new(per_second(address.0.max(viewer.0), address.1.max(viewer.1))),
            viewers: Cells::new(per_second(viewer.0, viewer.1)),
            refused_tokens: Cells::new(Quota::per_minute(positive(REFUSED_TOKENS))),
            new_guests: Cells::new(Quota::per_hour(positive(limits.guests_per_hour.as_u32()))),
            guests: Cache::new(MOST_GUESTS),
        }
    }

    /// Forgets whoever has their whole burst again. To be called now and then.
    pub fn sweep(&self) {
        self.addresses.sweep();
        self.viewers.sweep();
        self.refused_tokens.sweep();
        self.new_guests.sweep();
    }

    /// Seconds to wait, where a guest is one too many of their address to leave something behind.
    fn check_guest(&self, request: &Request) -> Result<(), u32> {
        if request.method().is_safe() {
            return Ok(());
        }
        let guest = request.extensions().get::<Viewer>().filter(|viewer| viewer.member.is_none());
        match guest {
            Some(guest) if !self.guests.contains_key(&guest.profile) => {
                self.new_guests.check(&network(request))?;
                self.guests.insert(guest.profile.clone(), ());
                Ok(())
            }
            Some(_) | None => Ok(()),
        }
    }
}

fn per_second(number: u32, burst: u32) -> Quota {
    Quota::per_second(positive(number)).allow_burst(positive(burst))
}

fn positive(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

/// A cell for each key, as long as there is room.
struct Cells<K: Hash + Eq + Clone> {
    own: DefaultKeyedRateLimiter<K>,
    shared: DefaultKeyedRateLimiter<u64>,
    hasher: RandomState,
    clock: DefaultClock,
    most: usize,
}

impl<K: Hash + Eq + Clone> Cells<K> {
    fn new(quota: Quota) -> Self {
        let (own, shared) = (governor::RateLimiter::keyed(quota), governor::RateLimiter::keyed(quota));
        Self { own, shared, hasher: RandomState::new(), clock: DefaultClock::default(), most: MOST_CELLS }
    }

    fn sweep(&self) {
        self.own.retain_recent();
        self.own.shrink_to_fit();
        self.shared.retain_recent();
    }

    /// Seconds to wait, where it is too much.
    fn check(&self, key: &K) -> Result<(), u32> {
        let outcome = if self.own.len() < self.most {
            self.own.check_key(key)
        } else {
            // The table is emptied every minute; until then nobody gets a budget for coming from yet another place.
            self.shared.check_key(&(self.hasher.hash_one(key) % SHARED_CELLS))
        };
        outcome.map_err(|until| {
            let wait = until.wait_time_from(self.clock.now()).as_secs_f64().ceil();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
            let seconds = wait.clamp(1.0, 3600.0) as u32;
            seconds
        })
    }
}

/// The layer around everything that recognises: by address.
pub async fn by_address(State(limiter): State<Arc<RateLimiter>>, request: Request, next: Next) -> Response {
    if !is_counted(&request) {
        return next.run(request).await;
    }
    let network = network(&request);
    if let Err(seconds) = limiter.addresses.check(&network) {
        return refused(seconds);
    }
    let response = next.run(request).await;
    match response.extensions().get::<Problem>() {
        // Known after it was looked up; who sends nothing but bad ones is told so no more.
        Some(problem) if problem.code == Code::TokenRefused => match limiter.refused_tokens.check(&network) {
            Ok(()) => response,
            Err(seconds) => refused(seconds),
        },
        Some(_) | None => response,
    }
}

/// The layer below: by viewer.
pub async fn by_viewer(State(limiter): State<Arc<RateLimiter>>, request: Request, next: Next) -> Response {
    if !is_counted(&request) {
        return next.run(request).await;
    }
    match limiter.viewers.check(&counted(&request)).and_then(|()| limiter.check_guest(&request)) {
        Ok(()) => next.run(request).await,
        Err(seconds) => refused(seconds),
    }
}

fn is_counted(request: &Request) -> bool {
    match Kind::of(request) {
        Kind::Call | Kind::Events | Kind::Page => true,
        // A browser shows hundreds at once, and sends no token with them: one has to be looked up.
        Kind::Picture => request.headers().contains_key(header::AUTHORIZATION),
        Kind::Media | Kind::Asset | Kind::Health => false,
    }
}

fn refused(seconds: u32) -> Response {
    problem_response(Problem::new(Code::RateLimited).with_retry_after(seconds))
}

fn counted(request: &Request) -> Counted {
    let viewer = request.extensions().get::<Viewer>().filter(|viewer| !viewer.is_new);
    match viewer.map(|viewer| (&viewer.member, &viewer.profile)) {
        Some((Some(member), _)) => Counted::Account(member.account.clone()),
        Some((None, profile)) => Counted::Profile(profile.clone()),
        None => Counted::Strangers(network(request)),
    }
}

fn network(request: &Request) -> Network {
    Network::of(request.extensions().get::<Origin>().copied().unwrap_or_default().address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Bounded;

    #[test]
    fn a_burst_passes_and_then_each_waits_on_their_own() {
        let cells = Cells::new(per_second(1, 3));
        for _ in 0..3 {
            assert_eq!(cells.check(&"one"), Ok(()));
        }
        assert_eq!(cells.check(&"one"), Err(1));
        assert_eq!(cells.check(&"another"), Ok(()));
    }

    #[test]
    fn an_address_has_no_less_than_a_viewer() {
        let limits = Limits { requests_per_second: Bounded::of(1000), burst: Bounded::of(5000), ..Limits::default() };
        let limiter = RateLimiter::new(&limits);
        let network = Network::of([192, 0, 2, 1].into());
        assert!((0..5000).all(|_| limiter.addresses.check(&network).is_ok()));
    }

    #[test]
    fn strangers_beyond_the_number_of_cells_share_some_and_cells_do_not_grow() {
        let mut cells = Cells::new(per_second(1, 1));
        cells.most = 1000;
        let passed = (0..10_000).filter(|key| cells.check(key).is_ok()).count();
        assert!(cells.own.len() + cells.shared.len() <= 1000 + 1024);
        assert!((1000..=1000 + 1024 + 50).contains(&passed), "{passed}");
    }
}
