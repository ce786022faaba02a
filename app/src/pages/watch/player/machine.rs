//! How the player goes on, whatever happens to it: pure, a test is a script of events.
//!
//! What the viewer sees many times a second is in [`Live`](super::live::Live); what is here decides when the server is told, when
//! a session is renewed, and what is tried before the viewer is bothered. Must never give up while trying again may help.

use contract::playback::PlayState;

use super::errors::PlayerError;
use crate::store::backoff;

/// Times that decoding is begun anew before the viewer is told.
const MAX_RECOVERIES: u8 = 2;
/// Seconds that the film plays on after a recovery until it counts no more.
const RECOVERED: f64 = 10.0;
/// Tries that fail before the viewer is told; they go on. As many come soon after each other: a server that is started anew is
/// back in some seconds, and somebody waits.
const SILENT_RETRIES: u32 = 8;

/// What the player remembers of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlayerState {
    /// Seconds.
    position: f64,
    /// It is asked to play, whether or not it moves.
    is_playing: bool,
    has_ended: bool,
    recoveries: u8,
    recovered_at: f64,
    retries: u32,
    /// The server is asked for another session.
    is_renewing: bool,
    error: Option<PlayerError>,
}

/// What happens to it.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Played,
    Paused,
    /// The browser lets it play once the viewer presses a button.
    Blocked,
    Ended,
    /// It goes to another place.
    Seeking,
    Seeked,
    /// It stands still for want of data.
    Waited,
    Moved {
        position: f64,
    },
    /// The film moves again after it waited.
    Flowed,
    HeartbeatDue,
    /// The engine cannot go on by itself.
    Failed(PlayerError),
    RetryDue,
    CameOnline,
    /// The viewer pressed "Try again".
    RetryWanted,
    /// Another session of the film is there.
    Renewed,
    /// The player goes; `closing` where the whole page does.
    Left {
        closing: bool,
    },
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// The server is told where the film is.
    Tell {
        position: f64,
        state: PlayState,
    },
    Leave {
        position: f64,
        state: PlayState,
        closing: bool,
    },
    /// Another session is asked for, unless the server says why this one is over.
    LoseSession {
        position: f64,
        state: PlayState,
    },
    /// The engine takes the session that came, here, and goes on playing or not.
    Adopt {
        position: f64,
        is_playing: bool,
    },
    /// The engine decodes anew.
    Recover,
    /// The engine loads on.
    Reload,
    RetryAfter {
        milliseconds: u32,
    },
    /// Nothing takes the words away.
    Show(Option<PlayerError>),
}

/// The next state, in place, and what is to be done.
pub fn update(state: &mut PlayerState, event: Event) -> Vec<Command> {
    match event {
        Event::Played => {
            (state.is_playing, state.has_ended) = (true, false);
            Vec::new()
        }
        // How it plays, which is measured beside (`quality.rs`), changes nothing of what is done.
        Event::Blocked | Event::Seeking | Event::Waited => Vec::new(),
        Event::Paused => {
            state.is_playing = false;
            vec![state.tell()]
        }
        Event::Ended => {
            state.has_ended = true;
            vec![state.tell()]
        }
        Event::Seeked => {
            state.has_ended = false;
            vec![state.tell()]
        }
        Event::Moved { position } => {
            state.position = position;
            if state.recoveries > 0 && position > state.recovered_at + RECOVERED {
                state.recoveries = 0;
            }
            Vec::new()
        }
        Event::Flowed => {
            state.retries = 0;
            state.show(None)
        }
        // Also while it is paused: the session is kept, and the place among the account's streams.
        Event::HeartbeatDue => vec![state.tell()],
        Event::Failed(error) => state.failed(error),
        Event::RetryDue => state.reload(),
        Event::CameOnline if state.retries > 0 => state.reload(),
        Event::CameOnline => Vec::new(),
        Event::RetryWanted => {
            state.retries = 0;
            state.recoveries = 0;
            let mut commands = state.show(None);
            commands.push(Command::Reload);
            commands
        }
        Event::Renewed => {
            (state.is_renewing, state.retries) = (false, 0);
            let mut commands = state.show(None);
            commands.push(Command::Adopt { position: state.position, is_playing: state.is_playing });
            commands
        }
        Event::Left { closing } => vec![Command::Leave { position: state.position, state: state.play_state(), closing }],
    }
}

impl PlayerState {
    /// Of a film that begins there.
    pub fn at(position: f64) -> Self {
        Self { position, ..Self::default() }
    }

    const fn play_state(&self) -> PlayState {
        match (self.has_ended, self.is_playing) {
            (true, _) => PlayState::Ended,
            (false, true) => PlayState::Playing,
            (false, false) => PlayState::Paused,
        }
    }

    const fn tell(&self) -> Command {
        Command::Tell { position: self.position, state: self.play_state() }
    }

    fn failed(&mut self, error: PlayerError) -> Vec<Command> {
        match error {
            // The film plays on from what is there while another session is on its way.
            PlayerError::Refused if self.is_renewing => Vec::new(),
            PlayerError::Refused => {
                self.is_renewing = true;
                vec![Command::LoseSession { position: self.position, state: self.play_state() }]
            }
            PlayerError::Network => self.retry_later(),
            PlayerError::Decode if self.recoveries < MAX_RECOVERIES => {
                self.recoveries += 1;
                self.recovered_at = self.position;
                vec![Command::Recover]
            }
            PlayerError::Decode | PlayerError::Unsupported => self.show(Some(error)),
        }
    }

