//! How the film plays for whoever watches: the wait for the first picture, stalls and errors, as sums of the session.
//!
//! Pure; a test is a script of events, each with its instant in milliseconds. What a session was told stays with it: one that takes its place
//! begins with what was not told yet.

use contract::playback::{PlayError, PlayQuality};

use super::{errors::PlayerError, machine::Event};

/// The longest wait that is measured, in milliseconds: a lid was closed, and no film loaded.
const LONGEST: f64 = 10.0 * 60.0 * 1000.0;

/// What the player measures of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Meter {
    /// When the first picture was asked for; nothing once it is there, or while the browser waits for a press.
    wanted: Option<f64>,
    /// Whether the film was seen to move.
    has_begun: bool,
    /// Whether it goes to another place.
    is_seeking: bool,
    /// Since when it stands still for want of data.
    stalled: Option<f64>,
    /// What keeps it from playing, until it plays.
    failing: Option<PlayError>,
    sums: PlayQuality,
    /// What was told last.
    told: PlayQuality,
}

impl Meter {
    /// Of a film that was asked for then.
    pub fn wanted(at: f64) -> Self {
        Self { wanted: Some(at), ..Self::default() }
    }

    /// What an event says of how the film plays.
    pub fn note(&mut self, event: &Event, now: f64) {
        match event {
            // What the browser waits for is the viewer, not the film.
            Event::Blocked => self.wanted = None,
            Event::Played if !self.has_begun && self.wanted.is_none() => self.wanted = Some(now),
            Event::Waited if self.has_begun && !self.is_seeking && self.stalled.is_none() => {
                self.stalled = Some(now);
                self.sums.stalls += 1;
            }
            Event::Seeking => {
                self.flow(now);
                self.is_seeking = true;
            }
            Event::Seeked => self.is_seeking = false,
            Event::Flowed => {
                self.begin(now);
                self.flow(now);
                (self.is_seeking, self.failing) = (false, None);
            }
            Event::Paused | Event::Ended => self.flow(now),
            Event::Failed(error) => self.fail(*error),
            Event::Renewed => self.renew(now),
            Event::Played
            | Event::Waited
            | Event::Moved { .. }
            | Event::HeartbeatDue
            | Event::RetryDue
            | Event::CameOnline
            | Event::RetryWanted
            | Event::Left { .. } => {}
        }
    }

    /// What the session is told: all of it up to now.
    pub fn tell(&mut self, now: f64) -> PlayQuality {
        self.told = self.so_far(now);
        self.told
    }

    fn so_far(&self, now: f64) -> PlayQuality {
        let goes_on = self.stalled.map_or(0, |since| millis(now - since));
        PlayQuality { stalled_millis: self.sums.stalled_millis.saturating_add(goes_on), ..self.sums }
    }

    fn begin(&mut self, now: f64) {
        if let Some(wanted) = self.wanted.take() {
            self.sums.first_picture_millis = Some(millis(now - wanted));
        }
        self.has_begun = true;
    }

    /// The end of a stall, where there is one.
    fn flow(&mut self, now: f64) {
        self.sums = self.so_far(now);
        self.stalled = None;
    }

    fn fail(&mut self, error: PlayerError) {
        let error = match error {
            // Another session follows, of which the viewer sees nothing.
            PlayerError::Refused => return,
            PlayerError::Network => PlayError::Network,
            PlayerError::Decode => PlayError::Decode,
            PlayerError::Unsupported => PlayError::Unsupported,
        };
        if self.failing.replace(error) != Some(error) {
            self.sums.errors += 1;
            self.sums.error = Some(error);
        }
    }

    /// Another session has the film from here on. Of a stall that goes on it is told how long it takes, and no other stall.
    fn renew(&mut self, now: f64) {
        let (told, sums) = (self.told, self.so_far(now));
        self.stalled = self.stalled.map(|_| now);
        let errors = sums.errors.saturating_sub(told.errors);
        self.sums = PlayQuality {
            first_picture_millis: sums.first_picture_millis.filter(|_| told.first_picture_millis.is_none()),
            stalls: sums.stalls.saturating_sub(told.stalls),
            stalled_millis: sums.stalled_millis.saturating_sub(told.stalled_millis),
            errors,
            error: sums.error.filter(|_| errors > 0),
        };
        self.told = PlayQuality::default();
    }
}

