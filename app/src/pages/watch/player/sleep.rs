//! The sleep timer: pauses the film after a while, or lets nothing follow it. Pure; who asks says what time it is.
//!
//! It is set for whoever watches, not for one film: the next film of the queue goes on with it.

/// Milliseconds before it is due that the viewer is told.
const NOTED_BEFORE: f64 = 30_000.0;

/// How it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum SleepTimer {
    #[default]
    Off,
    At {
        /// Milliseconds since 1970.
        due: f64,
        /// As it was chosen.
        minutes: u16,
    },
    EndOfFilm,
    /// It paused the film: nothing goes on by itself until the viewer plays.
    Elapsed,
}

impl SleepTimer {
    /// One that is due after so many minutes.
    pub fn after(minutes: u16, now: f64) -> Self {
        Self::At { due: now + f64::from(minutes) * 60_000.0, minutes }
    }

    /// Time passed; whether the film is to be paused.
    pub fn tick(&mut self, now: f64) -> bool {
        let is_due = self.milliseconds_left(now).is_some_and(|left| left <= 0.0);
        if is_due {
            *self = Self::Elapsed;
        }
        is_due
    }

    /// A film came to its end; whether it was to be the last.
    pub fn film_ended(&mut self) -> bool {
        let was_last = *self == Self::EndOfFilm;
        if was_last {
            *self = Self::Elapsed;
        }
        was_last
    }

    /// The viewer is awake.
    pub fn played(&mut self) {
        if *self == Self::Elapsed {
            *self = Self::Off;
        }
    }

    /// Whether the viewer is to be told now that the film is about to pause.
    pub fn is_near(self, now: f64) -> bool {
        self.milliseconds_left(now).is_some_and(|left| left <= NOTED_BEFORE)
    }

    /// How it stands, in words; nothing where it is off.
    pub fn words(self, now: f64) -> Option<String> {
        match self {
            Self::Off | Self::Elapsed => None,
            Self::EndOfFilm => Some("Nothing plays after this film".to_owned()),
            Self::At { .. } => {
                let minutes = self.milliseconds_left(now).map_or(0.0, |left| (left / 60_000.0).ceil().max(0.0));
                Some(if minutes <= 1.0 {
                    "Pauses in less than a minute".to_owned()
                } else {
                    format!("Pauses in {minutes:.0} min")
                })
            }
        }
    }

    fn milliseconds_left(self, now: f64) -> Option<f64> {
        match self {
            // A clock that was set back makes no night longer than was asked for.
            Self::At { due, minutes } => Some((due - now).min(f64::from(minutes) * 60_000.0)),
            Self::Off | Self::EndOfFilm | Self::Elapsed => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: f64 = 60_000.0;

    #[test]
    fn the_film_is_paused_once_when_the_time_is_over_and_half_a_minute_before_it_is_said() {
        let mut timer = SleepTimer::after(15, 1_000.0);
        assert!(!timer.tick(1_000.0 + 14.4 * MINUTE) && !timer.is_near(1_000.0 + 14.4 * MINUTE));
        assert!(timer.is_near(1_000.0 + 14.5 * MINUTE) && !timer.tick(1_000.0 + 14.99 * MINUTE));
        assert!(timer.tick(1_000.0 + 15.0 * MINUTE), "it is due");
        assert_eq!(timer, SleepTimer::Elapsed);
        assert!(!timer.tick(1_000.0 + 16.0 * MINUTE), "once");
        timer.played();
        assert_eq!(timer, SleepTimer::Off);
    }

    #[test]
    fn a_lid_that_was_closed_for_hours_only_makes_it_due() {
        let mut timer = SleepTimer::after(30, 0.0);
        assert!(timer.tick(600.0 * MINUTE));
    }

    #[test]
    fn the_end_of_the_film_is_an_end_only_where_that_was_chosen() {
        let mut timer = SleepTimer::EndOfFilm;
        assert!(!timer.tick(f64::MAX) && !timer.is_near(f64::MAX), "no clock ends it");
        assert!(timer.film_ended());
        assert_eq!(timer, SleepTimer::Elapsed);
        let mut timed = SleepTimer::after(45, 0.0);
        assert!(!timed.film_ended(), "the next film goes on with it");
        assert_eq!(timed, SleepTimer::after(45, 0.0));
        assert!(!SleepTimer::Off.film_ended());
    }

    #[test]
    fn playing_on_leaves_a_timer_that_still_runs() {
        for mut timer in [SleepTimer::after(15, 0.0), SleepTimer::EndOfFilm, SleepTimer::Off] {
            let before = timer;
            timer.played();
            assert_eq!(timer, before);
        }
    }

    #[test]
    fn the_menu_says_how_long_it_is() {
        let timer = SleepTimer::after(15, 0.0);
        assert_eq!(timer.words(0.0).as_deref(), Some("Pauses in 15 min"));
        assert_eq!(timer.words(13.2 * MINUTE).as_deref(), Some("Pauses in 2 min"));
        assert_eq!(timer.words(14.2 * MINUTE).as_deref(), Some("Pauses in less than a minute"));
        assert_eq!(timer.words(-99.0 * MINUTE).as_deref(), Some("Pauses in 15 min"), "a clock was set back");
        assert_eq!(SleepTimer::EndOfFilm.words(0.0).as_deref(), Some("Nothing plays after this film"));
        assert_eq!((SleepTimer::Off.words(0.0), SleepTimer::Elapsed.words(0.0)), (None, None));
    }
}
