//! Stars that wait in several tabs of one browser, with its storages and a server that is away at times.

use std::collections::{BTreeMap, VecDeque};

use super::*;
use crate::{
    parts::dom::{
        WebStorage, forget_texts,
        given_storage::{self, Given},
        names_in,
    },
    store::reviews::{
        outbox,
        request::{begin_stars, end_stars},
    },
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Server {
    Away,
    /// Something is sent, and no answer is heard.
    Silent,
    Answers,
}

#[derive(Debug, Default)]
struct Tab {
    state: Reviews,
    session: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Browser {
    given: Given,
    server: Server,
    /// In milliseconds since 1970.
    now: u64,
    /// What was sent, in order.
    sent: Vec<(String, u8)>,
    /// How often it was waited.
    waits: usize,
}

impl Browser {
    fn new() -> Self {
        Self { given: given_storage::storages(), server: Server::Answers, now: 1_800_000_000_000, sent: Vec::new(), waits: 0 }
    }

    /// A tab of ada's on the page of a title that she gave 4 half stars.
    fn open(&mut self, title: &str) -> Tab {
        let mut tab = Tab::default();
        self.run(&mut tab, known_in_tab("ada"));
        self.run(&mut tab, |_| Action::OwnWanted { id: id(title) });
        let answer = Ok(MyReview { review: Some(own(4, "")), name: None, is_banned: false });
        self.run(&mut tab, |_| Action::OwnAnswered { id: id(title), answer });
        tab
    }

    /// One that is in front of its viewer: what it has of its own is what a document there finds.
    fn run(&mut self, tab: &mut Tab, action: impl FnOnce(u64) -> Action) {
        self.given.other_tab(std::mem::take(&mut tab.session));
        let mut actions = VecDeque::from([action(self.now)]);
        while let Some(action) = actions.pop_front() {
            for effect in update(&mut tab.state, action) {
                if let LazyEffect::Send(request) = effect {
                    actions.extend(self.send(request));
                }
            }
        }
        tab.session = self.given.other_tab(BTreeMap::new());
    }

    /// As `request::send`, as far as stars go.
    fn send(&mut self, request: ReviewsRequest) -> Option<Action> {
        match request {
            ReviewsRequest::KeepDrafts(drafts) => Some(Action::DraftsKept { stored: drafts.keep_in_tab() }),
            ReviewsRequest::SettleStars { viewer, id, at } => {
                outbox::settle(&viewer, &id, at);
                None
            }
            ReviewsRequest::Stars { rating, at, viewer, is_stored } => {
                let left = begin_stars(viewer.as_ref(), &rating.id, (at, is_stored), self.now);
                if left.is_some() {
                    return left;
                }
                self.sent.extend((self.server != Server::Away).then(|| (rating.id.to_string(), rating.half_stars)));
                let answer = match self.server {
                    Server::Silent => return None,
                    Server::Away => Err(Problem::new(Code::Unreachable)),
                    Server::Answers => Ok(own(rating.half_stars, "")),
                };
                end_stars(viewer.as_ref(), &rating.id, at, &answer);
                Some(Action::StarsAnswered { id: rating.id, way: Way { begun: self.now, ended: self.now }, answer })
            }
            ReviewsRequest::Wait => {
                self.waits += 1;
                None
            }
            _ => None,
        }
    }

    fn rate(&mut self, tab: &mut Tab, half_stars: u8) {
        self.now += 1_000;
        self.run(tab, |now| Action::StarsChosen { half_stars, now });
    }

    /// Two tabs, whose viewer rated "alien" and "heat" in them while the server was away.
    fn two_that_wait(&mut self) -> [Tab; 2] {
        let mut tabs = ["alien", "heat"].map(|title| self.open(title));
        self.server = Server::Away;
        for (tab, half_stars) in tabs.iter_mut().zip([6, 8]) {
            self.rate(tab, half_stars);
        }
        tabs
    }
}

/// Who watches is known, or the server answers again.
fn known_in_tab(viewer: &str) -> impl FnOnce(u64) -> Action {
    let viewer = viewer.to_owned();
    move |_| Action::ViewerKnown(Drafts::in_tab(viewer))
}

fn waiting() -> Vec<String> {
    names_in(WebStorage::Local, "marquee.draft")
}

fn both() -> [(String, u8); 2] {
    [("alien".to_owned(), 6), ("heat".to_owned(), 8)]
}

#[test]
fn of_two_tabs_that_wait_and_are_closed_the_next_document_sends_the_stars_of_both() {
    let mut browser = Browser::new();
    drop(browser.two_that_wait());
    assert_eq!(waiting(), ["marquee.draft.alien", "marquee.draft.heat"]);
    browser.server = Server::Answers;
    browser.run(&mut Tab::default(), known_in_tab("ada"));
    assert_eq!((browser.sent.as_slice(), waiting()), (both().as_slice(), Vec::new()));
}

#[test]
fn what_a_closed_tab_left_is_removed_by_nothing_another_keeps_and_is_sent_by_it_once_the_server_answers() {
    let mut browser = Browser::new();
    let (mut here, mut closed) = (browser.open("alien"), browser.open("heat"));
    browser.server = Server::Away;
    browser.rate(&mut closed, 8);
    drop(closed);
    browser.server = Server::Answers;
    browser.rate(&mut here, 6);
    browser.run(&mut here, |_| Action::DraftLeft { id: id("alien"), draft: draft("Begun") });
    assert_eq!(waiting(), ["marquee.draft.heat"]);
    for _ in 0..2 {
        browser.run(&mut here, known_in_tab("ada"));
        assert_eq!((browser.sent.as_slice(), waiting()), (both().as_slice(), Vec::new()));
    }
}

#[test]
fn of_two_tabs_that_are_open_one_sends_and_the_other_is_done_with_it() {
    let mut browser = Browser::new();
    let [mut one, mut other] = browser.two_that_wait();
    browser.run(&mut other, known_in_tab("ada"));
    browser.server = Server::Silent;
    browser.run(&mut one, known_in_tab("ada"));
    assert_eq!(browser.sent, both());
    browser.server = Server::Answers;
    let waits = browser.waits;
    browser.run(&mut other, |_| Action::StarsDue);
    assert_eq!((browser.sent.len(), browser.waits), (2, waits + 1), "they are on their way, and looked at again later");
    for (title, half_stars) in both() {
        let at = one.state.drafts.stars_of(&id(&title)).unwrap().at;
        let answer = Ok(own(half_stars, ""));
        end_stars(Some(&"ada".to_owned()), &id(&title), at, &answer);
        browser.run(&mut one, |_| Action::StarsAnswered { id: id(&title), way: WAY, answer });
    }
    assert_eq!(waiting(), Vec::<String>::new());
    browser.run(&mut other, |_| Action::StarsDue);
    assert_eq!((browser.sent.len(), other.state.drafts.rated()), (2, Vec::new()));
}

#[test]
fn stars_whose_tab_was_closed_as_it_sent_them_are_sent_by_another_a_little_later() {
    let mut browser = Browser::new();
    let [one, mut other] = browser.two_that_wait();
    browser.server = Server::Silent;
    browser.run(&mut { one }, |_| Action::StarsDue);
    assert_eq!(browser.sent, both()[..1]);
    browser.server = Server::Answers;
    browser.run(&mut other, known_in_tab("ada"));
    assert_eq!(browser.sent, both());
    browser.now += 30_000;
    browser.run(&mut other, |_| Action::StarsDue);
    assert_eq!((browser.sent.last(), waiting()), (both().first(), Vec::new()));
}

#[test]
fn later_stars_of_one_title_win_whichever_tab_they_were_given_in() {
    let mut browser = Browser::new();
    let [mut one, mut other] = ["heat", "heat"].map(|title| browser.open(title));
    browser.server = Server::Away;
    browser.rate(&mut one, 6);
    browser.rate(&mut other, 8);
    browser.server = Server::Answers;
    browser.run(&mut one, known_in_tab("ada"));
    browser.run(&mut other, known_in_tab("ada"));
    assert_eq!((browser.sent.as_slice(), waiting()), (&both()[1..], Vec::new()));
    assert_eq!(one.state.own_stars(), Some(8));
}

#[test]
fn stars_for_which_the_browser_has_no_room_stay_in_their_tab_and_over_its_reload() {
    let mut browser = Browser::new();
    browser.given.fill(Some(WebStorage::Local));
    let [mut one, mut other] = browser.two_that_wait();
    assert_eq!(waiting(), Vec::<String>::new());
    browser.server = Server::Answers;
    browser.run(&mut one, known_in_tab("ada"));
    other.state = Reviews::default();
    browser.run(&mut other, known_in_tab("ada"));
    assert_eq!(browser.sent, both());
    browser.run(&mut Tab { session: other.session, ..Tab::default() }, known_in_tab("ada"));
    assert_eq!(browser.sent.len(), 2, "what arrived the tab has no more");
}

#[test]
fn a_reload_does_not_send_what_another_tab_sent() {
    let mut browser = Browser::new();
    let [one, mut other] = browser.two_that_wait();
    browser.server = Server::Answers;
    browser.run(&mut other, known_in_tab("ada"));
    browser.run(&mut Tab { session: one.session, ..Tab::default() }, known_in_tab("ada"));
    assert_eq!(browser.sent, both());
}

#[test]
fn a_review_that_was_saved_or_deleted_settles_stars_that_wait_since_before() {
    for answer in [Ok(()), Err(Problem::new(Code::Unreachable))] {
        let mut browser = Browser::new();
        let mut here = browser.open("heat");
        let [_, closed] = browser.two_that_wait();
        drop(closed);
        browser.now += 1_000;
        let is_left = answer.is_err();
        browser.run(&mut here, |_| Action::RemovalWanted);
        browser.run(&mut here, |now| Action::Removed { id: id("heat"), way: Way { begun: now, ended: now }, answer });
        assert_eq!(waiting().contains(&"marquee.draft.heat".to_owned()), is_left);
    }
}

#[test]
fn stars_of_one_profile_are_never_sent_for_another_and_go_as_that_one_watches() {
    let mut browser = Browser::new();
    let [mut one, _] = browser.two_that_wait();
    browser.server = Server::Answers;
    browser.run(&mut one, known_in_tab("bob"));
    browser.run(&mut Tab::default(), known_in_tab("bob"));
    assert_eq!(browser.sent, []);
    forget_texts(Some("bob"));
    browser.run(&mut Tab::default(), known_in_tab("ada"));
    assert_eq!((browser.sent.as_slice(), waiting()), ([].as_slice(), Vec::new()));
}
