//! The state of a screen before it is rendered: as in a browser, without a screen.

use futures::stream::{FuturesUnordered, StreamExt};

use super::{left_to_the_browser, send};
use crate::{
    client::Client,
    store::{Action, Effect, Request, State, update},
};

/// A screen whose requests are not all answered: its state so far, and what it asks for.
#[derive(Clone)]
pub struct Preloading {
    pub state: State,
    effects: Vec<Effect>,
}

impl Preloading {
    /// Begins with what happens first.
    pub fn begin(mut state: State, first: Action) -> Self {
        let (effects, _) = update(&mut state, first);
        Self { state, effects }
    }

    /// Takes the answer to a request, whichever `is_answered`.
    #[must_use]
    pub fn answer(mut self, is_answered: impl Fn(&Request) -> bool, answer: Action) -> Self {
        self.effects.retain(|effect| !matches!(effect, Effect::Send(request) if is_answered(request)));
        self.effects.extend(update(&mut self.state, answer).0);
        self
    }
}

/// The state once every safe request is answered that a screen leads to. Timers, beacons and calls that change something are
/// left to the browser.
pub async fn preload(screen: Preloading, client: &Client) -> State {
    let mut asked = FuturesUnordered::new();
    let Preloading { mut state, mut effects } = screen;
    loop {
        for effect in effects {
            if let Effect::Send(request) = effect
                && request.is_safe()
            {
                asked.push(send(client, request));
            }
        }
        match asked.next().await {
            Some(action) => (effects, _) = update(&mut state, action),
            None => break,
        }
    }
    left_to_the_browser(&mut state);
    state
}
