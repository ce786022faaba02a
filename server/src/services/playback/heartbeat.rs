//! A heartbeat, and what it is counted as: what was watched since the one before, and how it played meanwhile.
//!
//! Must never count a moment twice, whichever of several servers hear them ([`super::elapsed`]), nor a stall of a time in which nothing played.

use std::time::Duration;

use contract::playback::PlayQuality;

use super::{elapsed::NodeClock, quality::Played, record::SessionRecord};

/// Where a player says that it is.
#[derive(Clone, Copy, Debug)]
pub struct Heartbeat {
    /// Seconds from the start.
    pub position: f64,
    /// Whether that is another than before: nobody watches a film that stands.
    pub has_moved: bool,
    pub is_paused: bool,
    /// Film ahead of it, in milliseconds.
    pub buffered_millis: Option<u32>,
    /// Milliseconds since 1970, as operators are told.
    pub now: u64,
    /// How it plays, where its player says so.
    pub quality: Option<PlayQuality>,
    /// How often its player said since the heartbeat before that it ran out of film, with its requests for video here.
    pub starved: u32,
}

/// What a heartbeat is counted as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Milliseconds since the one before.
    pub watched: u64,
    /// How it played since then, where its player says so.
    pub played: Option<Played>,
}

impl Heartbeat {
    /// Notes it in a record that was read just now, with what was left then of its lease; what is to be counted since the one before. A
    /// silence of a whole lease is no watching.
    pub fn count(self, record: &mut SessionRecord, (lease, left): (Duration, Duration), clock: &NodeClock) -> Counted {
        record.position = self.position;
        // Of a session that an older build began it is not known: its stalls in a pause count less.
        let mut was_paused = true;
        if let Some(presence) = &mut record.presence {
            was_paused = presence.is_paused;
            // Where it began elsewhere, this clock may be behind: it was heard all the same.
            presence.heard = self.now.max(presence.started.saturating_add(1));
            (presence.is_paused, presence.buffered_millis) = (self.is_paused, self.buffered_millis);
        }
        let Some(metered) = &mut record.metered else { return Counted::default() };
        metered.counted = metered.counted.max(self.now);
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        // Where the store's clock was put back there is more left than was written.
        let by_store = millis(lease.saturating_sub(left));
        let elapsed = clock.advance(&mut metered.elapsed, by_store).min(millis(lease));
        let watched = if self.has_moved { elapsed } else { 0 };
        // Nothing stalls while nothing is to play. What stood still before it was paused was to play.
        let has_rested = was_paused && self.is_paused && !self.has_moved;
        let wanted = if has_rested { 0 } else { elapsed };
        let played = match self.quality {
            Some(said) => Some(Played::count(&mut metered.quality, said, wanted)),
            None => Played::of_requests(&mut metered.quality, self.starved, watched),
        };
        Counted { watched, played }
    }
}

#[cfg(test)]
mod tests {
    use contract::device::DeviceClass;

    use super::{
        super::{
            elapsed::tests::Time,
            fixture::session,
            record::{Metered, Presence},
            sessions::LEASE,
        },
        *,
    };

    const BEGUN: u64 = 1_000_000;
    const SECOND: u64 = 1_000;

    /// A film that plays, and the time that passes meanwhile.
    struct Film {
        time: Time,
        record: SessionRecord,
        /// When the record's lease ends, by the store's clock.
        expires: i64,
        /// By how many milliseconds that is wrong.
        store_wrong: i64,
    }

    /// One of several servers: its clocks.
    struct Server {
        clock: NodeClock,
        /// By how many milliseconds its wall clock is wrong.
        wrong: i64,
    }

    impl Film {
        fn new() -> (Self, Server) {
            let time = Time::default();
            let server = Server { clock: time.node(17), wrong: 0 };
            let presence = Presence {
                account: None,
                name: "The film".into(),
                device: "A device".into(),
                device_class: DeviceClass::Tv,
                class: 720,
                started: BEGUN,
                heard: BEGUN,
                is_paused: false,
                buffered_millis: None,
                message: None,
            };
            let metered = session().metered.map(|metered| Metered { elapsed: server.clock.begin(), ..metered });
            let record = SessionRecord { presence: Some(presence), metered, ..session() };
            (Self { time, record, expires: i64::try_from(LEASE.as_millis()).unwrap(), store_wrong: 0 }, server)
        }

