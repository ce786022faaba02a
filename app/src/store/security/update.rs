//! What follows from what happens to an account's protection: pure, a test is a script of actions.

use contract::{
    Code,
    identity::{DeletePasskey, GetSecurity, Passkey, RecoveryCodes, StartTotp},
};

use super::{Security, SecurityAction as Action, SecurityEffect as Effect, SecurityQuestion as Question};
use crate::{
    route::Route,
    store::{
        Load,
        action::Answer,
        step_up::{Next, StepUpAction},
    },
};

/// The next state, in place, and what is to be done outside of it.
pub fn update(state: &mut Security, action: Action) -> Vec<Effect> {
    match action {
        Action::Opened(route) => opened(state, &route),
        Action::RetryWanted => overview(state),
        Action::OverviewAnswered(answer) => {
            state.overview = answer.into();
            Vec::new()
        }
        Action::TotpWanted => totp_wanted(state),
        Action::TotpStarted(answer) => {
            state.totp = answer.into();
            Vec::new()
        }
        Action::TotpGivenUp => {
            (state.totp, state.change) = (Load::Idle, Load::Idle);
            Vec::new()
        }
        Action::ConfirmWanted(call) => change(state, Question::Confirm(call)),
        Action::RenewWanted(call) => change(state, Question::Renew(call)),
        Action::CodesAnswered(answer) => codes_answered(state, answer),
        Action::CopyWanted => state.codes.clone().map(|codes| Effect::Ask(Question::Copy(codes))).into_iter().collect(),
        Action::Copied(is_done) => {
            vec![Effect::note(if is_done {
                "The codes are on the clipboard."
            } else {
                "The browser did not copy them: download them."
            })]
        }
        Action::CodesKept => {
            state.codes = None;
            Vec::new()
        }
        Action::RemoveWanted(call) => change(state, Question::Remove(call)),
        Action::Removed(answer) => removed(state, answer),
        Action::PasskeyWanted => passkey(state, Question::AddPasskey),
        Action::PasskeyAnswered(answer) => passkey_answered(state, answer),
        Action::PasskeyRemovalWanted { id } => passkey(state, Question::DeletePasskey(DeletePasskey { id })),
        Action::PasskeyRemoved(answer) => passkey_changed(state, answer, "The passkey is removed."),
        Action::Held(question) => vec![Effect::Ask(Question::StepUp(state.step_up.hold(question)))],
        Action::StepUp(action) => stepped_up(state, action),
    }
}

/// What was held is still on its way, as far as its button knows.
fn stepped_up(state: &mut Security, action: StepUpAction) -> Vec<Effect> {
    match state.step_up.update(action) {
        Next::Nothing => Vec::new(),
        Next::Ask(question) => vec![Effect::Ask(Question::StepUp(question))],
        Next::Again(question) => vec![Effect::Ask(question)],
        Next::Dropped => {
            if state.totp == Load::Pending {
                state.totp = Load::Idle;
            }
            (state.change, state.passkey) = (Load::Idle, Load::Idle);
            Vec::new()
        }
    }
}

/// Secrets and codes are gone with the page.
fn opened(state: &mut Security, route: &Route) -> Vec<Effect> {
    *state = Security::default();
    match route {
        Route::Account => overview(state),
        Route::Home
        | Route::Browse { .. }
        | Route::Search { .. }
        | Route::Title { .. }
        | Route::Watch { .. }
        | Route::SignIn { .. }
        | Route::Profiles
        | Route::Operator(_)
        | Route::Settings
        | Route::NotFound => Vec::new(),
    }
}

fn overview(state: &mut Security) -> Vec<Effect> {
    state.overview = Load::Pending;
    vec![ask_again()]
}

/// The overview that is on the screen stays until the new one is there.
const fn ask_again() -> Effect {
    Effect::Ask(Question::Overview(GetSecurity {}))
}

