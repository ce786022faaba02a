//! What somebody may want to watch next: models of what others watched and of what titles are about, and answers from them.
//!
//! Pure computation over numbers and bytes that are given. [`dataset`] holds histories, [`content`] what titles are about,
//! [`als`] and [`ease`] are the two collaborative models, [`train`] makes one [`Model`] of all, which answers from memory
//! ([`Model::fold_in`]) and has one binary form ([`Model::to_bytes`]). A model holds vectors of titles alone: those of
//! a profile are solved from its history when it asks, so that what it watched a moment ago counts and nothing of anybody is kept.
//! What fewer than [`dataset::LEAST_AUDIENCE`] accounts have is to a model what nobody has: [`preference`] ranks it by what it is about.
//! Must never name a profile in a model, never let anybody tell from answers what one or two others have, and never fail on what it is given.

pub mod als;
mod answer;
pub mod content;
mod content_based;
pub mod dataset;
mod ease;
pub mod evaluate;
pub mod events;
mod format;
pub mod generate;
mod linear;
mod model;
mod parallel;
mod preference;
#[cfg(test)]
mod tests;
pub mod train;

pub use self::{
    answer::{Entry, Taste},
    format::FormatError,
    model::{Model, Title},
    preference::Preference,
};