        /// By the store's clock.
        fn now(&self) -> i64 {
            i64::try_from(self.time.now()).unwrap() + self.store_wrong
        }

        fn server(&self, wrong: i64) -> Server {
            Server { clock: self.time.node(rand::random::<u32>().into()), wrong }
        }

        /// So long after it began, in seconds.
        fn until(&self, seconds: u64) {
            self.time.pass(seconds * SECOND - self.time.now());
        }

        fn hear(&mut self, server: &Server, heartbeat: Heartbeat) -> Counted {
            let left = Duration::from_millis(u64::try_from(self.expires - self.now()).unwrap_or_default());
            let now = (BEGUN + self.time.now()).saturating_add_signed(server.wrong);
            let counted = Heartbeat { now, ..heartbeat }.count(&mut self.record, (LEASE, left), &server.clock);
            self.expires = self.now() + i64::try_from(LEASE.as_millis()).unwrap();
            counted
        }

        /// A heartbeat every 15 s, each at the next server; the seconds that are counted.
        fn play(&mut self, servers: &[&Server], heartbeats: usize) -> u64 {
            let mut watched = 0;
            for server in servers.iter().cycle().take(heartbeats) {
                self.time.pass(15 * SECOND);
                watched += self.hear(server, heartbeat((true, false))).watched;
            }
            watched / SECOND
        }
    }

    fn heartbeat((has_moved, is_paused): (bool, bool)) -> Heartbeat {
        Heartbeat { position: 1.0, has_moved, is_paused, buffered_millis: None, now: 0, quality: None, starved: 0 }
    }

    #[test]
    fn a_stall_counts_until_it_is_paused_and_not_while_it_is() {
        let (mut film, server) = Film::new();
        let mut said = |seconds, moved_and_paused, stalls, stalled_millis| {
            film.until(seconds);
            let quality = Some(PlayQuality { stalls, stalled_millis, ..PlayQuality::default() });
            let told = film.hear(&server, Heartbeat { quality, ..heartbeat(moved_and_paused) });
            told.played.map(|played| (played.stalls, played.stalled_millis)).unwrap()
        };
        assert_eq!(said(15, (true, false), 1, 400), (1, 400));
        assert_eq!(said(30, (false, false), 2, 15_400), (1, 15_000), "it stands still for want of film");
        assert_eq!(said(40, (false, true), 2, 20_400), (0, 5_000), "until it was paused");
        assert_eq!(said(55, (false, true), 9, 35_400), (0, 0), "nothing is to play");
        assert_eq!(said(70, (true, false), 9, 35_400), (0, 0), "nor does that count later");
        assert_eq!(said(85, (true, true), 10, 36_400), (1, 1_000), "what played until now");
    }

    #[test]
    fn what_a_player_says_with_its_requests_counts_as_far_as_it_was_watched_and_not_beside_what_it_measures() {
        let (mut film, server) = Film::new();
        let stalls = |film: &mut Film, seconds, heartbeat: Heartbeat| {
            film.until(seconds);
            film.hear(&server, heartbeat).played.map_or(0, |played| played.stalls)
        };
        let starved = |moves| Heartbeat { starved: 330, ..heartbeat(moves) };
        assert_eq!(stalls(&mut film, 3, starved((true, false))), 3, "one a second at most");
        assert_eq!(stalls(&mut film, 60, starved((false, true))), 0, "nothing was watched");
        let mut sum = 0;
        for beat in 2..100 {
            sum += stalls(&mut film, beat * 60, starved((true, false)));
        }
        assert_eq!(sum + 3, 500, "as many as of one that measures");

        let (mut film, server) = Film::new();
        let mut stalls = |seconds, heartbeat| {
            film.until(seconds);
            film.hear(&server, heartbeat).played.map_or(0, |played| played.stalls)
        };
        let quality = Some(PlayQuality { stalls: 2, ..PlayQuality::default() });
        assert_eq!(stalls(15, Heartbeat { quality, ..starved((true, false)) }), 2);
        assert_eq!(stalls(30, starved((true, false))), 0, "it measures");
    }