fn totp_wanted(state: &mut Security) -> Vec<Effect> {
    state.change = Load::Idle;
    if !state.totp.ask_once() {
        return Vec::new();
    }
    vec![Effect::Ask(Question::StartTotp(StartTotp {}))]
}

/// One at a time.
fn change(state: &mut Security, question: Question) -> Vec<Effect> {
    if state.change == Load::Pending {
        return Vec::new();
    }
    state.change = Load::Pending;
    vec![Effect::Ask(question)]
}

fn codes_answered(state: &mut Security, answer: Answer<RecoveryCodes>) -> Vec<Effect> {
    match answer {
        Ok(codes) => {
            state.codes = Some(codes);
            (state.totp, state.change) = (Load::Idle, Load::Ready(()));
            vec![Effect::note("Keep your recovery codes now: they are shown once."), ask_again()]
        }
        // It is on: the answer that said so, and had the codes, was lost.
        Err(problem) if problem.code == Code::LimitReached => {
            (state.totp, state.change) = (Load::Idle, Load::Idle);
            vec![Effect::note("The app is on already. Make new recovery codes, and keep them."), ask_again()]
        }
        Err(problem) => {
            state.change = Load::Failed(problem);
            Vec::new()
        }
    }
}

fn removed(state: &mut Security, answer: Answer<()>) -> Vec<Effect> {
    state.change = answer.into();
    match state.change {
        Load::Ready(()) => {
            state.codes = None;
            vec![Effect::note("The authenticator app is turned off."), ask_again()]
        }
        Load::Idle | Load::Pending | Load::Failed(_) => Vec::new(),
    }
}

fn passkey(state: &mut Security, question: Question) -> Vec<Effect> {
    if state.passkey == Load::Pending {
        return Vec::new();
    }
    state.passkey = Load::Pending;
    vec![Effect::Ask(question)]
}

fn passkey_answered(state: &mut Security, answer: Option<Answer<Passkey>>) -> Vec<Effect> {
    match answer {
        Some(answer) => passkey_changed(state, answer.map(|_| ()), "The passkey is added."),
        None => {
            state.passkey = Load::Idle;
            vec![Effect::note("No passkey was added.")]
        }
    }
}

