//! What is tried of the requests of the library and of sending its changes.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use contract::{
    Dispatch,
    call::{AnyCall, AnyReply, BoxFuture},
};
use futures::executor::block_on;

use super::*;
use crate::store::library::change::tests::{listed, own_list, title};

const NOW: u64 = 1_800_000_000_000;

/// Answers what it is told to, and notes what it was asked.
#[derive(Default)]
struct Server {
    asked: Mutex<Vec<&'static str>>,
    answers: Mutex<VecDeque<Response<()>>>,
}

impl Dispatch for Server {
    fn dispatch<'a>(&'a self, name: &'static str, _call: AnyCall) -> BoxFuture<'a, Result<AnyReply, Problem>> {
        self.asked.lock().unwrap().push(name);
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or(Ok(()));
        Box::pin(async move { answer.map(|()| Box::new(()) as AnyReply) })
    }
}

/// What comes of a change where the server answers so; and the calls that it was asked.
fn send_to(answers: Vec<Response<()>>, change: &LibraryChange) -> (Response<()>, Vec<&'static str>) {
    let server = Arc::new(Server { answers: Mutex::new(answers.into()), ..Server::default() });
    let client = Client::InProcess(Arc::clone(&server) as Arc<dyn Dispatch>, crate::client::rendered::Answers::default());
    let answer = block_on(Sending { client: &client, viewer: None, now: NOW }.send(change));
    let asked = server.asked.lock().unwrap().clone();
    (answer, asked)
}

fn problem(code: Code) -> Response<()> {
    Err(Problem::new(code))
}

#[test]
fn what_is_brought_back_is_put_on_the_list_and_then_to_where_it_stood() {
    let between = Between { before: Some("b".parse().unwrap()), behind: None };
    let change = LibraryChange::Add(Listed { between: Some(between), ..listed("a") });
    let both = vec!["library.v1.AddToList", "library.v1.MoveInList"];
    assert_eq!(send_to(vec![Ok(()), Ok(())], &change), (Ok(()), both.clone()));
    // What it stood behind is gone: it stands on top.
    assert_eq!(send_to(vec![Ok(()), problem(Code::VersionConflict)], &change), (Ok(()), both.clone()));
    // Where the second call did not arrive, both are sent again.
    assert_eq!(send_to(vec![Ok(()), problem(Code::Unreachable)], &change), (problem(Code::Unreachable), both));
    assert_eq!(send_to(vec![], &LibraryChange::Add(listed("a"))).1, ["library.v1.AddToList"]);
}

#[test]
fn what_is_gone_already_is_taken_away() {
    for change in [LibraryChange::Remove(listed("a")), LibraryChange::DeleteList(own_list("Sunday"))] {
        assert_eq!(send_to(vec![problem(Code::NotFound)], &change).0, Ok(()));
        assert_eq!(send_to(vec![problem(Code::NotAllowed)], &change).0, problem(Code::NotAllowed));
    }
    assert_eq!(send_to(vec![problem(Code::NotFound)], &LibraryChange::AddFavourite(title("a"))).0, problem(Code::NotFound));
}

#[test]
fn every_date_is_sent_and_none_after_one_that_did_not_arrive() {
    let change = LibraryChange::Watch { title: title("a"), dates: vec![3, 2, 1] };
    assert_eq!(send_to(vec![], &change).1.len(), 3);
    let (answer, asked) = send_to(vec![Ok(()), problem(Code::TimedOut)], &change);
    assert_eq!((answer, asked.len()), (problem(Code::TimedOut), 2));
    let never = LibraryChange::Unwatch { title: title("a"), dates: vec![], is_never: true };
    assert_eq!(send_to(vec![], &never).1, ["library.v1.MarkUnwatched"]);
}

#[test]
fn what_is_marked_as_watched_is_not_to_be_gone_on_with_and_what_takes_that_back_brings_the_place_back() {
    let change = LibraryChange::Watch { title: title("a"), dates: vec![NOW, 1] };
    let asked = ["library.v1.MarkWatched", "library.v1.MarkWatched", "playback.v1.ForgetProgress"];
    assert_eq!(send_to(vec![], &change), (Ok(()), asked.to_vec()));
    // All of it is sent again where the last did not arrive; who may not watch has no place.
    let last = |code| vec![Ok(()), Ok(()), problem(code)];
    assert_eq!(send_to(last(Code::Unreachable), &change).0, problem(Code::Unreachable));
    assert_eq!(send_to(last(Code::NotAllowed), &change).0, Ok(()));
    for is_never in [true, false] {
        let inverse = LibraryChange::Unwatch { title: title("a"), dates: vec![NOW], is_never };
        assert_eq!(send_to(vec![], &inverse).1, ["library.v1.MarkUnwatched", "playback.v1.SetProgress"]);
    }
}
