//! What a history says of its profile, by whichever knows more of it: audiences, or what titles are about.
//!
//! Audiences speak where most of the history has one, and what they leave room for goes to what titles are about. Must never answer
//! with a title for which nothing in the history speaks: however popular, it is nothing that one would call similar.

use std::{cell::OnceCell, collections::HashSet};

use crate::{
    answer::{Entry, Taste},
    content_based::ContentTaste,
    dataset::LEAST_AUDIENCE,
    model::Model,
};

/// What a history says.
pub struct Preference<'a> {
    model: &'a Model,
    taste: &'a Taste<'a>,
    has_audience: bool,
    content: OnceCell<ContentTaste<'a>>,
}

impl<'a> Preference<'a> {
    /// Of what is solved of the history by audiences ([`Model::fold_in`]).
    pub fn new(model: &'a Model, taste: &'a Taste<'a>) -> Self {
        let has_audience = |entry: &&Entry| model.title(entry.title).is_some_and(|title| title.support >= LEAST_AUDIENCE);
        let entries = taste.entries();
        let count = entries.iter().filter(has_audience).count();
        Self { model, taste, has_audience: count > 0 && 2 * count >= entries.len(), content: OnceCell::new() }
    }

    fn content(&self) -> &ContentTaste<'a> {
        self.content.get_or_init(|| ContentTaste::new(self.model, self.taste.entries()))
    }

    fn is_of_audiences(&self, title: u32) -> bool {
        self.has_audience && self.taste.speaks_for(title)
    }

    /// The best titles, the best first, without those that `is_out` says.
    pub fn best(&self, count: usize, is_out: impl Fn(u32) -> bool) -> Vec<u32> {
        let best = match self.has_audience {
            true => self.taste.best(count, |title| is_out(title) || !self.taste.speaks_for(title)),
            false => Vec::new(),
        };
        Self::completed(best, count, is_out, |count, is_out| self.content().best(count, is_out))
    }

    /// The best of these titles, as [`Self::best`].
    pub fn ranked(&self, titles: impl Iterator<Item = u32> + Clone, count: usize, is_out: impl Fn(u32) -> bool) -> Vec<u32> {
        let best = match self.has_audience {
            true => self.taste.ranked(titles.clone(), count, |title| is_out(title) || !self.taste.speaks_for(title)),
            false => Vec::new(),
        };
        Self::completed(best, count, is_out, |count, is_out| self.content().ranked(titles, count, is_out))
    }

    /// What audiences leave room for, by what `by_content` finds beside it.
    fn completed(
        mut best: Vec<u32>,
        count: usize,
        is_out: impl Fn(u32) -> bool,
        by_content: impl FnOnce(usize, &dyn Fn(u32) -> bool) -> Vec<u32>,
    ) -> Vec<u32> {
        if best.len() < count {
            let found: HashSet<u32> = best.iter().copied().collect();
            best.extend(by_content(count - best.len(), &|title| found.contains(&title) || is_out(title)));
        }
        best
    }

    /// The entry of the history that a recommendation owes most to.
    pub fn because(&self, title: u32) -> Option<u32> {
        if self.is_of_audiences(title) { self.taste.because(title) } else { self.content().because(title) }
    }
}
