//! Video on its way in: ffprobe and ffmpeg behind one argument builder, packaging to CMAF HLS, storyboards, pictures.
//!
//! Owns everything between a file that a person has and the objects under `media/{title}/{generation}/` that playback reads; the
//! two meet in [`manifest::MediaManifest`] alone. Must never read anything but local files, never run a program
//! through a shell, and never touch the catalogue: whoever calls the import gives a title to hang the video on.
//!
//! A film's way: [`collect`] finds it, [`probe`] looks into it, [`plan`] says what is to be made, [`import`] makes one
//! step after the other ([`video`], [`sound`], [`text`], [`pictures`]) with [`journal`] remembering, [`store`]
//! keeps the result under a [`generation`] of its own, and [`placement`] says that this one plays, and in which
//! of two object stores; [`mover`] takes it to the other one.

pub mod argv;
pub mod candidate;
mod child;
mod choose;
pub mod collect;
pub mod error;
pub mod fingerprint;
pub mod generation;
pub mod hls;
pub mod import;
mod journal;
pub mod ladder;
pub mod language;
pub mod library;
pub mod location;
pub mod manifest;
pub mod mover;
pub mod names;
pub mod objects;
mod pictures;
pub mod placement;
pub mod plan;
pub mod probe;
pub mod progress;
mod roles;
pub mod run;
pub mod silence;
pub mod sink;
pub mod sound;
pub mod store;
mod text;
mod video;

#[cfg(test)]
mod tests;

/// What is stored here, for whoever moves or checks stores as a whole.
pub static COLLECTIONS: &[&storage::documents::Collection] = &[&placement::PLACEMENTS, &placement::PLACEMENT_SETTINGS];
