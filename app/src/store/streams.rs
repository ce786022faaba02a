//! The slice of what an account plays now: shown where one more film is refused, so that a viewer can stop another.
//! Loads with the watch page.

use contract::{
    Code,
    ids::StreamId,
    playback::{ListStreams, StopStream, Stream},
};
use serde::{Deserialize, Serialize};

use super::{
    Action, Resource,
    action::Response,
    lazy::{LazyEffect, LazySlice, LazyStore},
};
use crate::{client::Client, route::Route};

/// What plays on the account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Streams {
    pub list: Resource<(), Vec<Stream>>,
    /// The one that is being stopped.
    pub stopping: Option<StreamId>,
}

/// What can happen to [`Streams`].
#[derive(Clone, Debug, PartialEq)]
pub enum StreamsAction {
    Opened(Route),
    RetryWanted,
    /// A film was refused because others play.
    Refused,
    Answered(Response<Vec<Stream>>),
    StopWanted(StopStream),
    Stopped(Response<()>),
}

/// A call to the server.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamsRequest {
    List(ListStreams),
    Stop(StopStream),
}

type Effect = LazyEffect<StreamsRequest>;

impl LazySlice for Streams {
    type Action = StreamsAction;
    type Request = StreamsRequest;

    const NAME: &'static str = "streams";

    fn opened(route: Route) -> StreamsAction {
        StreamsAction::Opened(route)
    }

    fn retry_wanted() -> StreamsAction {
        StreamsAction::RetryWanted
    }

    fn update(&mut self, action: StreamsAction) -> Vec<Effect> {
        match action {
            // What plays is asked for only where a film is refused.
            StreamsAction::Opened(_) => {
                *self = Self::default();
                Vec::new()
            }
            StreamsAction::RetryWanted | StreamsAction::Refused => {
                self.list = Resource::default();
                self.list.refresh(());
                self.stopping = None;
                vec![Effect::Send(StreamsRequest::List(ListStreams {}))]
            }
            StreamsAction::Answered(answer) => {
                self.list.answer(&(), answer);
                Vec::new()
            }
            StreamsAction::StopWanted(call) => {
                if self.stopping.is_some() {
                    return Vec::new();
                }
                self.stopping = Some(call.id.clone());
                vec![Effect::Send(StreamsRequest::Stop(call))]
            }
            StreamsAction::Stopped(answer) => self.stopped(answer),
        }
    }

    fn is_safe(request: &StreamsRequest) -> bool {
        match request {
            StreamsRequest::List(_) => true,
            StreamsRequest::Stop(_) => false,
        }
    }

    async fn send(client: &Client, request: StreamsRequest) -> StreamsAction {
        match request {
            StreamsRequest::List(call) => StreamsAction::Answered(client.send(call).await),
            StreamsRequest::Stop(call) => StreamsAction::Stopped(client.send(call).await),
        }
    }
}

impl Streams {
    /// There is room: the film that was refused is asked for again. One that had ended by itself made room as well.
    fn stopped(&mut self, answer: Response<()>) -> Vec<Effect> {
        self.stopping = None;
        match answer {
            Err(problem) if problem.code != Code::NotFound => vec![Effect::note(problem.title)],
            Ok(()) | Err(_) => vec![Effect::tell(Action::RetryWanted)],
        }
    }
}

/// The slice, for the watch page.
pub fn streams() -> LazyStore<Streams> {
    super::lazy::slice()
}

#[cfg(test)]
mod tests {
    use contract::Problem;

    use super::*;

    fn stop() -> StopStream {
        StopStream { id: "s1".parse().unwrap() }
    }

    #[test]
    fn a_refusal_asks_what_plays_and_stopping_it_plays_the_film() {
        let mut streams = Streams::default();
        assert_eq!(streams.update(StreamsAction::Refused), [Effect::Send(StreamsRequest::List(ListStreams {}))]);
        streams.update(StreamsAction::Answered(Ok(Vec::new())));
        assert_eq!(streams.update(StreamsAction::StopWanted(stop())), [Effect::Send(StreamsRequest::Stop(stop()))]);
        assert_eq!(streams.update(StreamsAction::StopWanted(stop())), [], "a second press");
        assert_eq!(streams.update(StreamsAction::Stopped(Ok(()))), [Effect::tell(Action::RetryWanted)]);
    }

    #[test]
    fn one_that_ended_by_itself_made_room_and_a_failure_is_said() {
        let mut streams = Streams::default();
        let gone = StreamsAction::Stopped(Err(Problem::not_found("stream")));
        assert_eq!(streams.update(gone), [Effect::tell(Action::RetryWanted)]);
        let failed = streams.update(StreamsAction::Stopped(Err(Problem::internal())));
        assert!(matches!(failed.as_slice(), [Effect::Tell(action)] if matches!(**action, Action::Noted { .. })), "{failed:?}");
    }
}
