//! Between a handler that signs somebody in or out and the gateway that sets the cookies.
//!
//! A handler knows no headers, and the gateway knows no passwords: one leaves word here, the other reads it when the
//! response goes out. Must never be logged: it holds tokens.

use std::sync::{Arc, Mutex, PoisonError};

use crate::session::Tokens;

/// One request's. Cheap to clone.
#[derive(Clone, Default)]
pub struct Door(Arc<Mutex<Option<Word>>>);

/// What the browser shall be told.
#[derive(Clone)]
pub enum Word {
    /// From now on it carries these.
    Enter(Tokens),
    /// From now on it carries none.
    Leave,
    /// It carries what it carried; what that stands for is something else now.
    Changed,
}

impl Door {
    /// The browser is signed in with these from now on.
    pub fn enter(&self, tokens: Tokens) {
        self.say(Word::Enter(tokens));
    }

    /// The browser is signed out from now on.
    pub fn leave(&self) {
        self.say(Word::Leave);
    }

    /// What the browser's session stands for is something else now.
    pub fn changed(&self) {
        self.say(Word::Changed);
    }

    /// The last word, once.
    pub fn take(&self) -> Option<Word> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn say(&self, word: Word) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(word);
    }
}