/// What is no time, or longer than one waits, is cut.
fn millis(milliseconds: f64) -> u32 {
    // Within the bounds of the type: NaN becomes 0.
    milliseconds.clamp(0.0, LONGEST) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(meter: &mut Meter, script: &[(f64, Event)]) -> PlayQuality {
        script.iter().for_each(|(now, event)| meter.note(event, *now));
        meter.tell(script.last().map_or(0.0, |(now, _)| *now))
    }

    /// One that showed its first picture after 700 ms.
    fn playing() -> Meter {
        let mut meter = Meter::wanted(100.0);
        let told = after(&mut meter, &[(300.0, Event::Played), (400.0, Event::Waited), (800.0, Event::Flowed)]);
        assert_eq!(told, PlayQuality { first_picture_millis: Some(700), ..PlayQuality::default() });
        meter
    }

    #[test]
    fn the_wait_for_the_first_picture_is_measured_from_the_press_and_is_no_stall() {
        let mut meter = playing();
        let told = after(&mut meter, &[(900.0, Event::Flowed), (5_000.0, Event::Played), (5_100.0, Event::Flowed)]);
        assert_eq!((told.first_picture_millis, told.stalls), (Some(700), 0), "a pause shows no first picture");
    }

    #[test]
    fn where_the_browser_wants_a_press_first_the_wait_begins_with_it() {
        let mut meter = Meter::wanted(100.0);
        let script = [(400.0, Event::Blocked), (60_000.0, Event::Played), (60_250.0, Event::Flowed)];
        assert_eq!(after(&mut meter, &script).first_picture_millis, Some(250));
    }

    #[test]
    fn stalls_are_counted_and_added_up_and_one_that_goes_on_is_told_as_far_as_it_went() {
        let mut meter = playing();
        let told = after(&mut meter, &[(10_000.0, Event::Waited), (10_100.0, Event::Waited), (12_000.0, Event::HeartbeatDue)]);
        assert_eq!((told.stalls, told.stalled_millis), (1, 2_000));
        let told = after(&mut meter, &[(13_000.0, Event::Flowed), (14_000.0, Event::Waited), (14_500.0, Event::Paused)]);
        assert_eq!((told.stalls, told.stalled_millis), (2, 3_500), "a pause ends it");
        assert_eq!(after(&mut meter, &[(90_000.0, Event::HeartbeatDue)]).stalled_millis, 3_500);
        let told = after(&mut meter, &[(91_000.0, Event::Waited), (5_000_000.0, Event::Left { closing: true })]);
        assert_eq!((told.stalls, told.stalled_millis), (3, 603_500), "a closed lid is no wait of hours");
    }

    #[test]
    fn a_wait_that_follows_a_jump_is_no_stall_and_a_jump_ends_one() {
        let mut meter = playing();
        let script = [
            (10_000.0, Event::Seeking),
            (10_100.0, Event::Waited),
            (12_000.0, Event::Seeked),
            (12_100.0, Event::Flowed),
            (20_000.0, Event::Waited),
            (20_400.0, Event::Seeking),
            (25_000.0, Event::Seeked),
        ];
        let told = after(&mut meter, &script);
        assert_eq!((told.stalls, told.stalled_millis), (1, 400));
    }

    #[test]
    fn an_error_that_is_tried_again_counts_once_until_the_film_goes_on_and_a_session_that_is_renewed_is_none() {
        let mut meter = playing();
        let network = || Event::Failed(PlayerError::Network);
        let told = after(&mut meter, &[(1.0, network()), (2.0, network()), (3.0, Event::Failed(PlayerError::Refused))]);
        assert_eq!((told.errors, told.error), (1, Some(PlayError::Network)));
        let script = [(4.0, Event::Flowed), (5.0, network()), (6.0, Event::Failed(PlayerError::Decode))];
        let told = after(&mut meter, &script);
        assert_eq!((told.errors, told.error), (3, Some(PlayError::Decode)));
    }

    #[test]
    fn a_session_that_takes_the_place_of_another_begins_with_what_was_not_told_yet() {
        let mut meter = playing();
        after(&mut meter, &[(10_000.0, Event::Waited), (11_000.0, Event::Flowed)]);
        // Untold: half a second, and an error.
        meter.note(&Event::Waited, 20_000.0);
        meter.note(&Event::Failed(PlayerError::Network), 20_100.0);
        meter.note(&Event::Flowed, 20_500.0);
        let told = after(&mut meter, &[(21_000.0, Event::Renewed)]);
        let rest =
            PlayQuality { stalls: 1, stalled_millis: 500, errors: 1, error: Some(PlayError::Network), ..Default::default() };
        assert_eq!(told, rest);
        let told = after(&mut meter, &[(22_000.0, Event::Renewed)]);
        assert_eq!(told, PlayQuality::default(), "all of it was told");
        let told = after(&mut meter, &[(30_000.0, Event::Waited), (31_000.0, Event::HeartbeatDue)]);
        assert_eq!((told.stalls, told.stalled_millis), (1, 1_000));
        let told = after(&mut meter, &[(33_000.0, Event::Renewed), (34_000.0, Event::Flowed)]);
        assert_eq!((told.stalls, told.stalled_millis), (0, 3_000), "one stall of four seconds");
    }

    #[test]
    fn a_film_that_never_moved_tells_no_first_picture() {
        let mut meter = Meter::wanted(0.0);
        let told = after(&mut meter, &[(100.0, Event::Played), (90_000.0, Event::Left { closing: false })]);
        assert_eq!(told, PlayQuality::default());
    }
}
