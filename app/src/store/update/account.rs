//! Signing in and out, and one's own account.

use contract::{
    Code,
    identity::{
        Account, ChangePassword, EndOtherSignIns, EndSignIn, GetIdentity, Identity, ListSignIns, SignOut, SignedInDevice,
    },
    ids::SignInId,
};

use super::{notices, route::ask_once};
use crate::{
    route::Route,
    store::{Effect, Load, Question, State, action::Answer},
};

/// The page to sign in: how one can, is asked once.
pub fn sign_in_opened(state: &mut State) -> Vec<Effect> {
    state.account.entering = Load::Idle;
    ask_once(&mut state.account.identity, Question::Identity(GetIdentity {})).into_iter().collect()
}

/// The account's page.
pub fn opened(state: &mut State) -> Vec<Effect> {
    state.account.password = Load::Idle;
    let identity = ask_once(&mut state.account.identity, Question::Identity(GetIdentity {}));
    identity.into_iter().chain(devices(state)).collect()
}

pub fn identity_answered(state: &mut State, answer: Answer<Identity>) -> Vec<Effect> {
    state.account.identity = answer.into();
    if state.route == Route::Account { devices(state).into_iter().collect() } else { Vec::new() }
}

/// Devices come and go, so they are asked for each time. A guest has none.
fn devices(state: &mut State) -> Option<Effect> {
    state.account.identity.ready()?.account.as_ref()?;
    state.account.devices = Load::Pending;
    Some(Effect::Ask(Question::Devices(ListSignIns {})))
}

/// Signing in or setting up, unless one is on its way already.
pub fn entering(state: &mut State, question: Question) -> Vec<Effect> {
    if state.account.entering == Load::Pending {
        return Vec::new();
    }
    state.account.entering = Load::Pending;
    vec![Effect::Ask(question)]
}

/// Everything on the screen was somebody else's: it is loaded anew.
pub fn entered(state: &mut State, answer: Answer<Account>) -> Vec<Effect> {
    match answer {
        Ok(_) => {
            state.account.entering = Load::Ready(());
            vec![Effect::Load(Route::Home)]
        }
        Err(problem) => {
            state.account.entering = Load::Failed(problem);
            Vec::new()
        }
    }
}

pub fn sign_out_wanted() -> Vec<Effect> {
    vec![Effect::Ask(Question::SignOut(SignOut {}))]
}

pub fn left(state: &mut State, answer: Answer<()>) -> Vec<Effect> {
    match answer {
        Ok(()) => vec![Effect::Load(Route::Home)],
        Err(problem) => notices::toast(state, problem.title, None),
    }
}

pub fn devices_answered(state: &mut State, answer: Answer<Vec<SignedInDevice>>) -> Vec<Effect> {
    state.account.devices = answer.into();
    Vec::new()
}

pub fn end_device_wanted(id: SignInId) -> Vec<Effect> {
    vec![Effect::Ask(Question::EndDevice(EndSignIn { id }))]
}

pub fn end_other_devices_wanted() -> Vec<Effect> {
    vec![Effect::Ask(Question::EndOtherDevices(EndOtherSignIns {}))]
}

/// One that was signed out already is as good as one that was signed out now.
pub fn devices_ended(state: &mut State, answer: Answer<()>) -> Vec<Effect> {
    let mut effects = match answer {
        Err(problem) if problem.code != Code::NotFound => notices::toast(state, problem.title, None),
        Ok(()) | Err(_) => notices::toast(state, "Signed out.".to_owned(), None),
    };
    effects.push(Effect::Ask(Question::Devices(ListSignIns {})));
    effects
}

pub fn password_wanted(state: &mut State, call: ChangePassword) -> Vec<Effect> {
    state.account.password = Load::Pending;
    vec![Effect::Ask(Question::Password(call))]
}

pub fn password_answered(state: &mut State, answer: Answer<()>) -> Vec<Effect> {
    let is_changed = answer.is_ok();
    state.account.password = answer.into();
    if !is_changed {
        return Vec::new();
    }
    let mut effects = notices::toast(state, "Your password is changed. Every other device is signed out.".to_owned(), None);
    effects.push(Effect::Ask(Question::Devices(ListSignIns {})));
    effects
}

#[cfg(test)]
mod tests {
    use contract::{Problem, identity::SignIn};

    use super::*;
    use crate::store::{Action, update::update};

    fn call() -> SignIn {
        SignIn { login: "ada".into(), password: "secret".into() }
    }

    #[test]
    fn signing_in_is_asked_once_and_loads_the_screen_anew() {
        let mut state = State::default();
        let asked = update(&mut state, Action::SignInWanted(call()));
        assert_eq!(asked, [Effect::Ask(Question::SignIn(call()))]);
        assert_eq!(update(&mut state, Action::SignInWanted(call())), [], "a second press");
        let refused = update(&mut state, Action::Entered(Err(Problem::new(Code::WrongCredentials))));
        assert_eq!(refused, []);
        assert_eq!(state.account.entering.failed().map(|problem| problem.code), Some(Code::WrongCredentials));
        update(&mut state, Action::SignInWanted(call()));
        let account = Account {
            id: "a".parse().unwrap(),
            login: "ada".into(),
            name: "Ada".into(),
            email: None,
            role: contract::identity::AccountRole::Operator,
            is_disabled: false,
            provider: None,
            created: 0,
        };
        assert_eq!(update(&mut state, Action::Entered(Ok(account))), [Effect::Load(Route::Home)]);
    }

    #[test]
    fn a_device_that_is_gone_already_is_signed_out_all_the_same() {
        let mut state = State::default();
        let effects = update(&mut state, Action::DevicesEnded(Err(Problem::not_found("device"))));
        assert!(effects.contains(&Effect::Ask(Question::Devices(ListSignIns {}))));
        assert_eq!(state.notices.toasts[0].text, "Signed out.");
    }

    #[test]
    fn what_carries_a_secret_says_so_and_shows_nothing_of_it() {
        let action = Action::SignInWanted(call());
        assert!(action.is_secret());
        assert!(!format!("{action:?}").contains("secret"));
        assert!(!Action::SignOutWanted.is_secret());
    }
}
