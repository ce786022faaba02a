//! What follows from what happens to accounts: pure, a test is a script of actions.

use contract::{
    Code,
    identity::{Account, EndOtherSignIns, EndSignIn, GetIdentity, Identity, ListProfiles, ListSignIns, SignOut, SignedOut},
};

use super::{Accounts, AccountsAction as Action, AccountsEffect as Effect, AccountsRequest as Request, profiles};
use crate::{
    route::Route,
    store::{Submission, action::Response},
};

/// The next state, in place, and what is to be done outside of it.
pub fn update(state: &mut Accounts, action: Action) -> Vec<Effect> {
    match action {
        Action::Opened(route) => opened(state, route),
        Action::RetryWanted => retry(state),
        Action::MenuOpened { is_signed_in: true } => profiles::menu_opened(state),
        // Whether there is an account to sign in with.
        Action::MenuOpened { is_signed_in: false } => identity(state).into_iter().collect(),
        Action::IdentityAnswered(answer) => identity_answered(state, answer),
        Action::SetUpWanted(call) => entering(state, Request::SetUp(call)),
        Action::SignInWanted(call) => entering(state, Request::SignIn(call)),
        Action::CodeGivenUp => {
            (state.needs_code, state.entering) = (false, Submission::Idle);
            Vec::new()
        }
        Action::PasskeyWanted { replaces_oldest } => entering(state, Request::SignInWithPasskey { replaces_oldest }),
        Action::PasskeyGivenUp => {
            state.entering = Submission::Idle;
            vec![Effect::note("No passkey was used.")]
        }
        Action::Entered(answer) => entered(state, answer),
        Action::SignOutWanted => {
            state.leaving.begin().then_some(Effect::Send(Request::SignOut(SignOut {}))).into_iter().collect()
        }
        Action::Left(answer) => left(state, answer),
        Action::DevicesAnswered(answer) => {
            state.devices.answer(&(), answer);
            Vec::new()
        }
        Action::EndDeviceWanted { id } => vec![Effect::Send(Request::EndDevice(EndSignIn { id }))],
        Action::EndOtherDevicesWanted => vec![Effect::Send(Request::EndOtherDevices(EndOtherSignIns {}))],
        Action::DevicesEnded(answer) => devices_ended(state, answer),
        Action::PasswordWanted(call) => {
            state.password.begin().then_some(Effect::Send(Request::Password(call))).into_iter().collect()
        }
        Action::PasswordAnswered(answer) => password_answered(state, answer),
        Action::ProfilesAnswered(answer) => profiles::answered(state, answer),
        Action::SelectWanted(call) => profiles::select_wanted(state, call),
        Action::Selected(answer) => profiles::selected(state, answer),
        Action::ProfileFormOpened => profiles::form_opened(state),
        Action::ProfileWanted(call) => profiles::save(state, Request::ReplaceProfile(call)),
        Action::ProfileDeleteWanted(call) => profiles::save(state, Request::DeleteProfile(call)),
        Action::ProfileSaved(answer) => profiles::saved(state, answer),
        Action::ProfileDeleted { id, answer } => profiles::deleted(state, &id, answer),
        Action::Held(request) => vec![Effect::Send(Request::StepUp(state.step_up.hold(request)))],
        Action::StepUp(action) => profiles::stepped_up(state, action),
    }
}

/// One of the pages was opened, or the viewer went elsewhere.
fn opened(state: &mut Accounts, route: Route) -> Vec<Effect> {
    state.page = None;
    let effects = if let Route::SignIn { .. } = route {
        (state.entering, state.needs_code) = (Submission::Idle, false);
        identity(state).into_iter().collect()
    } else if route == Route::Account {
        state.password = Submission::Idle;
        identity(state).into_iter().chain(devices(state)).collect()
    } else if let Route::Profiles { .. } = route {
        profiles::opened(state)
    } else {
        return Vec::new();
    };
    state.page = Some(route);
    effects
}

fn retry(state: &mut Accounts) -> Vec<Effect> {
    state.identity.forget_failure();
    state.devices.forget_failure();
    state.profiles.forget_failure();
    state.page.clone().map_or_else(Vec::new, |page| opened(state, page))
}

/// Who asks and how one can sign in: asked once, for a change of it loads the screen anew.
fn identity(state: &mut Accounts) -> Option<Effect> {
    state.identity.load(()).then_some(Effect::Send(Request::Identity(GetIdentity {})))
}

