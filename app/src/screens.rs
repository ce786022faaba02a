//! The table of screens: what is so of each, whatever is on it.
//!
//! A new screen is a line here, an address in `route.rs`, a chunk in `pages/chunks.rs`, and what it asks for in
//! `store/update/route.rs`.

use crate::route::Route;

/// What is so of a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Its code and styles are apart from what a first visit to the home page loads.
    pub is_lazy: bool,
    /// A picture may reach up under the bar.
    pub has_picture: bool,
    /// Its address says what a list on it is limited to: where that alone changes, the focus stays.
    pub is_narrowed: bool,
    /// Who signed in, or chose who is watching, on the way to it goes on to it.
    pub is_come_back_to: bool,
}

/// A page like most.
const PAGE: Screen = Screen { is_lazy: true, has_picture: false, is_narrowed: false, is_come_back_to: true };

impl Route {
    pub const fn screen(&self) -> Screen {
        match self {
            Self::Home => Screen { is_lazy: false, has_picture: true, is_come_back_to: false, ..PAGE },
            Self::Browse { .. } | Self::Search { .. } | Self::MyList { .. } => Screen { is_narrowed: true, ..PAGE },
            Self::Title { .. } => Screen { has_picture: true, ..PAGE },
            Self::Watch { .. } | Self::Settings | Self::Account | Self::Operator(_) => PAGE,
            Self::SignIn { .. } | Self::Profiles { .. } => Screen { is_come_back_to: false, ..PAGE },
            Self::NotFound => Screen { is_lazy: false, is_come_back_to: false, ..PAGE },
        }
    }
}
