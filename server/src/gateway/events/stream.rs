//! One connection that is told what changes, until its viewer is somebody else, it falls behind, or the server stops.
//!
//! Must never outlive by more than five seconds what the session stands for, nor tell a profile with an age limit of a title
//! above it.

use std::{convert::Infallible, pin::pin, sync::Arc, time::Duration};

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response, Sse, sse},
};
use contract::{
    Code, DispatchExt, Problem,
    authorization::Right,
    catalog::GetTitleCards,
    events::{Event, Follow},
    ids::TitleId,
    playback::ListPlaying,
    stream::LAST_EVENT_ID,
};
use futures::{Stream, stream};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use super::{
    cursor::Cursor,
    hub::{Hub, Message, Refused, Subscription},
};
use crate::{
    context::{RequestContext, Viewer},
    gateway::identity::Identity,
    mount::{self, Dispatcher},
    services::feeds::{Audience, title_of},
};

/// How often it is looked at who follows.
const LOOK: Duration = Duration::from_secs(5);
/// With how many of those it says that it lives: every 15 s, within what proxies and browsers wait for.
const LOOKS_PER_HEARTBEAT: u8 = 3;
/// How often in a row that may fail: half a minute.
const LOOKS: u8 = 6;
/// Seconds after which somebody who was refused may try again.
const RETRY_AFTER: u32 = 2;
const RETRY_LATER: u32 = 60;

/// Begins streams. Cheap to clone.
#[derive(Clone)]
pub struct EventStreams {
    hub: Hub,
    identity: Identity,
}

impl EventStreams {
    pub const fn new(hub: Hub, identity: Identity) -> Self {
        Self { hub, identity }
    }

