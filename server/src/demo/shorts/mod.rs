//! The shorts that Marquee makes itself with ffmpeg's procedural sources: what is seen, heard and said in each.
//!
//! Owns their descriptions. Must never call one something that it is not.

mod automata;
mod fields;
mod fractals;
mod signals;

use contract::catalog::v1::Role;

use super::{DemoTitle, captions::Cue, score::Score};

/// One short.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Short {
    pub title: DemoTitle,
    /// From the first to the last picture.
    pub seconds: u32,
    pub picture: Picture,
    pub score: Score,
    pub cues: &'static [Cue],
}

/// Where the picture comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// A filter graph of its own.
    Drawn(&'static str),
    /// Filters from the score's sound to a picture.
    OfScore(&'static str),
}

/// All of them, the cheapest first, so that something can be watched soon after the first start.
pub fn shorts() -> &'static [Short] {
    const ALL: [Short; 14] = [
        fields::SLOW_GRADIENTS,
        automata::RULE_30,
        fractals::TRIANGLE,
        automata::LIFE,
        signals::SPECTRUM,
        fractals::MANDELBROT,
        signals::LISSAJOUS,
        fields::PLASMA,
        automata::RULE_110,
        fractals::CARPET,
        fields::KALEIDOSCOPE,
        automata::DAY_AND_NIGHT,
        signals::ZONE_PLATE,
        signals::OUTLINE,
    ];
    &ALL
}

#[cfg(test)]
pub(super) const FIRST: Short = fields::SLOW_GRADIENTS;

/// Who made them.
const MAKERS: &[(&str, Role)] = &[("Marquee", Role::Director), ("Marquee", Role::Composer), ("FFmpeg", Role::Producer)];

/// A title of this year's, without a spoken word.
const fn title(key: &'static str, title: &'static str, genres: &'static [&'static str], synopsis: &'static str) -> DemoTitle {
    DemoTitle { key, title, year: 2026, synopsis, genres, people: MAKERS, attribution: None, languages: &[] }
}
