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
/// What a change is called that is made now.
const NUMBER: u64 = NOW + 1;

/// Answers what it is told to, and notes what it was asked.
#[derive(Default)]
struct Server {
    asked: Mutex<Vec<&'static str>>,
    /// What was said of lists, of the history and of what was begun: the date, the change's number, and the one that is taken back.
    said: Mutex<Vec<[Option<u64>; 3]>>,
    answers: Mutex<VecDeque<Response<()>>>,
}

impl Dispatch for Server {
    fn dispatch<'a>(&'a self, name: &'static str, call: AnyCall) -> BoxFuture<'a, Result<AnyReply, Problem>> {
        self.asked.lock().unwrap().push(name);
        let watched = call.downcast_ref().map(|call: &MarkWatched| [call.date, call.change, call.restores]);
        let unwatched = call.downcast_ref().map(|call: &MarkUnwatched| [call.date, call.change, None]);
        let ended = call.downcast_ref().map(|call: &ForgetProgress| [None, call.change, None]);
        let resumed = call.downcast_ref().map(|call: &SetProgress| [None, call.change, call.restores]);
        let added = call.downcast_ref().map(|call: &AddToList| [None, call.change, call.restores]);
        let removed = call.downcast_ref().map(|call: &RemoveFromList| [None, call.change, call.undoes]);
        let favoured = call.downcast_ref().map(|call: &AddNamedFavourite| [None, Some(call.change), call.restores]);
        let unfavoured = call.downcast_ref().map(|call: &RemoveFavourite| [None, call.change, call.undoes]);
        let listed = added.or(removed).or(favoured).or(unfavoured);
        self.said.lock().unwrap().extend(listed.or(watched).or(unwatched).or(ended).or(resumed));
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or(Ok(()));
        Box::pin(async move { answer.map(|()| Box::new(()) as AnyReply) })
    }
}

/// What comes of a change where the server answers so; and the calls that it was asked.
fn send_to(answers: Vec<Response<()>>, change: &LibraryChange) -> (Response<()>, Vec<&'static str>) {
    let server = Arc::new(Server { answers: Mutex::new(answers.into()), ..Server::default() });
    let answer = send_by(&server, change, None);
    let asked = server.asked.lock().unwrap().clone();
    (answer, asked)
}

fn send_by(server: &Arc<Server>, change: &LibraryChange, takes_back: Option<u64>) -> Response<()> {
    let client = Client::InProcess(Arc::clone(server) as Arc<dyn Dispatch>, crate::client::rendered::Answers::default());
    block_on(Sending { client: &client, viewer: None, now: NOW, number: NUMBER, takes_back }.send(change))
}

/// What the server was told of a change, or of one that takes another back.
fn told_of(change: &LibraryChange, takes_back: Option<u64>) -> (Vec<&'static str>, Vec<[Option<u64>; 3]>) {
    let server = Arc::new(Server::default());
    assert_eq!(send_by(&server, change, takes_back), Ok(()));
    (server.asked.lock().unwrap().clone(), server.said.lock().unwrap().clone())
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

#[test]
fn what_takes_a_change_of_the_history_back_names_it_and_no_date() {
    let watch = LibraryChange::Watch { title: title("a"), dates: vec![NOW] };
    let (asked, said) = told_of(&watch, None);
    assert_eq!(asked, ["library.v1.MarkWatched", "playback.v1.ForgetProgress"]);
    assert_eq!(said, [[Some(NOW), Some(NUMBER), None], [None, Some(NUMBER), None]]);
    let (asked, said) = told_of(&watch.inverse().unwrap(), Some(7));
    assert_eq!(asked, ["library.v1.MarkWatched", "playback.v1.SetProgress"]);
    assert_eq!(said, [[None, None, Some(7)], [None, None, Some(7)]]);
    // Of dates that nobody showed to this page as of those that are on it: the server brings back what it removed.
    for dates in [vec![], vec![9, 5]] {
        let unwatch = LibraryChange::Unwatch { title: title("a"), dates, is_never: true };
        assert_eq!(told_of(&unwatch, None).1[0], [None, Some(NUMBER), None]);
        let (asked, said) = told_of(&unwatch.inverse().unwrap(), Some(7));
        assert_eq!((asked, said), (vec!["library.v1.MarkWatched"], vec![[None, None, Some(7)]]));
    }
    // Several dates, of a log that an older build kept, are several calls: none of them is the change.
    let several = LibraryChange::Watch { title: title("a"), dates: vec![NOW, 1] };
    assert_eq!(told_of(&several, None).1[..2], [[Some(NOW), None, None], [Some(1), None, None]]);
}

#[test]
fn what_takes_a_change_of_a_list_back_names_it_and_leaves_the_place_to_the_server() {
    let between = Between { before: Some("b".parse().unwrap()), behind: None };
    let remove = LibraryChange::Remove(Listed { between: Some(between), ..listed("a") });
    for change in [LibraryChange::Add(listed("a")), remove, LibraryChange::AddFavourite(title("a"))] {
        let (asked, said) = told_of(&change, None);
        assert_eq!((asked.len(), said), (1, vec![[None, Some(NUMBER), None]]), "{change:?}");
        let (asked, said) = told_of(&change.clone().inverse().unwrap(), Some(7));
        assert_eq!((asked.len(), said), (1, vec![[None, Some(NUMBER), Some(7)]]), "{change:?}");
    }
}
