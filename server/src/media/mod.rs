//! Video on its way in: ffprobe and ffmpeg behind one argument builder, packaging to CMAF HLS, storyboards, pictures.
//!
//! Owns everything between a file that a person has and the objects under `media/{title}/` that playback reads; the
//! two meet in [`manifest::MediaManifest`] alone. Must never read anything but local files, never run a program
//! through a shell, and never touch the catalogue: whoever calls the import gives a title to hang the video on.
//!
//! A film's way: [`collect`] finds it, [`probe`] looks into it, [`plan`] says what is to be made, [`import`] makes one
//! step after the other ([`video`], [`sound`], [`text`], [`pictures`]) with [`journal`] remembering, and [`store`]
//! keeps the result.

pub mod argv;
mod child;
mod choose;
pub mod collect;
pub mod error;
pub mod fingerprint;
pub mod hls;
pub mod import;
mod journal;
pub mod ladder;
pub mod language;
pub mod library;
pub mod manifest;
pub mod names;
mod pictures;
pub mod plan;
pub mod probe;
pub mod progress;
pub mod run;
pub mod sound;
pub mod store;
mod text;
mod video;

#[cfg(test)]
mod tests;