    fn retry_later(&mut self) -> Vec<Command> {
        let milliseconds = backoff::pause(self.retries.saturating_sub(SILENT_RETRIES));
        self.retries += 1;
        let mut commands = if self.retries > SILENT_RETRIES { self.show(Some(PlayerError::Network)) } else { Vec::new() };
        commands.push(Command::RetryAfter { milliseconds });
        commands
    }

    /// Nothing is loaded of a session that is about to go.
    fn reload(&self) -> Vec<Command> {
        if self.is_renewing { Vec::new() } else { vec![Command::Reload] }
    }

    fn show(&mut self, error: Option<PlayerError>) -> Vec<Command> {
        if self.error == error {
            return Vec::new();
        }
        self.error = error;
        vec![Command::Show(error)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn playing(position: f64) -> PlayerState {
        let mut state = PlayerState::at(0.0);
        update(&mut state, Event::Played);
        update(&mut state, Event::Moved { position });
        state
    }

    #[test]
    fn heartbeats_go_on_while_a_film_is_paused_and_pauses_seeks_and_ends_are_told_at_once() {
        let mut state = playing(20.0);
        let tells = |position, state| [Command::Tell { position, state }];
        assert_eq!(update(&mut state, Event::HeartbeatDue), tells(20.0, PlayState::Playing));
        assert_eq!(update(&mut state, Event::Paused), tells(20.0, PlayState::Paused));
        assert_eq!(update(&mut state, Event::HeartbeatDue), tells(20.0, PlayState::Paused));
        update(&mut state, Event::Moved { position: 50.0 });
        assert_eq!(update(&mut state, Event::Seeked), tells(50.0, PlayState::Paused));
        assert_eq!(update(&mut state, Event::Ended), tells(50.0, PlayState::Ended));
        update(&mut state, Event::Moved { position: 3.0 });
        assert_eq!(update(&mut state, Event::Seeked), tells(3.0, PlayState::Paused), "from the beginning again");
        let left = update(&mut state, Event::Left { closing: true });
        assert_eq!(left, [Command::Leave { position: 3.0, state: PlayState::Paused, closing: true }]);
    }

    #[test]
    fn a_refused_part_asks_for_one_session_and_says_nothing_and_the_film_goes_on_where_it_was() {
        let mut state = playing(20.0);
        let lost = |position, state| [Command::LoseSession { position, state }];
        assert_eq!(update(&mut state, Event::Failed(PlayerError::Refused)), lost(20.0, PlayState::Playing));
        assert_eq!(update(&mut state, Event::Failed(PlayerError::Refused)), [], "of the sound, too");
        update(&mut state, Event::Moved { position: 25.0 });
        assert_eq!(update(&mut state, Event::CameOnline), []);
        assert_eq!(update(&mut state, Event::Renewed), [Command::Adopt { position: 25.0, is_playing: true }]);
        update(&mut state, Event::Paused);
        assert_eq!(update(&mut state, Event::Failed(PlayerError::Refused)), lost(25.0, PlayState::Paused), "hours later");
        assert_eq!(update(&mut state, Event::Renewed), [Command::Adopt { position: 25.0, is_playing: false }]);
    }

    #[test]
    fn what_does_not_load_is_tried_again_soon_then_with_pauses_that_double_and_at_once_when_the_network_is_back() {
        let mut state = playing(20.0);
        let mut pauses = Vec::new();
        for _ in 0..SILENT_RETRIES + 6 {
            for command in update(&mut state, Event::Failed(PlayerError::Network)) {
                match command {
                    Command::RetryAfter { milliseconds } => pauses.push(milliseconds),
                    shown => assert_eq!(shown, Command::Show(Some(PlayerError::Network))),
                }
            }
            assert_eq!(update(&mut state, Event::RetryDue), [Command::Reload]);
        }
        let (soon, later) = pauses.split_at(SILENT_RETRIES as usize);
        assert!(soon.iter().all(|pause| *pause == 1_000), "{pauses:?}");
        assert_eq!(later, [1_000, 2_000, 4_000, 8_000, 16_000, 16_000]);
        assert_eq!(state.error, Some(PlayerError::Network), "it was said");
        assert_eq!(update(&mut state, Event::CameOnline), [Command::Reload]);
        assert_eq!(update(&mut state, Event::Flowed), [Command::Show(None)]);
        assert_eq!(update(&mut state, Event::CameOnline), [], "nothing waits");
        assert_eq!(update(&mut state, Event::Failed(PlayerError::Network)), [Command::RetryAfter { milliseconds: 1_000 }]);
    }

    #[test]
    fn decoding_is_begun_anew_twice_and_then_said_and_recoveries_long_ago_do_not_count() {
        let mut state = playing(20.0);
        for _ in 0..2 {
            assert_eq!(update(&mut state, Event::Failed(PlayerError::Decode)), [Command::Recover]);
        }
        update(&mut state, Event::Moved { position: 29.0 });
        let said = update(&mut state.clone(), Event::Failed(PlayerError::Decode));
        assert_eq!(said, [Command::Show(Some(PlayerError::Decode))]);
        update(&mut state, Event::Moved { position: 31.0 });
        assert_eq!(update(&mut state, Event::Failed(PlayerError::Decode)), [Command::Recover]);
    }

    #[test]
    fn trying_again_takes_the_words_away_and_loads() {
        let mut state = playing(20.0);
        update(&mut state, Event::Failed(PlayerError::Unsupported));
        assert_eq!(update(&mut state, Event::RetryWanted), [Command::Show(None), Command::Reload]);
    }
}