    /// Answers with events for as long as they last.
    ///
    /// # Errors
    /// `overloaded` where the feeds cannot be followed yet or any more; `limit_reached`.
    pub async fn begin(&self, context: RequestContext, call: Follow, headers: &HeaderMap) -> Result<Response, Problem> {
        if context.viewer.is_new {
            // Nothing is kept for them: there is nothing to follow, and a browser does not ask again.
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        // One that cannot be read is of no stream of this server: what was missed is not known.
        let header = headers.get(LAST_EVENT_ID).map(|id| id.to_str().unwrap_or_default());
        let after = header.or(call.after.as_deref());
        let viewer = &context.viewer;
        let account = viewer.member.iter().map(|member| Audience::Account(member.account.clone()));
        // Whoever may ask is told; once they may not, what they are is something else, which ends the stream.
        let operators = mount::check::<ListPlaying>(&context).is_ok().then_some(Audience::Operators);
        let others = account.chain(operators).collect();
        let subscription = self.hub.subscribe(&viewer.profile, others, after).map_err(|refused| match refused {
            Refused::NotReady => Problem::new(Code::Overloaded).with_retry_after(RETRY_AFTER),
            Refused::TooMany => Problem::new(Code::LimitReached)
                .with_detail("This profile follows what changes from too many places already.")
                .with_retry_after(RETRY_LATER),
        })?;
        let streaming = Streaming::new(self, context, subscription);
        let events = Sse::new(streaming.events());
        // nginx would gather what is to be sent at once.
        let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
        Ok(([unbuffered], events).into_response())
    }
}

/// A stream under way. Thousands wait at once: of the request it keeps what it goes on needing, and one timer.
struct Streaming {
    request_id: Arc<str>,
    viewer: Viewer,
    dispatcher: Dispatcher,
    identity: Identity,
    feeds: String,
    subscription: Subscription,
    /// What is said before anything new.
    first: std::vec::IntoIter<(Event, Cursor)>,
    look: Interval,
    /// Since it said last that it lives.
    looks: u8,
    failed_looks: u8,
    stopping: CancellationToken,
    is_over: bool,
}

/// What a stream waits for.
enum Next {
    Message(Option<Arc<Message>>),
    Look,
    Stopping,
}

impl Streaming {
    fn new(streams: &EventStreams, context: RequestContext, mut subscription: Subscription) -> Self {
        let cursor = subscription.cursor.clone();
        let first = match subscription.missed.take() {
            None => vec![(Event::Resync, cursor)],
            Some(missed) => {
                let missed = missed.into_iter().map(|message| (message.announcement.event.clone(), message.cursor.clone()));
                missed.chain([(Event::Begun, cursor)]).collect()
            }
        };
        // Not all at the same moment, though all began again at the same moment.
        let soon = LOOK.mul_f64(rand::random_range(0.2..1.0));
        let mut look = interval_at(Instant::now() + soon, LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let RequestContext { request_id, viewer, dispatcher, .. } = context;
        Self {
            request_id,
            viewer,
            dispatcher,
            identity: streams.identity.clone(),
            feeds: streams.hub.identity(),
            subscription,
            first: first.into_iter(),
            look,
            looks: 0,
            failed_looks: 0,
            stopping: streams.hub.stopping(),
            is_over: false,
        }
    }

    fn events(self) -> impl Stream<Item = Result<sse::Event, Infallible>> {
        // On the heap once, and not wherever the stream moves it: thousands follow.
        stream::unfold(Box::new(self), |mut streaming| async move {
            let (event, cursor) = streaming.next().await?;
            Some((Ok(written(&event, &cursor.to_id(&streaming.feeds))), streaming))
        })
    }

    /// The next event with where the stream stands then; nothing after the last.
    async fn next(&mut self) -> Option<(Event, Cursor)> {
        while let Some((event, cursor)) = self.first.next() {
            if self.is_shown(&event).await {
                return Some((event, cursor));
            }
        }
        while !self.is_over {
            match self.wait().await {
                Next::Message(Some(message)) => {
                    if self.is_shown(&message.announcement.event).await {
                        return Some((message.announcement.event.clone(), message.cursor.clone()));
                    }
                }
                Next::Message(None) => return Some(self.last(Event::Resync)),
                Next::Stopping => return Some(self.last(Event::Stopping)),
                Next::Look => {
                    if !self.is_same_viewer().await {
                        return Some(self.last(Event::ViewerChanged));
                    }
                    self.looks += 1;
                    if self.looks == LOOKS_PER_HEARTBEAT {
                        self.looks = 0;
                        return Some((Event::Heartbeat, self.subscription.cursor.clone()));
                    }
                }
            }
        }
        None
    }

    async fn wait(&mut self) -> Next {
        let stopping = pin!(self.stopping.cancelled());
        tokio::select! {
            biased;
            () = stopping => Next::Stopping,
            // Before what is told: somebody who is told without a pause is looked at all the same.
            _ = self.look.tick() => Next::Look,
            message = self.subscription.next() => Next::Message(message),
        }
    }

    fn last(&mut self, event: Event) -> (Event, Cursor) {
        self.is_over = true;
        (event, self.subscription.cursor.clone())
    }

    /// Whether the session stands for what it stood for when the stream began. Where that cannot be found out the stream goes
    /// on for half a minute.
    async fn is_same_viewer(&mut self) -> bool {
        // On the heap while it is looked at: room for it would be kept for everybody who follows.
        match Box::pin(self.identity.look_again(&self.viewer)).await {
            Ok(viewer) => {
                self.failed_looks = 0;
                viewer.as_ref() == Some(&self.viewer)
            }
            Err(_) => {
                self.failed_looks += 1;
                self.failed_looks < LOOKS
            }
        }
    }

    /// Whether the viewer may be told: a title is asked for where it may be above their age.
    async fn is_shown(&self, event: &Event) -> bool {
        let Viewer { authorization, .. } = &self.viewer;
        match title_of(event) {
            None => true,
            Some(_) if !authorization.grants(Right::Browse) => false,
            Some(title) => authorization.maturity.is_none() || Box::pin(self.is_for_age(title)).await,
        }
    }

    async fn is_for_age(&self, title: &TitleId) -> bool {
        let context = RequestContext::later(&self.request_id, &self.viewer, &self.dispatcher);
        let cards = context.send(GetTitleCards { ids: vec![title.clone()], is_fresh: true }).await;
        cards.is_ok_and(|cards| !cards.is_empty())
    }
}

fn written(event: &Event, id: &str) -> sse::Event {
    let line = sse::Event::default().id(id);
    // Nothing in an event cannot be written.
    line.json_data(event).unwrap_or_default()
}
