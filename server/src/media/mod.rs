//! Video on its way in: ffprobe and ffmpeg behind one argument builder, packaging to CMAF HLS, storyboards, pictures.
//!
//! Owns everything between a file that a person has and the objects under `media/{title}/` that playback reads; the
//! two meet in [`manifest::MediaManifest`] alone. Must never read anything but local files, never run a program
//! through a shell, and never touch the catalogue: whoever calls the import gives a title to hang the video on.

pub mod manifest;