fn identity_answered(state: &mut Accounts, answer: Response<Identity>) -> Vec<Effect> {
    state.identity.answer(&(), answer);
    if state.page == Some(Route::Account) { devices(state).into_iter().collect() } else { Vec::new() }
}

/// Devices come and go, so they are asked for each time. A guest has none.
fn devices(state: &mut Accounts) -> Option<Effect> {
    state.identity.ready()?.account.as_ref()?;
    state.devices.refresh(());
    Some(Effect::Send(Request::Devices(ListSignIns {})))
}

/// Signing in or setting up, unless one is on its way already.
fn entering(state: &mut Accounts, request: Request) -> Vec<Effect> {
    state.entering.begin().then_some(Effect::Send(request)).into_iter().collect()
}

fn entered(state: &mut Accounts, answer: Response<Account>) -> Vec<Effect> {
    if answer.as_ref().is_err_and(|problem| problem.code == Code::SecondFactorRequired) {
        (state.needs_code, state.entering) = (true, Submission::Idle);
        return Vec::new();
    }
    // By whoever asks, where the answer was lost, or by somebody else: the page looks anew.
    if answer.as_ref().is_err_and(|problem| problem.code == Code::AlreadySetUp) {
        let page = state.page.clone().unwrap_or_default();
        return vec![loads(page.sign_in().href())];
    }
    if state.entering.end(answer).is_none() {
        return Vec::new();
    }
    // Somebody is signed in now, whatever page they look at. Who of them watches may have to be asked first.
    state.entering = Submission::Done;
    state.profiles.refresh(());
    vec![Effect::Send(Request::Profiles(ListProfiles {}))]
}

/// Out of here; and where one entered through a provider, out of there.
fn left(state: &mut Accounts, answer: Response<SignedOut>) -> Vec<Effect> {
    state.leaving = if answer.is_ok() { Submission::Done } else { Submission::Idle };
    vec![match answer {
        Ok(SignedOut { next }) => loads(next.unwrap_or_else(|| Route::Home.href())),
        Err(problem) => Effect::note(problem.title),
    }]
}

/// One that was signed out already is as good as one that was signed out now.
fn devices_ended(state: &mut Accounts, answer: Response<()>) -> Vec<Effect> {
    let said = match answer {
        Err(problem) if problem.code != Code::NotFound => Effect::note(problem.title),
        Ok(()) | Err(_) => Effect::note("Signed out."),
    };
    state.devices.refresh(());
    vec![said, Effect::Send(Request::Devices(ListSignIns {}))]
}

fn password_answered(state: &mut Accounts, answer: Response<()>) -> Vec<Effect> {
    if state.password.end(answer).is_none() {
        return Vec::new();
    }
    state.devices.refresh(());
    vec![
        Effect::note("Your password is changed. You are signed out on all other devices, and your API tokens no longer work."),
        Effect::Send(Request::Devices(ListSignIns {})),
    ]
}

/// The viewer is somebody else from now on.
pub(super) fn loads(address: String) -> Effect {
    Effect::tell(crate::store::Action::ViewerChanged { address })
}

#[cfg(test)]
mod tests {
    use contract::{
        Problem,
        identity::{AccountRole, SignIn},
    };

    use super::*;

    fn call() -> SignIn {
        SignIn { login: "ada".into(), password: "secret".into(), ..SignIn::default() }
    }

    fn account() -> Account {
        Account {
            id: "a".parse().unwrap(),
            login: "ada".into(),
            name: "Ada".into(),
            email: None,
            role: AccountRole::Operator,
            is_disabled: false,
            provider: None,
            created: 0,
            is_kept_operator: false,
        }
    }

    #[test]
    fn signing_in_is_asked_once_and_then_who_watches() {
        let mut state = Accounts::default();
        let asked = update(&mut state, Action::SignInWanted(call()));
        assert_eq!(asked, [Effect::Send(Request::SignIn(call()))]);
        assert_eq!(update(&mut state, Action::SignInWanted(call())), [], "a second press");
        let refused = update(&mut state, Action::Entered(Err(Problem::new(Code::WrongCredentials))));
        assert_eq!(refused, []);
        assert_eq!(state.refusal().map(|problem| problem.code), Some(Code::WrongCredentials));
        update(&mut state, Action::SignInWanted(call()));
        let asked = update(&mut state, Action::Entered(Ok(account())));
        assert_eq!(asked, [Effect::Send(Request::Profiles(ListProfiles {}))]);
    }

