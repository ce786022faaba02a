//! The home page: put together of a template, which was rendered once for all pages like it, and what is the viewer's; a page like no
//! other is rendered as a whole.

use std::sync::Arc;

use app::{
    client::{Client, rendered::Answers},
    pages::home::frame::Shape,
    route::Route,
    store::{State, run::preload, slices::Slices},
};
use axum::{body::Body, extract::Request};
use bytes::Bytes;
use contract::{Dispatch, Problem};

use super::{Drawn, Pages, frames::KeptFrame, own_rows::rows_of, status};
use crate::{
    context::RequestContext,
    mount::{Pieces, Prepared, Stamp},
};

impl Pages {
    /// As [`Pages::render`].
    pub(super) async fn render_home(
        &self,
        context: RequestContext,
        request: Request,
        at_least: Option<Stamp>,
    ) -> Result<Prepared, Problem> {
        let is_member = context.viewer.member.is_some();
        let frame = self.frames.of(&context, at_least).await;
        let answers = Answers::default();
        let mut screen = frame.frame.begin(&answers);
        screen.state.device.profile = context.device.profile.clone();
        let client = Client::InProcess(Arc::new(context.clone()) as Arc<dyn Dispatch>, answers.clone());
        let (state, own) = futures::join!(preload(screen, &client), rows_of(&context));
        let (status, has_failed) = (status(&state, &Slices::default()), state.has_failed());
        let rows = Bytes::from(self.faces.write(&own, &state).0.into_string());
        let template = match frame.frame.shape(&state) {
            Some(shape) => Some(frame.template(shape.clone(), self.without_viewer(&frame, &shape)).await?),
            None => None,
        };
        let page = match template {
            Some(template) => {
                let viewer = self.viewer_parts.of(&context.viewer.profile, &state);
                template.fill(&frame, &viewer, rows, answers.embed())
            }
            None => self.whole(&frame, state, answers, client, &rows, request).await?,
        };
        // leptos writes nothing but texts.
        Ok(self.prepared(&Route::Home, is_member, has_failed, status, page.ok_or_else(Problem::internal)?))
    }

    async fn without_viewer(&self, frame: &KeptFrame, shape: &Shape) -> Result<Bytes, Problem> {
        let state = Arc::new(frame.frame.state_of(shape));
        let drawn = Drawn { state, frame: Some(Arc::clone(&frame.frame)), is_template: true, ..Drawn::default() };
        self.html(drawn, Request::new(Body::empty())).await
    }

    pub(super) async fn whole(
        &self,
        frame: &KeptFrame,
        state: State,
        answers: Answers,
        client: Client,
        rows: &Bytes,
        request: Request,
    ) -> Result<Option<Pieces>, Problem> {
        // A card that is newer than the frame is shown wherever it is.
        let parts = frame.frame.is_part_of(&state).then(|| Arc::clone(&frame.frame));
        let drawn = Drawn { state: Arc::new(state), frame: parts, answers, client, ..Drawn::default() };
        Ok(frame.fill(&self.html(drawn, request).await?, rows))
    }
}
