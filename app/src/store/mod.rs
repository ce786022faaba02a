//! The central store: one state, one direction.
//!
//! A view dispatches an [`Action`]; [`update`] turns state and action into the next state and a list of
//! [`Effect`]s; [`run`] carries those out and dispatches what comes of them. Components read the narrowest
//! field they need, dispatch, and nothing else. Values that change many times a second stay out of here.
//!
//! What a first visit needs is in [`State`]; slices that only some pages need load with those pages, see [`lazy`].

pub mod accounts;
pub mod action;
pub mod backoff;
pub mod billing;
pub mod caption_style;
pub mod desk;
pub mod draft;
pub mod effect;
pub mod hidden_rows;
#[cfg(any(feature = "browser", test))]
pub mod in_flight;
pub mod lazy;
pub mod library;
pub mod live;
pub mod message;
pub mod moderation;
pub mod mutations;
pub mod operator;
pub mod own_data;
pub mod recommendations;
pub mod resource;
pub mod reviews;
pub mod rights;
pub mod run;
pub mod searches;
pub mod security;
#[cfg(feature = "ssr")]
pub mod slices;
pub mod snapshot;
pub mod state;
pub mod statement_files;
pub mod statements;
pub mod step_up;
pub mod storage;
pub mod streams;
pub mod titles;
pub mod transfer;
pub mod update;

#[cfg(feature = "browser")]
pub mod devtools;

pub use action::Action;
pub use effect::{Effect, Request};
pub use resource::{Resource, Shown, Submission};
pub use run::AppStore;
pub use state::{State, StateStoreFields};
pub use update::update;
