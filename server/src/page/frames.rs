//! The frames of the home page: what everybody's have in common, made once for each age that films are limited to, and kept as a
//! shared reply is.
//!
//! Must never give a frame to whoever may not ask for the home page, or one from before their own write.

use std::sync::Arc;

use app::pages::home::frame::Frame;
use axum::http::StatusCode;
use contract::{Call, DispatchExt, Problem, discovery::GetHome};
use storage::events::Events;

use crate::{
    context::RequestContext,
    mount::{Keep, Shared, Stamp, check},
};

/// Bytes of frames kept at most: each takes some hundred kilobytes, and there is one for each age.
const CAPACITY: u64 = 8 * 1024 * 1024;

impl Keep for Frame {
    fn weight(&self) -> usize {
        Self::weight(self)
    }

    fn status(&self) -> StatusCode {
        StatusCode::OK
    }
}

pub struct Frames(Shared<Frame>);

impl Frames {
    pub fn new(events: Events) -> Self {
        Self(Shared::within(CAPACITY, events))
    }

    /// What this viewer's home page has in common with others'. A refusal and a failure are a frame, and nobody else's.
    pub async fn of(&self, context: &RequestContext, at_least: Option<Stamp>) -> Arc<Frame> {
        let frame = match check::<GetHome>(context) {
            Ok(()) => self.get_or_make(context, at_least).await,
            Err(problem) => Err(problem),
        };
        frame.unwrap_or_else(|problem| Arc::new(Frame::of(Err(problem))))
    }

    async fn get_or_make(&self, context: &RequestContext, at_least: Option<Stamp>) -> Result<Arc<Frame>, Problem> {
        let age = context.viewer.authorization.maturity;
        let make = || {
            let context = context.clone();
            async move { Ok(Frame::of(Ok(context.send(GetHome {}).await?))) }
        };
        self.0.get_or_make(key(age), (GetHome::TOPICS, at_least), make).await
    }
}

fn key(age: Option<u8>) -> Box<str> {
    age.map_or_else(String::new, |age| age.to_string()).into_boxed_str()
}

#[cfg(test)]
mod tests;
