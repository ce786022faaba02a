//! What a handler tells the browser's session: sign in, sign out, look again.
//!
//! A handler knows no headers, and the gateway knows no passwords: the handler says what shall become of the session, and the
//! gateway sets the cookies as the response goes out. Must never be logged: it holds tokens.

use std::sync::{Arc, Mutex, PoisonError};

use crate::session::Tokens;

/// What becomes of the browser's session.
#[derive(Clone)]
pub enum SessionEffect {
    /// It is signed in with these from now on.
    Establish(Tokens),
    /// It is signed out from now on.
    Clear,
    /// It carries what it carried; what that stands for is something else now.
    Refresh,
}

/// One request's. Cheap to clone; the last effect counts.
#[derive(Clone, Default)]
pub struct SessionEffects(Arc<Mutex<Option<SessionEffect>>>);

impl SessionEffects {
    pub fn establish(&self, tokens: Tokens) {
        self.set(SessionEffect::Establish(tokens));
    }

    pub fn clear(&self) {
        self.set(SessionEffect::Clear);
    }

    pub fn refresh(&self) {
        self.set(SessionEffect::Refresh);
    }

    /// The last effect, once.
    pub fn take(&self) -> Option<SessionEffect> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn set(&self, effect: SessionEffect) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(effect);
    }
}