fn passkey_changed(state: &mut Security, answer: Answer<()>, words: &str) -> Vec<Effect> {
    state.passkey = answer.into();
    match state.passkey {
        Load::Ready(()) => vec![Effect::note(words), ask_again()],
        Load::Idle | Load::Pending | Load::Failed(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use contract::{
        Code, Problem,
        identity::{ConfirmTotp, NewTotp, RemoveTotp},
    };

    use super::*;
    use crate::store::step_up::StepUpQuestion;

    fn secret() -> NewTotp {
        NewTotp { secret: "GEZD".into(), uri: "otpauth://totp/x".into(), qr_svg: "<svg></svg>".into() }
    }

    fn codes() -> RecoveryCodes {
        RecoveryCodes { recovery_codes: vec!["abcd-efgh-1021".into()] }
    }

    fn confirm() -> Action {
        Action::ConfirmWanted(ConfirmTotp { code: "123456".into() })
    }

    #[test]
    fn an_app_is_told_a_secret_and_proves_itself_and_then_the_codes_are_shown_once() {
        let mut state = Security::default();
        assert_eq!(update(&mut state, Action::Opened(Route::Account)), [ask_again()]);
        assert_eq!(update(&mut state, Action::TotpWanted), [Effect::Ask(Question::StartTotp(StartTotp {}))]);
        assert_eq!(update(&mut state, Action::TotpWanted), [], "a second press");
        update(&mut state, Action::TotpStarted(Err(Problem::new(Code::Unreachable))));
        assert_eq!(update(&mut state, Action::TotpWanted).len(), 1, "once the network is back");
        update(&mut state, Action::TotpStarted(Ok(secret())));
        assert_eq!(update(&mut state, confirm()).len(), 1);
        assert_eq!(update(&mut state, confirm()), [], "a second press");
        update(&mut state, Action::CodesAnswered(Err(Problem::new(Code::WrongCredentials))));
        assert_eq!((state.refusal().map(|it| it.code), state.totp.ready()), (Some(Code::WrongCredentials), Some(&secret())));
        update(&mut state, confirm());
        let on = update(&mut state.clone(), Action::CodesAnswered(Err(Problem::new(Code::LimitReached))));
        assert_eq!(on.last(), Some(&ask_again()), "it is on, and the answer with the codes was lost");
        let effects = update(&mut state, Action::CodesAnswered(Ok(codes())));
        assert_eq!(effects.last(), Some(&ask_again()));
        assert_eq!((state.totp.ready(), state.codes.clone()), (None, Some(codes())));
        assert_eq!(update(&mut state, Action::CopyWanted), [Effect::Ask(Question::Copy(codes()))]);
        update(&mut state, Action::CodesKept);
        assert_eq!(update(&mut state, Action::CopyWanted), []);
    }

    #[test]
    fn secrets_and_codes_are_gone_with_the_page_and_never_written_into_one() {
        let mut state = Security { totp: Load::Ready(secret()), codes: Some(codes()), ..Security::default() };
        let written = serde_json::to_string(&state).unwrap();
        assert!(!written.contains("GEZD") && !written.contains("abcd"), "{written}");
        assert!(!format!("{:?}", Action::TotpStarted(Ok(secret()))).contains("GEZD"));
        assert_eq!(update(&mut state, Action::Opened(Route::Home)), []);
        assert_eq!(state, Security::default());
    }

    #[test]
    fn what_is_turned_off_is_looked_at_again_and_what_was_refused_is_said() {
        let mut state = Security { codes: Some(codes()), ..Security::default() };
        let call = RemoveTotp { password: "wrong".into() };
        assert_eq!(update(&mut state, Action::RemoveWanted(call.clone())), [Effect::Ask(Question::Remove(call))]);
        assert_eq!(update(&mut state, Action::Removed(Err(Problem::new(Code::WrongCredentials)))), []);
        assert!(state.refusal().is_some() && state.codes.is_some());
        assert_eq!(update(&mut state, Action::Removed(Ok(()))).last(), Some(&ask_again()));
        assert_eq!(state.codes, None);
    }

    #[test]
    fn a_change_that_wants_a_factor_first_goes_on_once_it_is_shown_and_is_free_again_when_it_is_not() {
        let mut state = Security::default();
        update(&mut state, Action::PasskeyWanted);
        let ways = Effect::Ask(Question::StepUp(StepUpQuestion::Ways));
        assert_eq!(update(&mut state, Action::Held(Question::AddPasskey)), [ways]);
        assert!(state.step_up.is_wanted() && state.passkey == Load::Pending);
        update(&mut state, Action::StepUp(StepUpAction::PasskeyWanted));
        let again = update(&mut state, Action::StepUp(StepUpAction::Answered(Some(Ok(())))));
        assert_eq!(again, [Effect::Ask(Question::AddPasskey)]);
        update(&mut state, Action::Held(Question::AddPasskey));
        update(&mut state, Action::StepUp(StepUpAction::GivenUp));
        assert_eq!(state, Security::default());
    }

    #[test]
    fn a_passkey_that_the_viewer_did_not_make_after_all_is_no_failure() {
        let mut state = Security::default();
        assert_eq!(update(&mut state, Action::PasskeyWanted), [Effect::Ask(Question::AddPasskey)]);
        assert_eq!(update(&mut state, Action::PasskeyWanted), [], "a second press");
        assert_eq!(update(&mut state, Action::PasskeyAnswered(None)), [Effect::note("No passkey was added.")]);
        assert_eq!(state.passkey, Load::Idle);
    }
}
