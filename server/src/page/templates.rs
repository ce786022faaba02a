//! Home pages without their viewers, compressed and ready to be sent: one for each shape that was asked for, as long as its frame is
//! kept. A page is then a matter of putting together what is everybody's and what is drawn for one viewer.

use std::sync::{Arc, PoisonError, RwLock};

use app::pages::home::frame::{Own, Shape};
use bytes::Bytes;

use super::{
    frames::{KeptFrame, Section},
    viewer_parts::Parts,
};
use crate::mount::{Piece, Pieces, SharedPiece};

/// Shapes that are kept of one frame: devices, themes and hidden rows. The others are rendered as a whole.
const MOST: usize = 32;
/// What a template takes, about: its rows and its answer are the frame's.
const EACH: usize = 32 * 1024;

/// The templates of one frame.
#[derive(Default)]
pub struct Templates(RwLock<Vec<(Shape, Arc<Template>)>>);

impl Templates {
    /// What they take at most, about.
    pub const WEIGHT: usize = MOST * EACH;

    pub fn of(&self, shape: &Shape) -> Option<Arc<Template>> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(other, _)| other == shape).map(|(_, template)| Arc::clone(template))
    }

    pub fn count(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub fn is_full(&self) -> bool {
        self.count() >= MOST
    }

    /// Of two that were made at once the first is kept.
    pub fn keep(&self, shape: Shape, template: Template) -> Arc<Template> {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, there)) = kept.iter().find(|(other, _)| *other == shape) {
            return Arc::clone(there);
        }
        let template = Arc::new(template);
        if kept.len() < MOST {
            kept.push((shape, Arc::clone(&template)));
        }
        template
    }
}

/// A page without its viewer.
pub struct Template(Vec<Place>);

enum Place {
    Everybodys(Arc<SharedPiece>),
    Own(Own),
}

impl Template {
    /// Compresses what is everybody's, which takes a millisecond.
    pub fn of(frame: &KeptFrame, page: &Bytes) -> Option<Self> {
        let place = |section| match section {
            Section::Text(text) => Place::Everybodys(Arc::new(SharedPiece::new(text))),
            Section::Shared(piece) => Place::Everybodys(piece),
            Section::Own(own) => Place::Own(own),
        };
        Some(Self(frame.sections(page)?.into_iter().map(place).collect()))
    }

    /// The page of one viewer. `rows` are those that are recommended to them, `answers` what the page carries.
    pub fn fill(&self, frame: &KeptFrame, viewer: &Parts, rows: Bytes, answers: String) -> Option<Pieces> {
        let Parts { profile_menu, phone_profile_menu, continue_watching } = viewer;
        let answers = frame.sections(&answers.into())?;
        let mut pieces = Vec::with_capacity(self.0.len() + answers.len());
        for place in &self.0 {
            let own = match place {
                Place::Everybodys(piece) => {
                    pieces.push(Piece::Shared(Arc::clone(piece)));
                    continue;
                }
                Place::Own(Own::Answers) => {
                    pieces.extend(answers.iter().filter_map(Section::piece));
                    continue;
                }
                Place::Own(Own::ProfileMenu) => profile_menu,
                Place::Own(Own::PhoneProfileMenu) => phone_profile_menu,
                Place::Own(Own::ContinueWatching) => continue_watching,
                Place::Own(Own::Rows) => &rows,
            };
            pieces.push(Piece::Own(own.clone()));
        }
        Some(pieces.into())
    }
}
