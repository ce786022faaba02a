//! Home pages without their viewers, compressed and ready to be sent: one for each shape that was asked for, as long as its frame is
//! kept. A page is then a matter of putting together what is everybody's and what is drawn for one viewer.

use std::sync::Arc;

use app::pages::home::frame::{Own, Shape};
use bytes::Bytes;
use contract::Problem;
use moka::future::Cache;

use super::{
    frames::{KeptFrame, PACKING, Section},
    viewer_parts::Parts,
};
use crate::mount::{Piece, Pieces, SharedPiece};

/// Shapes that are kept of one frame, those that were asked for of late.
const MOST: u64 = 32;
/// What a template takes, about: its rows and its answer are the frame's.
const EACH: usize = 16 * 1024;

/// The templates of one frame.
pub struct Templates(Cache<Shape, Arc<Template>>);

impl Default for Templates {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

impl Templates {
    /// What they take at most, about.
    pub const WEIGHT: usize = MOST as usize * EACH;

    /// The one of this shape, made once however many wait for it. `render` gives its sections.
    pub async fn get_or_make(
        &self,
        shape: Shape,
        render: impl Future<Output = Result<Vec<Section>, Problem>>,
    ) -> Result<Arc<Template>, Problem> {
        let make = async {
            let sections = render.await?;
            PACKING.run(move || Arc::new(Template::of(sections))).await.map_err(|_| Problem::internal())
        };
        self.0.try_get_with(shape, make).await.map_err(|problem| Problem::clone(&problem))
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
    fn of(sections: Vec<Section>) -> Self {
        let place = |section| match section {
            Section::Text(text) => Place::Everybodys(Arc::new(SharedPiece::new(text))),
            Section::Shared(piece) => Place::Everybodys(piece),
            Section::Own(own) => Place::Own(own),
        };
        Self(sections.into_iter().map(place).collect())
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
