//! Reusable parts of the screen: one folder each, the view beside its scoped style.
//!
//! A part reads the narrowest field of the store that it needs, dispatches actions, and nothing else. Its first
//! render must be the same on the server and in the browser: what only a browser knows comes in effects.

pub mod avatar;
pub mod bar;
pub mod button;
pub mod card;
pub mod card_actions;
pub mod charts;
pub mod chips;
pub mod confirm;
pub mod continue_here;
pub mod continue_watching;
pub mod dialog;
pub mod dom;
pub mod empty;
pub mod facts;
pub mod failure;
pub mod frame;
pub mod hero;
pub mod hits;
pub mod icon;
pub mod list_names;
pub mod load_failure;
pub mod marks;
pub mod money;
pub mod months;
pub mod own_rows;
pub mod passing;
pub mod preparation;
pub mod profile_menu;
pub mod reactive;
pub mod row;
pub mod select_field;
pub mod skeleton;
pub mod stars;
pub mod text_field;
pub mod time;
pub mod toasts;
pub mod words;

use leptos::prelude::*;
use reactive_stores::Store;

use crate::store::{Action, AppStore, State};

/// What a part needs of the store: the state to read from and the way to say that something happened.
pub fn use_store() -> (Store<State>, Callback<Action>) {
    let store = expect_context::<AppStore>();
    let state = store.state;
    (state, Callback::new(move |action| store.dispatch(action)))
}
