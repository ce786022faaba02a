//! How long it is since a session was heard of before: by no wall clock of a server, of which several servers have several and which is put
//! right and put back.
//!
//! A node that heard of it last itself knows by the time since it started. Where another one did, the store says how much is left of the
//! lease that was written then, by the one clock that it has for all nodes; and no more passed than since this node heard of it itself, without
//! what was counted meanwhile. Must never say that more passed than did where the store's clock goes right, nor, where that is put
//! forwards, more than a lease too much of a node that hears of the session for the first time.

use std::{
    fmt,
    time::{Duration, Instant},
};

use super::record::{ElapsedRecord, NodeReading};

/// Nodes whose readings stay with a session.
const READINGS: usize = 8;

/// The clock of this node.
pub struct NodeClock {
    node: u64,
    uptime: Box<dyn Fn() -> Duration + Send + Sync>,
}

impl Default for NodeClock {
    fn default() -> Self {
        let begun = Instant::now();
        Self::new(rand::random(), move || begun.elapsed())
    }
}

impl fmt::Debug for NodeClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeClock({:016x}, {})", self.node, self.uptime())
    }
}

impl NodeClock {
    /// `node` names this process among all that there ever are; `uptime` never goes back.
    pub(super) fn new(node: u64, uptime: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self { node, uptime: Box::new(uptime) }
    }

    /// Of a session that begins now.
    pub fn begin(&self) -> ElapsedRecord {
        ElapsedRecord { millis: 0, readings: vec![NodeReading { node: self.node, uptime: self.uptime(), elapsed: 0 }] }
    }

    /// Notes that a session is heard of, of which the store says that it was written `by_store` milliseconds ago; the milliseconds since it
    /// was heard of before. To be called once the record was read: then all that is in it is older than what the clock says now.
    pub fn advance(&self, elapsed: &mut ElapsedRecord, by_store: u64) -> u64 {
        let uptime = self.uptime();
        let passed = self.passed(elapsed, uptime).map_or(by_store, |passed| passed.of(by_store));
        elapsed.millis = elapsed.millis.saturating_add(passed);
        elapsed.readings.retain(|reading| reading.node != self.node);
        // They stand in the order in which their nodes heard of it.
        elapsed.readings.drain(..elapsed.readings.len().saturating_sub(READINGS - 1));
        elapsed.readings.push(NodeReading { node: self.node, uptime, elapsed: elapsed.millis });
        passed
    }

    /// Nothing where this node did not hear of it before.
    fn passed(&self, elapsed: &ElapsedRecord, uptime: u64) -> Option<Passed> {
        let is_own = |reading: &&NodeReading| reading.node == self.node;
        let own = elapsed.readings.iter().find(is_own)?;
        let counted = elapsed.millis.saturating_sub(own.elapsed);
        let uncounted = uptime.saturating_sub(own.uptime).saturating_sub(counted);
        let was_last = elapsed.readings.last().filter(is_own).is_some();
        Some(if was_last { Passed::Just(uncounted) } else { Passed::AtMost(uncounted) })
    }

    /// In milliseconds.
    fn uptime(&self) -> u64 {
        u64::try_from((self.uptime)().as_millis()).unwrap_or(u64::MAX)
    }
}

/// What a node knows of the milliseconds that passed.
#[derive(Clone, Copy, Debug)]
enum Passed {
    Just(u64),
    AtMost(u64),
}

impl Passed {
    fn of(self, by_store: u64) -> u64 {
        match self {
            Self::Just(passed) => passed,
            Self::AtMost(most) => by_store.min(most),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    };

    use proptest::prelude::*;

    use super::*;

    /// Time as it passes everywhere, in milliseconds.
    #[derive(Clone, Default)]
    pub struct Time(Arc<AtomicU64>);

    impl Time {
        pub fn pass(&self, millis: u64) {
            self.0.fetch_add(millis, Relaxed);
        }

        pub fn now(&self) -> u64 {
            self.0.load(Relaxed)
        }

        /// A node that started so many milliseconds before time began.
        pub fn node(&self, before: u64) -> NodeClock {
            let time = self.clone();
            NodeClock::new(rand::random(), move || Duration::from_millis(before + time.now()))
        }
    }

    #[test]
    fn a_node_that_heard_last_needs_no_store_and_another_one_believes_it_no_further_than_its_own_clock() {
        let time = Time::default();
        let (one, other) = (time.node(1_000_000), time.node(5));
        let mut elapsed = one.begin();
        let mut heard = |node: &NodeClock, by_store| {
            time.pass(15);
            node.advance(&mut elapsed, by_store)
        };
        assert_eq!([heard(&one, 0), heard(&one, 90)], [15, 15]);
        assert_eq!(heard(&other, 15), 15, "the store alone knows");
        assert_eq!([heard(&one, 90), heard(&other, 90)], [15, 15], "30 of its own, of which 15 are counted");
        assert_eq!([heard(&one, 0), heard(&one, 90)], [0, 15], "nobody knows how much of it was counted");
    }

    #[test]
    fn of_many_nodes_that_come_and_go_the_latest_stay_with_a_session() {
        let time = Time::default();
        let (node, mut elapsed) = (time.node(0), ElapsedRecord::default());
        for _ in 0..50 {
            time.pass(30);
            assert_eq!((time.node(9).advance(&mut elapsed, 15), node.advance(&mut elapsed, 15)), (15, 15));
        }
        assert_eq!(elapsed.readings.len(), READINGS);
    }

    proptest! {
        #[test]
        fn all_of_the_time_that_passed_where_the_store_goes_right_and_else_a_lease_too_much_for_each_node_at_most(
            starts in prop::collection::vec(0..10_000_000_u64, 4),
            steps in prop::collection::vec((0..90_000_u64, 0..4_usize, prop::option::of(0..90_000_u64)), 1..80),
        ) {
            let time = Time::default();
            let nodes: Vec<NodeClock> = starts.into_iter().map(|before| time.node(before)).collect();
            let (mut right, mut wrong) = (nodes[0].begin(), nodes[0].begin());
            for (passed, node, by_store) in steps {
                time.pass(passed);
                prop_assert_eq!(nodes[node].advance(&mut right, passed), passed);
                nodes[node].advance(&mut wrong, by_store.unwrap_or(passed));
                prop_assert!(wrong.millis <= time.now() + 3 * 90_000);
            }
            prop_assert_eq!(right.millis, time.now());
        }
    }
}
