//! When to follow, from where, and what to make of what is told: pure.
//!
//! One tab of a browser follows for all of them and passes on what it is told; where it closes, another goes on from the last
//! event that was passed on. A connection that is silent for longer than three heartbeats is dead. Must never try again without
//! a pause, nor all browsers at the same moment.

use contract::events::Event;

use crate::store::{backoff, update::OWN_CHANGE_MILLISECONDS};

/// A server says every 15 seconds that it lives.
const SILENCE: u32 = 45_000;
/// The most that is added to a pause, in milliseconds: browsers that lost the same server come back one after the other.
const JITTER: f64 = 2_000.0;
/// Until another viewer is followed, in milliseconds: by then a page that is that change's own doing is gone, or knows.
const OWN_CHANGE: u32 = OWN_CHANGE_MILLISECONDS + 1_000;
/// After so many tries in a row the server is asked every five minutes.
const OFTEN: u32 = 8;
const SELDOM: u32 = 300_000;

/// What happens to it.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// This tab is the one that follows from now on.
    Chosen,
    /// It is no more: it is put away by the browser.
    PutAway,
    /// The server told something.
    Told { event: Event, id: String },
    /// Another tab passed this on.
    Heard { event: Event, id: String },
    /// The connection broke, or could not be made. `chance` is from 0 to 1.
    Failed { chance: f64 },
    /// A pause is over, or nothing was told for too long.
    Waited { chance: f64 },
    /// The network is back.
    Online,
    /// The page is looked at again.
    Woken,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Follow from behind this event.
    Connect {
        after: Option<String>,
    },
    Disconnect,
    /// Say [`Input::Waited`] after so many milliseconds, and no earlier word of that any more.
    Wait {
        milliseconds: u32,
    },
    /// Tell the other tabs.
    Pass {
        event: Event,
        id: String,
    },
    /// Something is other than this page knows.
    Apply(Event),
}

/// One tab's part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Machine {
    /// Whether this tab follows.
    is_chosen: bool,
    is_connected: bool,
    /// Whether what the page knows is of before anything was told.
    is_behind: bool,
    last: Option<String>,
    failures: u32,
}

impl Machine {
    /// Of a page that asked for what it shows before it began to follow.
    pub fn new() -> Self {
        Self { is_behind: true, ..Self::default() }
    }

    pub fn update(&mut self, input: Input) -> Vec<Output> {
        match input {
            Input::Chosen => {
                self.is_chosen = true;
                self.connect()
            }
            Input::PutAway => {
                let was_connected = self.is_connected;
                (self.is_chosen, self.is_connected, self.is_behind) = (false, false, true);
                if was_connected { vec![Output::Disconnect] } else { Vec::new() }
            }
            Input::Told { event, id } => self.told(event, id),
            Input::Heard { event, id } => {
                self.last = Some(id);
                self.applied(event)
            }
            Input::Failed { chance } if self.is_chosen => self.wait_longer(chance),
            Input::Waited { chance } if self.is_chosen && self.is_connected => self.wait_longer(chance),
            Input::Waited { .. } if self.is_chosen => self.connect(),
            Input::Online => self.online(),
            Input::Woken if self.is_chosen && !self.is_connected => {
                self.failures = 0;
                self.connect()
            }
            Input::Failed { .. } | Input::Waited { .. } | Input::Woken => Vec::new(),
        }
    }

    fn connect(&mut self) -> Vec<Output> {
        self.is_connected = true;
        vec![Output::Connect { after: self.last.clone() }, Output::Wait { milliseconds: SILENCE }]
    }

    /// A connection from before may be dead without knowing it; and what was told meanwhile could not be followed by a question.
    fn online(&mut self) -> Vec<Output> {
        self.failures = 0;
        let anew = if self.is_chosen { self.connect() } else { Vec::new() };
        anew.into_iter().chain([Output::Apply(Event::Resync)]).collect()
    }

