//! So many requests from one viewer and no more: the generic cell rate algorithm, by profile or by address.
//!
//! Counts calls and pages. Video is behind grants, and files that everybody shares cost next to nothing.

use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::Arc,
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use contract::{Code, Problem, ids::ProfileId};
use governor::{Quota, clock::Clock, clock::DefaultClock};

use super::{forwarded::Origin, route::Kind};
use crate::{config::Limits, context::Viewer, mount::problem_response};

/// Whose requests are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Counted {
    Profile(ProfileId),
    Address(IpAddr),
}

/// The counts of this process.
pub struct RateLimiter {
    cells: governor::DefaultKeyedRateLimiter<Counted>,
    clock: DefaultClock,
}

impl RateLimiter {
    pub fn new(limits: &Limits) -> Self {
        let number = |number: u32| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(number(limits.requests_per_second.as_u32()));
        let quota = quota.allow_burst(number(limits.burst.as_u32()));
        Self { cells: governor::RateLimiter::keyed(quota), clock: DefaultClock::default() }
    }

    /// Forgets whoever has their whole burst again. To be called now and then.
    pub fn sweep(&self) {
        self.cells.retain_recent();
        self.cells.shrink_to_fit();
    }

    /// Seconds to wait, where it is too much.
    fn check(&self, counted: &Counted) -> Result<(), u32> {
        self.cells.check_key(counted).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now()).as_secs_f64().ceil();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
            let seconds = wait.clamp(1.0, 3600.0) as u32;
            seconds
        })
    }
}

/// The layer.
pub async fn limit(State(limiter): State<Arc<RateLimiter>>, request: Request, next: Next) -> Response {
    match Kind::of(request.uri().path()) {
        Kind::Call | Kind::Page => {}
        Kind::Media | Kind::Asset | Kind::Health => return next.run(request).await,
    }
    match limiter.check(&counted(&request)) {
        Ok(()) => next.run(request).await,
        Err(seconds) => problem_response(Problem::new(Code::RateLimited).with_retry_after(seconds)),
    }
}

fn counted(request: &Request) -> Counted {
    let viewer = request.extensions().get::<Viewer>().filter(|viewer| !viewer.is_new);
    match viewer {
        Some(viewer) => Counted::Profile(viewer.profile.clone()),
        None => Counted::Address(network(request.extensions().get::<Origin>().copied().unwrap_or_default().address)),
    }
}

/// One subscriber holds a whole /64 of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) & (u128::MAX << 64))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Bounded;

    #[test]
    fn a_burst_passes_and_then_each_waits_on_their_own() {
        let limiter = RateLimiter::new(&Limits { requests_per_second: Bounded::of(1), burst: Bounded::of(3) });
        let one = Counted::Address(IpAddr::from([1, 1, 1, 1]));
        for _ in 0..3 {
            assert_eq!(limiter.check(&one), Ok(()));
        }
        assert_eq!(limiter.check(&one), Err(1));
        assert_eq!(limiter.check(&Counted::Address(IpAddr::from([2, 2, 2, 2]))), Ok(()));
    }

    #[test]
    fn neighbours_in_one_ipv6_network_count_together() {
        let one = "2001:db8::1".parse().unwrap();
        let other = "2001:db8::ffff:2".parse().unwrap();
        assert_eq!(network(one), network(other));
        assert_ne!(network(one), network("2001:db8:0:1::1".parse().unwrap()));
    }
}
