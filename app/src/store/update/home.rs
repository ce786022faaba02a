//! The home page: rows, what was begun, what the server is still making.

use contract::{
    discovery::{GetHome, GetPreparation, HeroTitle, Home, HomeRow, Preparation},
    ids::TitleId,
    playback::ContinueItem,
};

use super::{mutations, notices};
use crate::store::{
    Action, Effect, Request,
    action::Response,
    draft::Draft,
    effect::Timer,
    message::Message,
    mutations::{Begun, Change, LibraryEntry},
    state::{HeroEntry, HomeLists, RowEntry, Undo},
};

/// How often the server is asked what it prepares, while it prepares something.
const PREPARATION_MILLISECONDS: u32 = 2_000;

pub fn answered(state: &mut Draft<'_>, answer: Response<Home>) -> Vec<Effect> {
    let problem = answer.as_ref().err().cloned();
    let answer = answer.map(|home| lists(state, home));
    state.home_mut().answer(&(), answer);
    match problem {
        // What is on the screen stays, and so it has to be said.
        Some(problem) if state.home.ready().is_some() => notices::failed(state, &problem),
        Some(_) | None => Vec::new(),
    }
}

/// The page as ids, and the cards where all of them are.
fn lists(state: &mut Draft<'_>, home: Home) -> HomeLists {
    let hero = home.hero.into_iter().map(|HeroTitle { card, synopsis }| HeroEntry { id: state.keep_title(card), synopsis });
    let hero = hero.collect();
    let rows = home.rows.into_iter().map(|HomeRow { key, heading, more, items }| RowEntry {
        key,
        heading,
        more,
        items: state.keep_titles(items),
    });
    HomeLists { hero, rows: rows.collect(), missing: home.missing }
}

pub fn continue_answered(state: &mut Draft<'_>, answer: Response<Vec<ContinueItem>>) -> Vec<Effect> {
    let answer = answer.map(|items| {
        let keep = |ContinueItem { card, progress }| {
            let id = state.keep_title(card);
            state.keep_progress(&id, Some(progress));
            id
        };
        let mut titles = items.into_iter().map(keep).collect();
        // What is under way is not in the answer yet.
        mutations::lay_over(state, &mut titles);
        titles
    });
    state.continue_watching_mut().answer(&(), answer);
    Vec::new()
}

pub fn preparation_answered(state: &mut Draft<'_>, answer: Response<Preparation>) -> Vec<Effect> {
    let before = state.preparation.len();
    let Ok(Preparation { jobs }) = answer else { return Vec::new() };
    *state.preparation_mut() = jobs;
    let mut effects = Vec::new();
    // Something was finished: the rows have more to show.
    if state.preparation.len() < before {
        state.home_mut().refresh(());
        effects.push(Effect::Send(Request::Home(GetHome {})));
    }
    if !state.preparation.is_empty() {
        effects.push(Effect::After {
            timer: Timer::Preparation,
            milliseconds: PREPARATION_MILLISECONDS,
            action: Box::new(Action::PreparationDue),
        });
    }
    effects
}

pub fn preparation_due() -> Vec<Effect> {
    vec![Effect::Send(Request::Preparation(GetPreparation {}))]
}

/// Takes the title off the screen and tells the server; Undo brings it back.
pub fn forget_wanted(state: &mut Draft<'_>, id: &TitleId, now: u64) -> Vec<Effect> {
    begun(state, id).map_or_else(Vec::new, |begun| change(state, Change::Forget(begun), now))
}

/// As if the title had been played to its end.
pub fn finish_wanted(state: &mut Draft<'_>, id: &TitleId, now: u64) -> Vec<Effect> {
    begun(state, id).map_or_else(Vec::new, |begun| change(state, Change::Finish(begun), now))
}

/// The title as it is now, to have it so again.
fn begun(state: &Draft<'_>, id: &TitleId) -> Option<Begun> {
    let place = state.continue_watching.ready().and_then(|titles| titles.iter().position(|title| title == id));
    let name = state.titles.get(id)?.title.clone();
    Some(Begun { id: id.clone(), name, progress: state.mine.progress(id)?.clone(), place: place.unwrap_or(0) })
}