    fn told(&mut self, event: Event, id: String) -> Vec<Output> {
        self.failures = 0;
        self.last = Some(id.clone());
        let mut outputs = vec![Output::Pass { event: event.clone(), id }];
        match event {
            // The last of their stream: the next one is asked for like after a failure, and soon.
            Event::Stopping | Event::ViewerChanged => {
                self.is_connected = false;
                let milliseconds = if event == Event::ViewerChanged { OWN_CHANGE } else { backoff::pause(0) };
                outputs.extend([Output::Disconnect, Output::Wait { milliseconds }]);
            }
            Event::Begun
            | Event::Resync
            | Event::Heartbeat
            | Event::Listed { .. }
            | Event::Favourite { .. }
            | Event::ListChanged { .. }
            | Event::SettingsChanged { .. }
            | Event::Watched { .. }
            | Event::Rated { .. }
            | Event::Unwanted { .. }
            | Event::RecommendationsChanged
            | Event::PlayingChanged
            | Event::Progress { .. } => outputs.push(Output::Wait { milliseconds: SILENCE }),
        }
        outputs.extend(self.applied(event));
        outputs
    }

    /// What the page has to know of it. With the first word, whatever changed since the page was asked for. That a stream begins says
    /// that the server answers, also to the tabs that do not follow: what failed while it was away is asked for again.
    fn applied(&mut self, event: Event) -> Vec<Output> {
        let was_behind = std::mem::take(&mut self.is_behind);
        let resync = was_behind.then_some(Output::Apply(Event::Resync));
        let event = match event {
            Event::Heartbeat | Event::Stopping => None,
            Event::Resync if was_behind => None,
            event => Some(Output::Apply(event)),
        };
        resync.into_iter().chain(event).collect()
    }

