//! A page with a frame is the page without one, and nothing of a viewer is in a frame.

use std::sync::Arc;

use contract::{
    Code, Dispatch, Problem,
    call::{AnyCall, AnyReply, BoxFuture},
    discovery::{GetHome, GetPreparation, HeroTitle, Home, HomeRow, Preparation},
    identity::{GetWatcher, Watcher, Watching},
    library::{GetSnapshot, SnapshotRevision},
    playback::{ContinueItem, ListContinueWatching, Progress},
};
use futures::executor::block_on;
use leptos::prelude::*;

use super::{super::Programme, Frame, Piece};
use crate::{
    client::{Client, rendered::Answers},
    route::Route,
    store::{
        Action, AppStore, State,
        run::{Preloading, preload},
        update::tests::card,
    },
};

fn home() -> Home {
    let row = |key: &str, ids: [&str; 3]| HomeRow {
        key: key.to_owned(),
        heading: format!("<Row> {key}"),
        more: Default::default(),
        items: ids.map(card).to_vec(),
    };
    let hero = ["h1", "h2"].map(|id| HeroTitle { card: card(id), synopsis: Some("Said & \"quoted\".".to_owned()) });
    Home { hero: hero.to_vec(), rows: vec![row("first", ["a", "b", "c"]), row("second", ["d", "e", "f"])], missing: Vec::new() }
}

/// The server, for one viewer.
struct Server {
    name: &'static str,
    /// What they go on with.
    title: contract::catalog::TitleCard,
    seconds_left: u32,
    home: Result<Home, Problem>,
}

impl Server {
    fn again(&self) -> Self {
        Self { name: self.name, title: self.title.clone(), seconds_left: self.seconds_left, home: self.home.clone() }
    }

    fn for_viewer(name: &'static str, title: &str, seconds_left: u32) -> Self {
        Self { name, title: card(title), seconds_left, home: Ok(home()) }
    }
}

impl Dispatch for Server {
    fn dispatch<'a>(&'a self, _: &'static str, call: AnyCall) -> BoxFuture<'a, Result<AnyReply, Problem>> {
        let watcher =
            || Watcher { name: self.name.to_owned(), colour: "#123456".to_owned(), language: None, ..Watcher::default() };
        let answer: Result<AnyReply, Problem> = if call.is::<GetHome>() {
            self.home.clone().map(|home| Box::new(home) as AnyReply)
        } else if call.is::<GetWatcher>() {
            Ok(Box::new(Watching { watcher: Some(watcher()), ..Watching::default() }))
        } else if call.is::<ListContinueWatching>() {
            let duration_seconds = 6_000.0;
            let progress = Progress { position: duration_seconds - f64::from(self.seconds_left), duration_seconds };
            Ok(Box::new(vec![ContinueItem { card: self.title.clone(), progress }]))
        } else if call.is::<GetSnapshot>() {
            Ok(Box::new(SnapshotRevision::default()))
        } else if call.is::<GetPreparation>() {
            Ok(Box::new(Preparation::default()))
        } else {
            Err(Problem::new(Code::CallNotFound))
        };
        Box::pin(async { answer })
    }
}

/// The state of a viewer's page, and what the page carries.
fn preloaded(server: Server, frame: Option<&Frame>) -> (State, String) {
    let answers = Answers::default();
    let screen = match frame {
        Some(frame) => frame.begin(&answers),
        None => Preloading::begin(State::default(), Action::Started(Route::Home)),
    };
    let client = Client::InProcess(Arc::new(server), answers.clone());
    let state = block_on(preload(screen, &client));
    let carried = answers.embed();
    (state, frame.map_or(carried.clone(), |frame| filled(frame, &carried)))
}

/// A page with the parts in their places.
fn filled(frame: &Frame, page: &str) -> String {
    let text = |piece| match piece {
        Piece::Text(text) => text,
        Piece::Part(number) => &frame.parts[number],
        Piece::Own(_) => "",
    };
    frame.pieces(page).into_iter().map(text).collect()
}

fn html(state: &State, frame: Option<&Arc<Frame>>) -> String {
    let owner = Owner::new_root(None);
    provide_context(AppStore::new(state.clone(), Client::Nobody));
    if let Some(frame) = frame {
        provide_context(Arc::clone(frame));
    }
    let html = view! { <Programme/> }.into_any().to_html();
    owner.unset_with_forced_cleanup();
    frame.map_or(html.clone(), |frame| filled(frame, &html))
}

