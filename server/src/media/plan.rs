//! The steps of an import, in order, and what each weighs.
//!
//! Pure. Owns that a film is watchable early: the first good rendition, the sound and the captions come first, then
//! the pictures, then the other renditions.

use super::{
    collect::Source,
    ladder::{Rung, ladder, order},
    probe::Probe,
    sound::{Track, tracks},
};

/// One thing to make; each can be made again without the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Video(Rung),
    Audio { index: usize, track: Track },
    Captions,
    Artwork,
    Storyboard,
}

impl Step {
    /// Its name in the journal, and its folder's.
    pub fn key(&self) -> String {
        match self {
            Self::Video(rung) => format!("v{}", rung.height),
            Self::Audio { index, .. } => format!("a{index}"),
            Self::Captions => "captions".to_owned(),
            Self::Artwork => "artwork".to_owned(),
            Self::Storyboard => "storyboard".to_owned(),
        }
    }

    /// Where its files are stored below the title: a folder of their own, or beside the manifest.
    pub fn prefix(&self) -> String {
        match self {
            Self::Video(_) | Self::Audio { .. } | Self::Storyboard => format!("{}/", self.key()),
            Self::Captions | Self::Artwork => String::new(),
        }
    }

    /// What a person reads while it is made.
    pub fn words(&self) -> String {
        match self {
            Self::Video(rung) => format!("{}p", rung.height),
            Self::Audio { track, .. } => format!("sound: {}", track.name),
            Self::Captions => "captions".to_owned(),
            Self::Artwork => "poster and backdrop".to_owned(),
            Self::Storyboard => "storyboard".to_owned(),
        }
    }

    /// How long it takes, compared with the others: about the pixels it touches in each picture.
    pub fn weight(&self, source_pixels: u64) -> f64 {
        match self {
            Self::Video(rung) => f64::from(rung.width) * f64::from(rung.height) + source_pixels as f64 * 0.25,
            Self::Audio { track, .. } => 20_000.0 * f64::from(track.layout.channels()),
            Self::Captions => 5_000.0,
            Self::Artwork | Self::Storyboard => 20_000.0,
        }
    }
}

/// Everything that is to be made of a film.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub steps: Vec<Step>,
    /// The first rendition: storyboard and artwork are made from it.
    pub first: Rung,
    /// How many steps have to be done before anything can be watched.
    pub until_watchable: usize,
}

pub fn plan(probe: &Probe, source: &Source) -> Plan {
    let film = &probe.video;
    let ladder = order(&ladder(film.width, film.height, film.frame_rate()));
    let (first, rest) = (ladder[0], &ladder[1..]);
    let mut steps = vec![Step::Video(first)];
    steps.extend(tracks(&probe.audio).into_iter().enumerate().map(|(index, track)| Step::Audio { index, track }));
    if !probe.text.is_empty() || !source.sidecars.is_empty() {
        steps.push(Step::Captions);
    }
    let until_watchable = steps.len();
    steps.extend([Step::Artwork, Step::Storyboard]);
    steps.extend(rest.iter().copied().map(Step::Video));
    Plan { steps, first, until_watchable }
}