    #[test]
    fn a_code_is_the_next_step_and_no_failure_and_a_wrong_one_leaves_it_there() {
        let mut state = Accounts::default();
        update(&mut state, Action::SignInWanted(call()));
        assert_eq!(update(&mut state, Action::Entered(Err(Problem::new(Code::SecondFactorRequired)))), []);
        assert_eq!((state.needs_code, &state.entering), (true, &Submission::Idle));
        update(&mut state, Action::SignInWanted(SignIn { code: Some("000000".into()), ..call() }));
        update(&mut state, Action::Entered(Err(Problem::new(Code::WrongCredentials))));
        assert!(state.needs_code && state.refusal().is_some());
        update(&mut state, Action::CodeGivenUp);
        assert_eq!(state, Accounts::default());
    }

    #[test]
    fn where_somebody_set_up_already_the_page_looks_who_that_was() {
        let mut state = Accounts { entering: Submission::Pending, ..Accounts::default() };
        let effects = update(&mut state, Action::Entered(Err(Problem::new(Code::AlreadySetUp))));
        assert_eq!(effects, [loads("/sign-in".to_owned())]);
    }

    #[test]
    fn a_passkey_that_was_not_used_after_all_is_no_failure() {
        let mut state = Accounts::default();
        let asked = update(&mut state, Action::PasskeyWanted { replaces_oldest: false });
        assert_eq!(asked, [Effect::Send(Request::SignInWithPasskey { replaces_oldest: false })]);
        assert_eq!(update(&mut state, Action::SignInWanted(call())), [], "one way in at a time");
        assert_eq!(update(&mut state, Action::PasskeyGivenUp), [Effect::note("No passkey was used.")]);
        assert_eq!(state, Accounts::default());
    }

    #[test]
    fn whoever_signs_out_does_so_once_and_the_viewer_is_another_only_where_the_server_agreed() {
        let mut state = Accounts::default();
        let asked = [Effect::Send(Request::SignOut(SignOut {}))];
        assert_eq!(update(&mut state, Action::SignOutWanted), asked);
        assert_eq!(update(&mut state, Action::SignOutWanted), [], "it is on its way");
        let away = Problem::new(Code::Unreachable);
        assert_eq!(update(&mut state, Action::Left(Err(away.clone()))), [Effect::note(away.title)]);
        assert!(!state.has_viewer_changed());
        assert_eq!(update(&mut state, Action::SignOutWanted), asked, "another try");
        assert_eq!(update(&mut state, Action::Left(Ok(SignedOut { next: None }))), [loads("/".to_owned())]);
        assert!(state.has_viewer_changed());
    }

    #[test]
    fn a_device_that_is_gone_already_is_signed_out_all_the_same() {
        let mut state = Accounts::default();
        let effects = update(&mut state, Action::DevicesEnded(Err(Problem::not_found("device"))));
        assert_eq!(effects, [Effect::note("Signed out."), Effect::Send(Request::Devices(ListSignIns {}))]);
    }

    #[test]
    fn devices_are_asked_for_each_time_and_never_for_a_guest() {
        let mut state = Accounts::default();
        assert_eq!(update(&mut state, Action::Opened(Route::Account)), [Effect::Send(Request::Identity(GetIdentity {}))]);
        assert_eq!(update(&mut state, Action::IdentityAnswered(Ok(Identity::default()))), []);
        let signed_in = Identity { account: Some(account()), ..Identity::default() };
        let asked = [Effect::Send(Request::Devices(ListSignIns {}))];
        assert_eq!(update(&mut state, Action::IdentityAnswered(Ok(signed_in))), asked);
        assert_eq!(update(&mut state, Action::Opened(Route::Home)), []);
        assert_eq!(update(&mut state, Action::Opened(Route::Account)), asked);
    }

    #[test]
    fn elsewhere_the_slice_is_as_if_it_were_not_so_that_a_page_carries_nothing_of_it() {
        let mut state = Accounts::default();
        assert_eq!(update(&mut state, Action::Opened(Route::Settings)), []);
        assert_eq!(state, Accounts::default());
    }

    #[test]
    fn what_carries_a_secret_shows_nothing_of_it() {
        assert!(!format!("{:?}", Action::SignInWanted(call())).contains("secret"));
    }
}
