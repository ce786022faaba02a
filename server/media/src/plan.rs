//! The steps of an import, in order, and what each weighs.
//!
//! Pure. Owns that a film is watchable early: the first good rendition, the sound and the captions come first, then
//! the pictures and the rendition that they are taken from, then the other renditions.

use super::{
    collect::Source,
    ladder::{Rung, for_pictures, ladder, order},
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
            Self::Video(rung) => format!("{}p", rung.class()),
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
    /// The first rendition: the storyboard is made from it.
    pub first: Rung,
    /// The rendition that poster and backdrop are made from.
    pub pictures: Rung,
    /// How many steps have to be done before anything can be watched.
    pub until_watchable: usize,
}

impl Plan {
    /// The steps that read the files of this rendition, which are kept until they are done.
    pub fn readers(&self, rung: Rung) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(move |step| match step {
            Step::Artwork => self.pictures == rung,
            Step::Storyboard => self.first == rung,
            Step::Video(_) | Step::Audio { .. } | Step::Captions => false,
        })
    }
}

pub fn plan(probe: &Probe, source: &Source) -> Plan {
    let film = &probe.video;
    let rungs = ladder(film.width, film.height, film.frame_rate());
    let ordered = order(&rungs);
    let (first, mut rest) = (ordered[0], ordered[1..].to_vec());
    let pictures = for_pictures(&rungs).unwrap_or(first);
    rest.sort_by_key(|rung| *rung != pictures);
    let mut steps = vec![Step::Video(first)];
    steps.extend(tracks(&probe.audio).into_iter().enumerate().map(|(index, track)| Step::Audio { index, track }));
    if !probe.text.is_empty() || !source.sidecars.is_empty() {
        steps.push(Step::Captions);
    }
    let until_watchable = steps.len();
    if pictures == first {
        steps.push(Step::Artwork);
    }
    steps.push(Step::Storyboard);
    for rung in rest {
        steps.push(Step::Video(rung));
        if rung == pictures {
            steps.push(Step::Artwork);
        }
    }
    Plan { steps, first, pictures, until_watchable }
}