#[test]
fn a_page_around_a_frame_is_the_page_that_is_rendered_without_one() {
    let without_hero = Home { hero: Vec::new(), ..home() };
    let lacking = Home { missing: vec!["genres".to_owned()], ..home() };
    let away = Err(Problem::new(Code::Unreachable));
    for answer in [Ok(home()), Ok(without_hero), Ok(lacking), Ok(Home::default()), away] {
        let server = || Server { home: answer.clone(), ..Server::for_viewer("Ada", "z", 600) };
        let frame = Arc::new(Frame::of(answer.clone()));
        let (plain, around) = (preloaded(server(), None), preloaded(server(), Some(&frame)));
        assert_eq!(plain.0, around.0);
        assert_eq!(plain.1, around.1);
        assert!(frame.is_part_of(&around.0));
        assert_eq!(html(&around.0, Some(&frame)), html(&plain.0, None));
    }
}

#[test]
fn two_viewers_have_one_frame_and_nothing_of_each_other() {
    let frame = Arc::new(Frame::of(Ok(home())));
    let (ada, carried) = preloaded(Server::for_viewer("Ada", "of-ada", 660), Some(&frame));
    let of_ada = html(&ada, Some(&frame));
    let (bob, _) = preloaded(Server::for_viewer("Bob", "of-bob", 1_320), Some(&frame));
    let of_bob = html(&bob, Some(&frame));
    assert!(carried.contains("Ada") && carried.contains("of-ada"), "{carried}");
    assert!(of_ada.contains("of-ada") && of_ada.contains("11 min left"), "{of_ada}");
    assert!(of_bob.contains("of-bob") && of_bob.contains("22 min left"), "{of_bob}");
    assert!(!of_bob.contains("of-ada") && !of_bob.contains("11 min left") && !of_ada.contains("of-bob"));
    let parts = &frame.parts[1..];
    assert!(parts.len() == 3 && parts.iter().all(|part| of_ada.contains(part) && of_bob.contains(part)));
    assert!(preloaded(Server::for_viewer("Bob", "of-bob", 1_320), Some(&frame)).1.contains("\"/api/v1/home\":{\"reply\":"));
}

#[test]
fn a_frame_that_is_drawn_while_a_page_is_rendered_has_nothing_of_that_page() {
    let (ada, _) = preloaded(Server::for_viewer("Ada", "a", 660), None);
    let owner = Owner::new_root(None);
    provide_context(AppStore::new(ada, Client::Nobody));
    let within = Frame::of(Ok(home()));
    assert!(use_context::<AppStore>().is_some(), "the page goes on");
    owner.unset_with_forced_cleanup();
    let alone = Frame::of(Ok(home()));
    assert_eq!(within.parts, alone.parts);
}

#[test]
fn a_name_that_looks_like_a_mark_is_a_name() {
    let forged = "<!--frame:1--><!--frame:0-->\"";
    let mut server = Server::for_viewer("<!--frame:1-->", "z", 660);
    server.title.title = forged.to_owned();
    server.title.artwork.poster = forged.to_owned();
    let frame = Arc::new(Frame::of(Ok(home())));
    let (plain, around) = (preloaded(server.again(), None), preloaded(server, Some(&frame)));
    assert_eq!(plain.1, around.1);
    let page = html(&around.0, Some(&frame));
    assert_eq!(page, html(&plain.0, None));
    assert_eq!(page.matches("Featured titles").count(), 1, "one hero");
}

#[test]
fn a_card_that_is_newer_than_the_frame_is_shown_wherever_it_is() {
    let frame = Arc::new(Frame::of(Ok(home())));
    let mut server = Server::for_viewer("Ada", "b", 660);
    assert!(frame.is_part_of(&preloaded(Server::for_viewer("Ada", "b", 660), Some(&frame)).0), "the same card");
    server.title.title = "Renamed".to_owned();
    let (state, _) = preloaded(server, Some(&frame));
    assert!(!frame.is_part_of(&state));
}

#[test]
fn a_row_that_is_another_than_the_frames_is_drawn() {
    let frame = Arc::new(Frame::of(Ok(home())));
    let (mut state, _) = preloaded(Server::for_viewer("Ada", "z", 660), None);
    let mut other = home();
    other.rows[1].heading = "Another".to_owned();
    other.rows.swap(0, 1);
    state.home.refresh(());
    let other = Frame::of(Ok(other)).begin(&Answers::default()).state;
    state.home = other.home;
    assert_eq!(html(&state, Some(&frame)), html(&state, None));
}
