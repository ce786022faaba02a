//! The home page without its viewer: rendered once for all whose pages differ in nothing but what is theirs.
//!
//! What else a page hangs on is its [`Shape`]. A page is rendered from its shape and its frame alone, with a mark where something of
//! the viewer belongs, so that nothing of a viewer can be in it; what is theirs is drawn for each ([`ViewerParts`]).

#[cfg(feature = "ssr")]
pub use rendering::{Shape, ViewerParts, ViewerState, WithoutViewer};

/// What of a home page is its viewer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// The button of the profile menu, with their face.
    ProfileMenu,
    /// The same at the foot of a phone's screen.
    PhoneProfileMenu,
    ContinueWatching,
    /// What is recommended to them.
    Rows,
    /// What the server answered, which the page carries.
    Answers,
}

#[cfg(feature = "ssr")]
mod rendering {
    use contract::device::DeviceClass;
    use leptos::prelude::*;

    use super::{
        super::kept::{Frame, mark},
        Own,
    };
    use crate::{
        head::Markup,
        parts::{
            bar::profile_button,
            continue_watching::{CONTINUE_WATCHING, ContinueWatching},
        },
        store::{
            State,
            hidden_rows::{HiddenRow, HiddenRows},
            state::{Preferences, Theme},
        },
    };

    /// In the context of a page that is rendered without its viewer.
    #[derive(Clone, Copy)]
    pub struct WithoutViewer;

    impl Own {
        const ALL: [Self; 5] = [Self::ProfileMenu, Self::PhoneProfileMenu, Self::ContinueWatching, Self::Rows, Self::Answers];

        const fn name(self) -> &'static str {
            match self {
                Self::ProfileMenu => "profile-menu",
                Self::PhoneProfileMenu => "phone-profile-menu",
                Self::ContinueWatching => "continue-watching",
                Self::Rows => "rows",
                Self::Answers => "answers",
            }
        }

        pub fn named(name: &str) -> Option<Self> {
            Self::ALL.into_iter().find(|part| part.name() == name)
        }

        pub fn mark(self) -> String {
            mark(self.name())
        }

        /// The mark that stands for it; nothing in a page that is rendered for its viewer.
        pub fn stand_in(self) -> Option<String> {
            use_context::<WithoutViewer>().map(|_| self.mark())
        }
    }

    /// What a page hangs on beside its frame and its viewer.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    pub struct Shape {
        class: DeviceClass,
        theme: Theme,
        /// The keys of rows that would stand there and are hidden.
        hidden: Vec<String>,
    }

    impl Frame {
        /// Nothing for a page that is another than most, and is rendered as a whole: something failed or is being made.
        pub fn shape(&self, state: &State) -> Option<Shape> {
            let State { device, home, preparation, preferences, notices, .. } = state;
            let home = home.ready().filter(|home| !home.hero.is_empty() || !home.rows.is_empty())?;
            let is_plain = preparation.is_empty() && notices.toasts.is_empty();
            if !is_plain || state.has_failed() || !self.is_part_of(state) {
                return None;
            }
            let keys = home.rows.iter().map(|row| row.key.as_str()).chain([CONTINUE_WATCHING]);
            let hidden = keys.filter(|key| preferences.hidden_rows.has(key)).map(str::to_owned).collect();
            Some(Shape { class: device.profile.class, theme: preferences.theme, hidden })
        }

        /// The state of a page of this shape that nobody looks at.
        pub fn state_of(&self, shape: &Shape) -> State {
            let mut state = self.begun.state.clone();
            state.device.profile.class = shape.class;
            let mut hidden_rows = HiddenRows::default();
            shape.hidden.iter().for_each(|key| hidden_rows.hide(HiddenRow { key: key.clone(), heading: String::new() }));
            state.preferences = Preferences { theme: shape.theme, hidden_rows, ..Preferences::default() };
            state
        }
    }

    /// What of a page's state is its viewer's.
    #[derive(Debug, PartialEq)]
    pub struct ViewerState(State);

    impl ViewerState {
        pub fn of(state: &State) -> Self {
            let State { watcher, continue_watching, mine, titles, .. } = state;
            let begun = continue_watching.ready().map(|begun| titles.of(begun)).unwrap_or_default();
            Self(State {
                watcher: watcher.clone(),
                continue_watching: continue_watching.clone(),
                mine: mine.clone(),
                titles: begun,
                ..State::default()
            })
        }
    }

    /// What is drawn for a viewer where the marks are.
    pub struct ViewerParts {
        pub profile_menu: String,
        pub phone_profile_menu: String,
        pub continue_watching: String,
    }

    impl ViewerParts {
        pub fn of(viewer: &ViewerState) -> Self {
            let drawn = |draw: &dyn Fn() -> AnyView| Markup::over(&viewer.0, draw).into_string();
            Self {
                profile_menu: drawn(&|| profile_button(false)),
                phone_profile_menu: drawn(&|| profile_button(true)),
                continue_watching: drawn(&|| view! { <ContinueWatching/> }.into_any()),
            }
        }
    }
}
