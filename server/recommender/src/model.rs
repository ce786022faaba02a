//! A trained model: vectors of titles, and how their parts are weighed against each other.
//!
//! Titles stand in the order of the lengths of their vectors, the longest first, so that a search for the best ends early. Must never
//! hold anything of a profile.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::{
    als::Settings,
    content_based::Vectors,
    linear::{gram, norm, row},
};

/// A title as a model has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Title {
    pub id: Box<str>,
    /// Profiles that have it; 0 where they are of fewer accounts than [`LEAST_AUDIENCE`](crate::dataset::LEAST_AUDIENCE).
    pub support: u32,
    /// When it came into the catalogue, in seconds since 1970.
    pub added: u64,
    /// Its genres and people ([`crate::content::Reason::number`]).
    pub reasons: Vec<u32>,
    /// What is thought of it elsewhere, in per cent; absent where that is not known.
    pub score: Option<u8>,
}

/// What is stored of a model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stored {
    /// When it was trained, in milliseconds since 1970.
    pub trained: u64,
    pub width: u32,
    pub unobserved: f32,
    pub regularisation: f32,
    pub frequency: f32,
    /// What the linear model counts, against the factors: 0 to 1.
    pub linear_share: f32,
    /// What popularity adds.
    pub popularity_share: f32,
    pub titles: Vec<Title>,
    /// `width` numbers for each title.
    pub vectors: Vec<f32>,
    /// Titles of the linear model.
    pub head: Vec<u32>,
    /// From each title of the head to each.
    pub linear: Vec<f32>,
    /// What is popular lately, the most popular first.
    pub popular: Vec<u32>,
}

/// A model with what makes it answer quickly.
#[derive(Debug)]
pub struct Model {
    pub(crate) stored: Stored,
    pub(crate) settings: Settings,
    /// What every matrix of a fold-in begins with.
    pub(crate) base: Vec<f32>,
    pub(crate) norms: Vec<f32>,
    pub(crate) popularity: Vec<f32>,
    /// The greatest popularity from a title on.
    pub(crate) popularity_ahead: Vec<f32>,
    /// The places of titles in the head.
    pub(crate) places: Vec<Option<u32>>,
    /// Titles by when they came, the latest first.
    pub(crate) newest: Vec<u32>,
    pub(crate) numbers: HashMap<Box<str>, u32>,
    pub(crate) content: Vectors,
}

/// A model in which something does not fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the parts of the model do not fit together")]
pub struct Inconsistent;

/// Widest vector that is taken from a file.
const WIDEST: u32 = 512;

impl Model {
    /// # Errors
    /// [`Inconsistent`].
    pub(crate) fn new(stored: Stored) -> Result<Self, Inconsistent> {
        check(&stored)?;
        let width = stored.width as usize;
        let settings = Settings {
            factors: width,
            unobserved: stored.unobserved,
            regularisation: stored.regularisation,
            frequency: stored.frequency,
            ..Settings::default()
        };
        let base = gram(&stored.vectors, width).into_iter().map(|entry| entry * stored.unobserved).collect();
        let norms: Vec<f32> = (0..stored.titles.len()).map(|at| norm(row(&stored.vectors, width, at))).collect();
        let most = stored.titles.iter().map(|title| title.support).max().unwrap_or(0);
        let scale = (1.0 + most as f32).ln().max(1.0);
        let popularity: Vec<f32> = stored.titles.iter().map(|title| (1.0 + title.support as f32).ln() / scale).collect();
        let mut popularity_ahead = popularity.clone();
        let mut greatest = 0.0f32;
        for ahead in popularity_ahead.iter_mut().rev() {
            greatest = greatest.max(*ahead);
            *ahead = greatest;
        }
        let mut places = vec![None; stored.titles.len()];
        for (place, title) in (0u32..).zip(&stored.head) {
            if let Some(at) = places.get_mut(*title as usize) {
                *at = Some(place);
            }
        }
        let numbered = || (0u32..).zip(&stored.titles);
        let mut newest: Vec<(u64, u32)> = numbered().map(|(number, title)| (title.added, number)).collect();
        newest.sort_unstable_by(|one, other| other.cmp(one));
        Ok(Self {
            settings,
            base,
            norms,
            popularity,
            popularity_ahead,
            places,
            newest: newest.into_iter().map(|(_, number)| number).collect(),
            numbers: numbered().map(|(number, title)| (title.id.clone(), number)).collect(),
            content: Vectors::new(&stored.titles),
            stored,
        })
    }

    /// A model that knows nothing.
    pub fn empty() -> Self {
        let width = Settings::default().factors;
        let stored = Stored { width: u32::try_from(width).unwrap_or(0), ..Stored::default() };
        let (settings, base) = (Settings::default(), vec![0.0; width * width]);
        let (norms, popularity, popularity_ahead) = (Vec::new(), Vec::new(), Vec::new());
        let (places, newest, numbers, content) = (Vec::new(), Vec::new(), HashMap::new(), Vectors::default());
        Self { stored, settings, base, norms, popularity, popularity_ahead, places, newest, numbers, content }
    }

    /// When it was trained, in milliseconds since 1970; 0 of one that knows nothing.
    pub fn trained(&self) -> u64 {
        self.stored.trained
    }

    /// Titles that it knows.
    pub fn len(&self) -> usize {
        self.stored.titles.len()
    }

    pub fn is_empty(&self) -> bool {
        self.stored.titles.is_empty()
    }

    /// A title by its number.
    pub fn title(&self, number: u32) -> Option<&Title> {
        self.stored.titles.get(number as usize)
    }

    /// The number of a title.
    pub fn number(&self, id: &str) -> Option<u32> {
        self.numbers.get(id).copied()
    }

    /// What is popular lately, the most popular first.
    pub fn popular(&self) -> &[u32] {
        &self.stored.popular
    }

    pub(crate) fn vector(&self, title: u32) -> &[f32] {
        row(&self.stored.vectors, self.settings.factors, title as usize)
    }

    /// Where a title stands in the head.
    pub(crate) fn place(&self, title: u32) -> Option<u32> {
        self.places.get(title as usize).copied().flatten()
    }

    /// What the linear model says from one title of the head to each.
    pub(crate) fn linear(&self, place: u32) -> &[f32] {
        row(&self.stored.linear, self.stored.head.len(), place as usize)
    }
}

/// What is read must be whole: every number names something that is there, and is a number.
fn check(stored: &Stored) -> Result<(), Inconsistent> {
    let (titles, width, head) = (stored.titles.len(), stored.width, stored.head.len());
    let is_there = |number: &u32| (*number as usize) < titles;
    let is_number = |value: &f32| value.is_finite();
    let shares = [stored.unobserved, stored.regularisation, stored.frequency, stored.linear_share, stored.popularity_share];
    let fits = (1..=WIDEST).contains(&width)
        && stored.vectors.len() == titles * width as usize
        && stored.linear.len() == head * head
        && stored.head.iter().chain(&stored.popular).all(is_there)
        && stored.vectors.iter().chain(&stored.linear).chain(&shares).all(is_number);
    if fits { Ok(()) } else { Err(Inconsistent) }
}
