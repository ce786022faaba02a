//! A heartbeat, and what it is counted as: what was watched since the one before, and how it played meanwhile.
//!
//! Must never count a moment twice, nor a stall of a time in which nothing played, nor wait until a clock that was put back has come
//! to where it was.

use std::time::Duration;

use contract::playback::PlayQuality;

use super::{quality::Played, record::SessionRecord};

/// By how much a clock is behind, in milliseconds, that was put back: by less, servers' clocks differ, or heartbeats overtake each other.
const PUT_BACK: u64 = 5 * 60 * 1000;

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
    /// Milliseconds since 1970.
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
    /// Notes it; what is to be counted since the one before. A silence of a whole lease is no watching.
    pub fn count(self, record: &mut SessionRecord, lease: Duration) -> Counted {
        record.position = self.position;
        // Of a session that an older build began it is not known: its stalls in a pause count less.
        let mut was_paused = true;
        if let Some(presence) = &mut record.presence {
            was_paused = presence.is_paused;
            presence.heard = latest(presence.heard, self.now);
            (presence.is_paused, presence.buffered_millis) = (self.is_paused, self.buffered_millis);
        }
        let Some(metered) = &mut record.metered else { return Counted::default() };
        let before = metered.counted;
        metered.counted = latest(before, self.now);
        let longest = u64::try_from(lease.as_millis()).unwrap_or(u64::MAX);
        let elapsed = self.now.saturating_sub(before).min(longest);
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

/// The later of both, so that no moment is counted twice; what is now where the clock was put back since.
fn latest(before: u64, now: u64) -> u64 {
    if before.saturating_sub(now) > PUT_BACK { now } else { before.max(now) }
}

#[cfg(test)]
mod tests {
    use contract::device::DeviceClass;

    use super::{
        super::{fixture::session, record::Presence, sessions::LEASE},
        *,
    };

    const BEGUN: u64 = 1_000_000;
    const SECOND: u64 = 1_000;

    fn fresh() -> SessionRecord {
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
        SessionRecord { presence: Some(presence), ..session() }
    }

    fn heartbeat(seconds: u64, (has_moved, is_paused): (bool, bool)) -> Heartbeat {
        let now = BEGUN + seconds * SECOND;
        Heartbeat { position: 1.0, has_moved, is_paused, buffered_millis: None, now, quality: None, starved: 0 }
    }

    #[test]
    fn a_stall_counts_until_it_is_paused_and_not_while_it_is() {
        let mut record = fresh();
        let mut said = |seconds, moved_and_paused, stalls, stalled_millis| {
            let quality = Some(PlayQuality { stalls, stalled_millis, ..PlayQuality::default() });
            let told = Heartbeat { quality, ..heartbeat(seconds, moved_and_paused) }.count(&mut record, LEASE);
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
        let mut record = fresh();
        let stalls = |record: &mut SessionRecord, heartbeat: Heartbeat| {
            heartbeat.count(record, LEASE).played.map_or(0, |played| played.stalls)
        };
        let starved = |seconds, moves| Heartbeat { starved: 330, ..heartbeat(seconds, moves) };
        assert_eq!(stalls(&mut record, starved(3, (true, false))), 3, "one a second at most");
        assert_eq!(stalls(&mut record, starved(60, (false, true))), 0, "nothing was watched");
        let mut sum = 0;
        for beat in 2..100 {
            sum += stalls(&mut record, starved(beat * 60, (true, false)));
        }
        assert_eq!(sum + 3, 500, "as many as of one that measures");

        let mut record = fresh();
        let quality = Some(PlayQuality { stalls: 2, ..PlayQuality::default() });
        assert_eq!(stalls(&mut record, Heartbeat { quality, ..starved(15, (true, false)) }), 2);
        assert_eq!(stalls(&mut record, starved(30, (true, false))), 0, "it measures");
    }

    #[test]
    fn a_clock_that_is_put_back_loses_one_interval_and_clocks_that_differ_count_nothing_twice() {
        let (mut record, hour) = (fresh(), 60 * 60);
        let mut watched = |seconds| heartbeat(seconds, (true, false)).count(&mut record, LEASE).watched / SECOND;
        assert_eq!((watched(15), watched(hour)), (15, 90));
        assert_eq!([watched(30), watched(45), watched(60)], [0, 15, 15], "it was an hour ahead");
        assert_eq!([watched(180), watched(75), watched(195), watched(90), watched(210)], [90, 0, 15, 0, 15], "of two servers");
        assert_eq!(record.presence.unwrap().heard, BEGUN + 210 * SECOND);
    }
}