    #[test]
    fn a_silence_counts_as_a_lease_at_most_and_what_stands_still_counts_nothing() {
        let (mut film, server) = Film::new();
        let mut watched = |seconds, has_moved| {
            film.until(seconds);
            film.hear(&server, heartbeat((has_moved, false))).watched / SECOND
        };
        assert_eq!([watched(15, true), watched(30, false), watched(45, true), watched(500, true)], [15, 0, 15, 90]);
    }

    #[test]
    fn a_film_that_is_told_to_servers_in_turns_counts_once_however_their_clocks_differ() {
        for minutes in [-60, -20, -10, -1, 0, 1, 10, 20, 60_i64] {
            let (mut film, one) = Film::new();
            let other = film.server(minutes * 60_000);
            assert_eq!(film.play(&[&other, &one], 40), 40 * 15, "{minutes}");
            assert_eq!(film.play(&[&one, &one, &other], 9), 9 * 15, "{minutes}");
            // Also by a clock by which it has not begun yet.
            assert!(film.record.presence.unwrap().heard > BEGUN);
        }
    }

    #[test]
    fn each_interval_of_a_film_that_is_told_to_servers_in_turns_is_what_was_said_of_it() {
        let (mut film, one) = Film::new();
        let other = film.server(10 * 60_000);
        let mut watched = |server: &Server, seconds, has_moved| {
            film.time.pass(seconds * SECOND);
            film.hear(server, heartbeat((has_moved, !has_moved))).watched / SECOND
        };
        assert_eq!([watched(&other, 15, true), watched(&one, 5, true), watched(&other, 60, false)], [15, 5, 0]);
        assert_eq!([watched(&one, 15, true), watched(&other, 15, true)], [15, 15], "a pause is not made up for");
    }

    #[test]
    fn where_the_clock_of_the_store_is_put_back_or_forwards_one_interval_is_wrong_and_the_rest_is_not() {
        for (minutes, differs) in [(-60, [0, 15]), (-10, [0, 15]), (1, [15, 15]), (60, [15, 15])] {
            let (mut film, one) = Film::new();
            let other = film.server(0);
            assert_eq!(film.play(&[&other, &one], 8), 120);
            film.store_wrong = minutes * 60_000;
            let watched = [film.play(&[&other], 1), film.play(&[&one], 1)];
            assert_eq!(watched, differs, "{minutes}");
            assert_eq!(film.play(&[&other, &one], 8), 120, "{minutes}");
        }
    }

    #[test]
    fn a_clock_that_is_put_back_or_forwards_while_a_film_plays_changes_nothing_of_what_counts() {
        for minutes in [-60, -10, 10, 60] {
            let (mut film, mut server) = Film::new();
            assert_eq!(film.play(&[&server], 8), 120);
            server.wrong = minutes * 60_000;
            assert_eq!(film.play(&[&server], 8), 120, "{minutes}");
            server.wrong = 0;
            assert_eq!(film.play(&[&server], 8), 120, "{minutes}");
        }
    }

    #[test]
    fn a_film_goes_on_over_a_kill_and_over_many_servers() {
        let (mut film, mut server) = Film::new();
        for minutes in [0, 10, -10] {
            assert_eq!(film.play(&[&server], 8), 120);
            server = film.server(minutes * 60_000);
        }
        let servers: Vec<Server> = (0..20).map(|minutes| film.server(minutes * 60_000)).collect();
        assert_eq!(film.play(&servers.iter().collect::<Vec<_>>(), 40), 40 * 15);
    }

    #[test]
    fn a_session_of_an_older_build_goes_on_and_is_written_so_that_that_build_counts_no_moment_again() {
        let (mut film, server) = Film::new();
        let mut stored = serde_json::to_value(&film.record).unwrap();
        stored["metered"].as_object_mut().unwrap().remove("elapsed");
        film.record = serde_json::from_value(stored).unwrap();
        assert_eq!(film.play(&[&server], 3), 45);
        assert_eq!(film.record.metered.unwrap().counted, BEGUN + 45 * SECOND);
    }
}
