//! What a profile had to do with: the latest, which says what it likes, and everything else, which is only known to it.
//!
//! Taste is of so many that it is solved for in a part of a millisecond; what is known is of all there is, as numbers of the model, so
//! that nothing is recommended that was watched, whenever that was.

use std::{cmp::Reverse, collections::HashSet};

use recommender::Model;

use crate::services::interactions::Interaction;

/// Interactions of one service that say what a profile likes: the latest.
const LATEST: usize = 1_000;

/// What one profile had to do with.
#[derive(Debug, Default)]
pub struct History {
    /// What says what it likes.
    pub latest: Vec<Interaction>,
    /// The numbers of the titles of all the others.
    pub known: HashSet<u32>,
    /// Those of them that were not liked, whatever else was done with the title.
    pub disliked: HashSet<u32>,
}

impl History {
    /// What several services know, the latest last.
    pub fn of_all(told: Vec<Self>) -> Self {
        let mut all = Self::default();
        for Self { latest, known, disliked } in told {
            all.latest.extend(latest);
            all.known.extend(known);
            all.disliked.extend(disliked);
        }
        all.latest.sort_by_key(|interaction| interaction.instant);
        all
    }

    /// Adds what one service tells; in whatever order, the latest of it stay.
    pub fn add(&mut self, some: Vec<Interaction>, model: &Model) {
        self.latest.extend(some);
        if self.latest.len() <= LATEST {
            return;
        }
        self.latest.sort_by_key(|interaction| Reverse(interaction.instant));
        for Interaction { title, weight, .. } in self.latest.drain(LATEST..) {
            // What the model does not know it does not recommend.
            let Some(number) = model.number(title.as_str()) else { continue };
            self.known.insert(number);
            if weight < 0.0 {
                self.disliked.insert(number);
            }
        }
    }
}
