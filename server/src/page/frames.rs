//! The frames of the home page: what everybody's have in common, made once for each age that films are limited to, and kept as a
//! shared reply is.
//!
//! Must never give a frame to whoever may not ask for the home page, or one from before their own write.

use std::sync::{Arc, LazyLock};

use app::pages::home::frame::{self, Frame, Own, Shape};
use axum::http::StatusCode;
use bytes::Bytes;
use contract::{
    Call, DispatchExt, Problem,
    discovery::{GetHome, Home},
};
use runtime::spare::Spare;
use storage::events::Events;

use super::templates::{Template, Templates};
use crate::{
    context::RequestContext,
    mount::{Keep, Piece, Pieces, Shared, SharedPiece, Stamp, check},
};

/// Bytes of frames kept at most: each takes some hundred kilobytes, and there is one for each age.
const CAPACITY: u64 = 8 * 1024 * 1024;

/// Frames and templates are compressed beside requests.
pub(super) static PACKING: LazyLock<Spare> = LazyLock::new(Spare::default);

/// A frame, with its parts ready to be sent.
pub struct KeptFrame {
    pub frame: Arc<Frame>,
    parts: Vec<Arc<SharedPiece>>,
    /// All its rows, as they mostly stand: together they are compressed to half of what each takes for itself.
    rows: Arc<SharedPiece>,
    templates: Templates,
}

/// A part of a page that was taken apart.
pub enum Section {
    Text(Bytes),
    Shared(Arc<SharedPiece>),
    Own(Own),
}

impl Section {
    /// Nothing for what is a viewer's.
    pub fn piece(&self) -> Option<Piece> {
        match self {
            Self::Text(text) => Some(Piece::Own(text.clone())),
            Self::Shared(piece) => Some(Piece::Shared(Arc::clone(piece))),
            Self::Own(_) => None,
        }
    }
}

impl KeptFrame {
    fn of(answer: Result<Home, Problem>) -> Self {
        let mut frame = Frame::of(answer);
        let parts = std::mem::take(&mut frame.parts);
        let rows = Arc::new(SharedPiece::new(parts.get(frame::ROWS..).unwrap_or_default().concat()));
        let parts = parts.into_iter().map(|part| Arc::new(SharedPiece::new(part))).collect();
        Self { frame: Arc::new(frame), parts, rows, templates: Templates::default() }
    }

    /// A page of this shape without its viewer, made of what `render` gives.
    pub async fn template(
        &self,
        shape: Shape,
        render: impl Future<Output = Result<Bytes, Problem>>,
    ) -> Result<Arc<Template>, Problem> {
        let sections = async { self.sections(&render.await?).ok_or_else(Problem::internal) };
        self.templates.get_or_make(shape, sections).await
    }

    /// A page, or a part of one, that was rendered with this frame, or with its answer alone.
    pub fn sections(&self, page: &Bytes) -> Option<Vec<Section>> {
        let pieces = self.frame.pieces(str::from_utf8(page).ok()?);
        let rows = (frame::ROWS..self.parts.len()).map(frame::Piece::Part).collect::<Vec<_>>();
        // Where every row stands behind the other.
        let at = pieces.windows(rows.len().max(1)).position(|some| some == rows);
        let (before, behind) = match at {
            Some(at) => (pieces.get(..at).unwrap_or_default(), pieces.get(at + rows.len()..).unwrap_or_default()),
            None => (pieces.as_slice(), Default::default()),
        };
        let section = |piece: &frame::Piece<'_>| match *piece {
            frame::Piece::Text(text) => Some(Section::Text(page.slice_ref(text.as_bytes()))),
            frame::Piece::Part(number) => self.parts.get(number).map(Arc::clone).map(Section::Shared),
            frame::Piece::Own(own) => Some(Section::Own(own)),
        };
        let whole = at.map(|_| Section::Shared(Arc::clone(&self.rows)));
        let before = before.iter().filter_map(section).chain(whole);
        Some(before.chain(behind.iter().filter_map(section)).collect())
    }

    /// A page of which nothing but the viewer's own rows is missing.
    pub fn fill(&self, page: &Bytes, own_rows: &Bytes) -> Option<Pieces> {
        let rows = |section: &Section| matches!(section, Section::Own(Own::Rows)).then(|| Piece::Own(own_rows.clone()));
        let sections = self.sections(page)?;
        let pieces = sections.iter().filter_map(|section| section.piece().or_else(|| rows(section)));
        Some(pieces.collect::<Vec<_>>().into())
    }
}

impl Keep for KeptFrame {
    fn weight(&self) -> usize {
        let parts = self.parts.iter().map(|part| part.weight()).sum::<usize>();
        self.frame.weight() + self.rows.weight() + parts + Templates::WEIGHT
    }

    fn status(&self) -> StatusCode {
        StatusCode::OK
    }
}

pub struct Frames(Shared<KeptFrame>);

impl Frames {
    pub fn new(events: Events) -> Self {
        Self(Shared::within(CAPACITY, events))
    }

    /// What this viewer's home page has in common with others'. A refusal and a failure are a frame, and nobody else's.
    pub async fn of(&self, context: &RequestContext, at_least: Option<Stamp>) -> Arc<KeptFrame> {
        let frame = match check::<GetHome>(context) {
            Ok(()) => self.get_or_make(context, at_least).await,
            Err(problem) => Err(problem),
        };
        frame.unwrap_or_else(|problem| Arc::new(KeptFrame::of(Err(problem))))
    }

    async fn get_or_make(&self, context: &RequestContext, at_least: Option<Stamp>) -> Result<Arc<KeptFrame>, Problem> {
        let age = context.viewer.authorization.maturity;
        let make = || {
            let context = context.clone();
            async move {
                let home = context.send(GetHome {}).await?;
                PACKING.run(move || KeptFrame::of(Ok(home))).await.map_err(|_| Problem::internal())
            }
        };
        self.0.get_or_make(key(age), (GetHome::TOPICS, at_least), make).await
    }
}

fn key(age: Option<u8>) -> Box<str> {
    age.map_or_else(String::new, |age| age.to_string()).into_boxed_str()
}

#[cfg(test)]
mod tests;