    fn wait_longer(&mut self, chance: f64) -> Vec<Output> {
        self.is_connected = false;
        let pause = if self.failures < OFTEN { backoff::pause(self.failures) } else { SELDOM };
        self.failures = self.failures.saturating_add(1);
        let milliseconds = pause + (JITTER * chance.clamp(0.0, 1.0)) as u32;
        vec![Output::Disconnect, Output::Wait { milliseconds }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn favourite() -> Event {
        Event::Favourite { id: "heat".parse().unwrap(), is_on: true }
    }

    fn told(event: Event, id: &str) -> Input {
        Input::Told { event, id: id.into() }
    }

    fn pass(event: Event, id: &str) -> Output {
        Output::Pass { event, id: id.into() }
    }

    const SILENT: Output = Output::Wait { milliseconds: SILENCE };

    /// One that follows and has been told something.
    fn following() -> Machine {
        let mut machine = Machine::new();
        machine.update(Input::Chosen);
        machine.update(told(Event::Begun, "1"));
        machine
    }

    #[test]
    fn the_tab_that_is_chosen_follows_and_passes_on_and_with_the_first_word_asks_what_it_missed() {
        let mut machine = Machine::new();
        assert_eq!(machine.update(Input::Woken), []);
        assert_eq!(machine.update(Input::Chosen), [Output::Connect { after: None }, SILENT]);
        let first = machine.update(told(Event::Begun, "1"));
        assert_eq!(first, [pass(Event::Begun, "1"), SILENT, Output::Apply(Event::Resync), Output::Apply(Event::Begun)]);
        let second = machine.update(told(favourite(), "2"));
        assert_eq!(second, [pass(favourite(), "2"), SILENT, Output::Apply(favourite())]);
        assert_eq!(machine.update(told(Event::Heartbeat, "3")), [pass(Event::Heartbeat, "3"), SILENT]);
    }

    #[test]
    fn another_tab_goes_on_from_what_it_heard_last() {
        let mut machine = Machine::new();
        let heard = |event| Input::Heard { event, id: "7".into() };
        let first = machine.update(heard(favourite()));
        assert_eq!(first, [Output::Apply(Event::Resync), Output::Apply(favourite())]);
        assert_eq!(machine.update(heard(Event::Heartbeat)), []);
        assert_eq!(machine.update(Input::Failed { chance: 0.0 }), [], "it has no connection that could");
        assert_eq!(machine.update(Input::Chosen), [Output::Connect { after: Some("7".into()) }, SILENT]);
        let begun = machine.update(told(Event::Begun, "7"));
        assert_eq!(begun, [pass(Event::Begun, "7"), SILENT, Output::Apply(Event::Begun)], "nothing was missed");
    }

    #[test]
    fn what_breaks_or_is_silent_is_begun_again_from_the_last_event_after_pauses_that_grow() {
        let mut machine = following();
        let pauses: Vec<u32> = (0..10)
            .map(|tries| {
                // The first by a silence, the others by failures.
                let outputs = if tries == 0 {
                    machine.update(Input::Waited { chance: 0.5 })
                } else {
                    machine.update(Input::Failed { chance: 0.5 })
                };
                let [Output::Disconnect, Output::Wait { milliseconds }] = outputs.as_slice() else { panic!("{outputs:?}") };
                let pause = *milliseconds;
                let next = machine.update(Input::Waited { chance: 0.5 });
                assert_eq!(next, [Output::Connect { after: Some("1".into()) }, SILENT]);
                pause
            })
            .collect();
        assert_eq!(pauses, [2_000, 3_000, 5_000, 9_000, 17_000, 17_000, 17_000, 17_000, 301_000, 301_000]);
        machine.update(told(Event::Begun, "2"));
        assert_eq!(machine.update(Input::Failed { chance: 0.0 })[1], Output::Wait { milliseconds: 1_000 });
    }

    #[test]
    fn a_network_that_is_back_is_followed_over_at_once_and_everything_is_asked_for_again() {
        let mut machine = following();
        let anew = [Output::Connect { after: Some("1".into()) }, SILENT, Output::Apply(Event::Resync)];
        assert_eq!(machine.update(Input::Online), anew, "what is connected may be dead");
        machine.update(Input::Failed { chance: 0.0 });
        assert_eq!(machine.update(Input::Online), anew);
        assert_eq!(Machine::new().update(Input::Online), [Output::Apply(Event::Resync)], "where another tab follows");
    }

    #[test]
    fn whoever_looks_again_does_not_wait_for_the_pause() {
        let mut machine = following();
        assert_eq!(machine.update(Input::Woken), [], "it is connected");
        machine.update(Input::Failed { chance: 1.0 });
        assert_eq!(machine.update(Input::Woken), [Output::Connect { after: Some("1".into()) }, SILENT]);
    }

    #[test]
    fn a_server_that_stops_or_another_viewer_is_followed_anew_soon() {
        for (event, applied, milliseconds) in [(Event::Stopping, 0, 1_000), (Event::ViewerChanged, 1, OWN_CHANGE)] {
            let mut machine = following();
            let outputs = machine.update(told(event.clone(), "2"));
            let soon = Output::Wait { milliseconds };
            assert_eq!(outputs[..3], [pass(event, "2"), Output::Disconnect, soon]);
            assert_eq!(outputs.len() - 3, applied);
            assert_eq!(machine.update(Input::Waited { chance: 0.0 })[0], Output::Connect { after: Some("2".into()) });
        }
    }

    #[test]
    fn a_page_that_was_put_away_follows_no_more_and_asks_what_it_missed_when_it_is_back() {
        let mut machine = following();
        assert_eq!(machine.update(Input::PutAway), [Output::Disconnect]);
        assert_eq!(machine.update(Input::Waited { chance: 0.0 }), []);
        assert_eq!(machine.update(Input::Chosen), [Output::Connect { after: Some("1".into()) }, SILENT]);
        let first = machine.update(told(favourite(), "2"));
        assert_eq!(first[2..], [Output::Apply(Event::Resync), Output::Apply(favourite())]);
    }
}