/// Changes a list, a favourite or the history: what is said of it, and whether it can be taken back, it says itself.
pub fn library_change_wanted(state: &mut Draft<'_>, entry: LibraryEntry, now: u64) -> Vec<Effect> {
    if entry.said.is_empty() {
        return mutations::change(state, Change::Library(entry), now);
    }
    change(state, Change::Library(entry), now)
}

fn change(state: &mut Draft<'_>, change: Change, now: u64) -> Vec<Effect> {
    let mut effects = mutations::change(state, change.clone(), now);
    let undo = change.clone().inverse(state.mutations.last());
    let is_final = matches!(&undo, Change::Library(LibraryEntry { change, .. }) if change.is_empty());
    if is_final {
        // What was changed before it can no more be taken back as if it had not been made.
        state.notices_mut().toasts.iter_mut().for_each(|toast| toast.undo = None);
    }
    effects.extend(notices::toast(state, Message::Changed(change), (!is_final).then_some(Undo::Change(undo))));
    effects
}

#[cfg(test)]
mod tests {
    use contract::{Code, Problem};

    use super::*;
    use crate::{
        route::Route,
        store::{
            State,
            update::tests::{begun, card, update},
        },
    };

    #[test]
    fn a_home_page_that_lacks_a_part_is_asked_for_again_and_stays_until_the_answer_is_there() {
        let part = Home { missing: vec!["added".into()], ..Home::default() };
        let mut state = State::default();
        update(&mut state, Action::Opened(Route::Home));
        update(&mut state, Action::HomeAnswered(Ok(part)));
        let shown = state.home.ready().cloned();
        assert!(state.has_failed());
        let effects = update(&mut state, Action::RetryWanted);
        assert!(effects.contains(&Effect::Send(Request::Home(GetHome {}))), "{effects:?}");
        assert_eq!(state.home.ready().cloned(), shown);
        update(&mut state, Action::HomeAnswered(Err(Problem::new(Code::Overloaded))));
        assert_eq!(state.home.ready().cloned(), shown);
        update(&mut state, Action::HomeAnswered(Ok(Home::default())));
        assert!(!state.has_failed());
        let effects = update(&mut state, Action::RetryWanted);
        assert!(!effects.contains(&Effect::Send(Request::Home(GetHome {}))), "{effects:?}");
    }

    #[test]
    fn a_title_lives_once_and_whatever_list_says_more_of_it_says_it_everywhere() {
        let mut state = State::default();
        update(&mut state, Action::Opened(Route::Home));
        let row =
            HomeRow { key: "new".into(), heading: "New".into(), more: Default::default(), items: vec![card("a"), card("b")] };
        let hero = HeroTitle { card: card("a"), synopsis: None };
        update(&mut state, Action::HomeAnswered(Ok(Home { hero: vec![hero], rows: vec![row], missing: Vec::new() })));
        let listed = &state.home.ready().unwrap().rows[0].items;
        assert_eq!(listed.iter().map(TitleId::as_str).collect::<Vec<_>>(), ["a", "b"]);
        let renamed = contract::catalog::TitleCard { title: "Alien".into(), ..card("a") };
        update(&mut state, Action::SimilarAnswered { id: "x".parse().unwrap(), answer: Ok(vec![renamed]) });
        assert_eq!(state.titles.get(&"a".parse().unwrap()).unwrap().title, "Alien");
    }

    #[test]
    fn a_list_on_the_screen_survives_a_failed_refresh() {
        let mut state = begun();
        update(&mut state, Action::Opened(Route::Home));
        update(&mut state, Action::ContinueAnswered(Err(Problem::new(Code::Unreachable))));
        assert_eq!(state.continue_watching.ready().unwrap().len(), 2);
    }

    #[test]
    fn preparation_is_asked_for_again_while_there_is_some() {
        let mut state = State::default();
        let job = contract::discovery::Job { name: "x".into(), stage: "y".into(), percent: 3 };
        let effects = update(&mut state, Action::PreparationAnswered(Ok(Preparation { jobs: vec![job] })));
        assert!(matches!(effects.as_slice(), [Effect::After { timer: Timer::Preparation, .. }]));
        let effects = update(&mut state, Action::PreparationAnswered(Ok(Preparation::default())));
        assert!(matches!(effects.as_slice(), [Effect::Send(Request::Home(_))]));
    }
}
