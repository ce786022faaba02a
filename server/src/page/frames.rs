//! The frames of the home page: what everybody's have in common, made once for each age that films are limited to, and kept as a
//! shared reply is.
//!
//! Must never give a frame to whoever may not ask for the home page, or one from before their own write.

use std::sync::{Arc, LazyLock};

use app::pages::home::frame::{self, Frame};
use axum::http::StatusCode;
use bytes::Bytes;
use contract::{
    Call, DispatchExt, Problem,
    discovery::{GetHome, Home},
};
use runtime::spare::Spare;
use storage::events::Events;

use crate::{
    context::RequestContext,
    mount::{Keep, Piece, Pieces, Shared, SharedPiece, Stamp, check},
};

/// Bytes of frames kept at most: each takes some hundred kilobytes, and there is one for each age.
const CAPACITY: u64 = 8 * 1024 * 1024;

/// A frame is compressed beside requests.
static PACKING: LazyLock<Spare> = LazyLock::new(Spare::default);

/// A frame, with its parts ready to be sent.
pub struct KeptFrame {
    pub frame: Arc<Frame>,
    parts: Vec<Arc<SharedPiece>>,
    /// All its rows, as they mostly stand: together they are compressed to half of what each takes for itself.
    rows: Arc<SharedPiece>,
}

impl KeptFrame {
    fn of(answer: Result<Home, Problem>) -> Self {
        let mut frame = Frame::of(answer);
        let parts = std::mem::take(&mut frame.parts);
        let rows = Arc::new(SharedPiece::new(parts.get(frame::ROWS..).unwrap_or_default().concat()));
        let parts = parts.into_iter().map(|part| Arc::new(SharedPiece::new(part))).collect();
        Self { frame: Arc::new(frame), parts, rows }
    }

    /// A page that was rendered with this frame, or with its answer alone, and the rows of its viewer.
    pub fn fill(&self, page: &Bytes, own_rows: Bytes) -> Option<Pieces> {
        let text = str::from_utf8(page).ok()?;
        let pieces = self.frame.pieces(text);
        let rows = (frame::ROWS..self.parts.len()).map(frame::Piece::Part).collect::<Vec<_>>();
        // Where every row stands behind the other.
        let at = pieces.windows(rows.len().max(1)).position(|some| some == rows);
        let (before, behind) = match at {
            Some(at) => (pieces.get(..at).unwrap_or_default(), pieces.get(at + rows.len()..).unwrap_or_default()),
            None => (pieces.as_slice(), Default::default()),
        };
        let piece = |piece: &frame::Piece<'_>| match *piece {
            frame::Piece::Text(text) => Some(Piece::Own(page.slice_ref(text.as_bytes()))),
            frame::Piece::Part(number) => self.parts.get(number).map(Arc::clone).map(Piece::Shared),
            frame::Piece::OwnRows => Some(Piece::Own(own_rows.clone())),
        };
        let whole = at.map(|_| Piece::Shared(Arc::clone(&self.rows)));
        let before = before.iter().filter_map(&piece).chain(whole);
        Some(before.chain(behind.iter().filter_map(&piece)).collect::<Vec<_>>().into())
    }
}

impl Keep for KeptFrame {
    fn weight(&self) -> usize {
        self.frame.weight() + self.rows.weight() + self.parts.iter().map(|part| part.weight()).sum::<usize>()
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
