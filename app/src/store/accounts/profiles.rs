//! Who watches with an account: choosing, making, changing and taking away profiles. Pure.

use contract::{
    identity::{ListProfiles, Profile, SelectProfile},
    ids::ProfileId,
};

use super::{Accounts, AccountsEffect as Effect, AccountsRequest as Request, update::loads};
use crate::{
    route::Route,
    store::{
        Submission,
        action::Response,
        step_up::{Next, StepUp, StepUpAction},
    },
};

/// The page: profiles are few and may have changed on another device, so they are asked for each time.
pub fn opened(state: &mut Accounts) -> Vec<Effect> {
    form_opened(state);
    state.profiles.refresh(());
    vec![Effect::Send(Request::Profiles(ListProfiles {}))]
}

/// The menu: what was wrong with an earlier choice is forgotten, and one that is on its way goes on.
pub fn menu_opened(state: &mut Accounts) -> Vec<Effect> {
    if state.choosing.failed().is_some() {
        state.choosing = Submission::Idle;
    }
    state.profiles.refresh(());
    vec![Effect::Send(Request::Profiles(ListProfiles {}))]
}

/// After signing in, whoever is alone goes back to where that began, and others say first who they are. Everything on the screen was somebody
/// else's, so it is loaded anew.
pub fn answered(state: &mut Accounts, answer: Response<Vec<Profile>>) -> Vec<Effect> {
    let has_choice = answer.as_ref().is_ok_and(|profiles| profiles.len() > 1);
    state.profiles.answer(&(), answer);
    match state.entering {
        Submission::Done => {
            let from = came_from(state);
            vec![loads(if has_choice { from.profiles() } else { from }.href())]
        }
        Submission::Idle | Submission::Pending | Submission::Failed(_) => Vec::new(),
    }
}

pub fn select_wanted(state: &mut Accounts, call: SelectProfile) -> Vec<Effect> {
    state.choosing.begin().then_some(Effect::Send(Request::Select(call))).into_iter().collect()
}

pub fn selected(state: &mut Accounts, answer: Response<Profile>) -> Vec<Effect> {
    // Somebody else watches now, whatever page they look at.
    let chosen = state.choosing.end(answer);
    chosen.map(|_| loads(came_from(state).href())).into_iter().collect()
}

/// Where the viewer was before they signed in, or were to say who watches; home where nobody said.
fn came_from(state: &Accounts) -> Route {
    match &state.page {
        Some(Route::SignIn { from, .. } | Route::Profiles { from, .. }) => from.as_deref().cloned().unwrap_or_default(),
        Some(_) | None => Route::Home,
    }
}

/// What was held is still on its way, as far as its button knows.
pub fn stepped_up(state: &mut Accounts, action: StepUpAction) -> Vec<Effect> {
    match state.step_up.update(action) {
        Next::Nothing => Vec::new(),
        Next::Send(request) => vec![Effect::Send(Request::StepUp(request))],
        Next::Again(request) => vec![Effect::Send(request)],
        Next::Dropped => form_opened(state),
    }
}

pub fn form_opened(state: &mut Accounts) -> Vec<Effect> {
    state.step_up = StepUp::default();
    state.choosing = Submission::Idle;
    state.saving = Submission::Idle;
    Vec::new()
}

/// Making, changing or taking away, unless one of these is on its way already.
pub fn save(state: &mut Accounts, request: Request) -> Vec<Effect> {
    state.saving.begin().then_some(Effect::Send(request)).into_iter().collect()
}

pub fn saved(state: &mut Accounts, answer: Response<Profile>) -> Vec<Effect> {
    let Some(profile) = state.saving.end(answer) else { return Vec::new() };
    state.profiles.refresh(());
    vec![Effect::note(format!("{} is saved.", profile.name)), Effect::Send(Request::Profiles(ListProfiles {}))]
}

/// Where the profile that watched is gone, somebody else does from now on.
pub fn deleted(state: &mut Accounts, id: &ProfileId, answer: Response<()>) -> Vec<Effect> {
    if state.saving.end(answer).is_none() {
        return Vec::new();
    }
    let was_watching =
        state.profiles.ready().is_some_and(|all| all.iter().any(|profile| profile.is_current && profile.id == *id));
    if was_watching {
        return vec![loads(Route::Home.profiles().href())];
    }
    state.profiles.refresh(());
    vec![Effect::note("The profile is deleted."), Effect::Send(Request::Profiles(ListProfiles {}))]
}

#[cfg(test)]
mod tests {
    use contract::{
        Code, Problem,
        identity::{DeleteProfile, GetIdentity},
    };

    use super::*;
    use crate::store::{
        Resource,
        accounts::{AccountsAction as Action, update::update},
        step_up::StepUpRequest,
    };

    fn profile(id: &str, is_current: bool) -> Profile {
        Profile {
            id: id.parse().unwrap(),
            name: id.to_owned(),
            colour: "#57d39b".to_owned(),
            maturity: None,
            language: None,
            has_pin: false,
            version: 1,
            is_current,
        }
    }

    #[test]
    fn after_signing_in_whoever_is_alone_goes_home_and_others_say_who_they_are() {
        let mut state = Accounts { entering: Submission::Done, ..Accounts::default() };
        assert_eq!(update(&mut state, Action::ProfilesAnswered(Ok(vec![profile("a", true)]))), [loads(Route::Home.href())]);
        let two = vec![profile("a", true), profile("b", false)];
        assert_eq!(update(&mut state, Action::ProfilesAnswered(Ok(two))), [loads("/profiles".to_owned())]);
        let unknown = Action::ProfilesAnswered(Err(Problem::internal()));
        assert_eq!(update(&mut state, unknown), [loads(Route::Home.href())], "no reason to stay out");
    }

    #[test]
    fn who_signed_in_goes_back_to_where_that_began_also_by_way_of_the_choice() {
        let film = Route::watch("f".parse().unwrap());
        let entered = || Accounts { entering: Submission::Done, page: Some(film.clone().sign_in()), ..Accounts::default() };
        let alone = update(&mut entered(), Action::ProfilesAnswered(Ok(vec![profile("a", true)])));
        assert_eq!(alone, [loads("/watch/f".to_owned())]);
        let two = vec![profile("a", true), profile("b", false)];
        let choice = update(&mut entered(), Action::ProfilesAnswered(Ok(two)));
        assert_eq!(choice, [loads("/profiles?from=%2Fwatch%2Ff".to_owned())]);
        let mut state = Accounts::default();
        update(&mut state, Action::Opened(Route::parse("/profiles", "from=%2Fwatch%2Ff")));
        state.choosing = Submission::Pending;
        assert_eq!(update(&mut state, Action::Selected(Ok(profile("b", true)))), [loads("/watch/f".to_owned())]);
    }

    #[test]
    fn the_menu_asks_for_profiles_or_how_one_signs_in_and_forgets_what_was_wrong_before() {
        let mut state = Accounts { choosing: Submission::Failed(Problem::internal()), ..Accounts::default() };
        let asked = update(&mut state, Action::MenuOpened { is_signed_in: true });
        assert_eq!(asked, [Effect::Send(Request::Profiles(ListProfiles {}))]);
        assert_eq!(state.choosing, Submission::Idle);
        let asked = update(&mut Accounts::default(), Action::MenuOpened { is_signed_in: false });
        assert_eq!(asked, [Effect::Send(Request::Identity(GetIdentity {}))]);
        update(&mut state, Action::ProfilesAnswered(Ok(vec![profile("a", true)])));
        assert!(state.profiles.ready().is_some(), "also on a page that is none of the slice's");
    }

    #[test]
    fn a_wrong_pin_stays_on_the_page_and_the_right_one_loads_it_anew() {
        let mut state = Accounts::default();
        let call = SelectProfile { id: "a".parse().unwrap(), pin: Some("1234".to_owned()) };
        let asked = [Effect::Send(Request::Select(call.clone()))];
        assert_eq!(update(&mut state, Action::SelectWanted(call.clone())), asked);
        assert_eq!(update(&mut state, Action::SelectWanted(call.clone())), [], "a second press");
        assert_eq!(update(&mut state, Action::Selected(Err(Problem::new(Code::WrongCredentials)))), []);
        assert_eq!(update(&mut state, Action::SelectWanted(call)), asked);
        assert!(!state.has_viewer_changed());
        assert_eq!(update(&mut state, Action::Selected(Ok(profile("a", true)))), [loads(Route::Home.href())]);
        assert!(state.has_viewer_changed());
    }

    #[test]
    fn a_choice_that_wants_a_factor_first_goes_on_once_it_is_shown_and_not_after_the_viewer_turned_away() {
        let mut state = Accounts::default();
        let call = SelectProfile { id: "a".parse().unwrap(), pin: None };
        update(&mut state, Action::SelectWanted(call.clone()));
        let ways = update(&mut state, Action::Held(Request::Select(call.clone())));
        assert_eq!(ways, [Effect::Send(Request::StepUp(StepUpRequest::Ways))]);
        assert_eq!(update(&mut state, Action::SelectWanted(call.clone())), [], "it is on its way");
        let shown = || Action::StepUp(StepUpAction::Answered(Some(Ok(()))));
        assert_eq!(update(&mut state, shown()), [Effect::Send(Request::Select(call.clone()))]);
        update(&mut state, Action::Held(Request::Select(call.clone())));
        update(&mut state, Action::ProfileFormOpened);
        assert_eq!(update(&mut state, shown()), []);
        assert_eq!(update(&mut state, Action::SelectWanted(call.clone())), [Effect::Send(Request::Select(call))]);
    }

    #[test]
    fn a_refused_save_is_kept_until_the_form_is_left() {
        let mut state = Accounts::default();
        let call = DeleteProfile { id: "a".parse().unwrap() };
        update(&mut state, Action::ProfileDeleteWanted(call));
        let refused = Err(Problem::new(Code::LimitReached));
        assert_eq!(update(&mut state, Action::ProfileDeleted { id: "a".parse().unwrap(), answer: refused }), []);
        assert_eq!(state.saving.failed().map(|problem| problem.code), Some(Code::LimitReached));
        update(&mut state, Action::ProfileFormOpened);
        assert_eq!(state.saving, Submission::Idle);
    }

    #[test]
    fn when_the_profile_that_watches_is_deleted_the_screen_is_somebody_elses() {
        let profiles = Resource::of((), vec![profile("a", true), profile("b", false)]);
        let mut state = Accounts { profiles, saving: Submission::Pending, ..Accounts::default() };
        let deleted = |id: &str| Action::ProfileDeleted { id: id.parse().unwrap(), answer: Ok(()) };
        assert_eq!(update(&mut state, deleted("a")), [loads("/profiles".to_owned())]);
        let other = update(&mut state, deleted("b"));
        assert_eq!(other, [Effect::note("The profile is deleted."), Effect::Send(Request::Profiles(ListProfiles {}))]);
    }
}
