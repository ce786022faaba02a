//! What follows from what happens to an account's protection: pure, a test is a script of actions.

use contract::{
    Code,
    identity::{DeletePasskey, GetSecurity, Passkey, RecoveryCodes, StartTotp},
};

use super::{Security, SecurityAction as Action, SecurityEffect as Effect, SecurityRequest as Request};
use crate::{
    route::Route,
    store::{
        Resource, Submission,
        action::Response,
        step_up::{Next, StepUpAction},
    },
};

/// The next state, in place, and what is to be done outside of it.
pub fn update(state: &mut Security, action: Action) -> Vec<Effect> {
    match action {
        Action::Opened(route) => opened(state, &route),
        Action::RetryWanted => overview(state),
        Action::OverviewAnswered(answer) => {
            state.overview.answer(&(), answer);
            Vec::new()
        }
        Action::TotpWanted => totp_wanted(state),
        Action::TotpStarted(answer) => {
            state.totp.answer(&(), answer);
            Vec::new()
        }
        Action::TotpGivenUp => {
            (state.totp, state.change) = (Resource::default(), Submission::Idle);
            Vec::new()
        }
        Action::ConfirmWanted(call) => change(state, Request::Confirm(call)),
        Action::RenewWanted(call) => change(state, Request::Renew(call)),
        Action::CodesAnswered(answer) => codes_answered(state, answer),
        Action::CopyWanted => state.codes.clone().map(|codes| Effect::Send(Request::Copy(codes))).into_iter().collect(),
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
        Action::RemoveWanted(call) => change(state, Request::Remove(call)),
        Action::Removed(answer) => removed(state, answer),
        Action::PasskeyWanted => passkey(state, Request::AddPasskey),
        Action::PasskeyAnswered(answer) => passkey_answered(state, answer),
        Action::PasskeyRemovalWanted { id } => passkey(state, Request::DeletePasskey(DeletePasskey { id })),
        Action::PasskeyRemoved(answer) => passkey_changed(state, answer, "The passkey is removed."),
        Action::Held(request) => vec![Effect::Send(Request::StepUp(state.step_up.hold(request)))],
        Action::StepUp(action) => stepped_up(state, action),
    }
}

/// What was held is still on its way, as far as its button knows.
fn stepped_up(state: &mut Security, action: StepUpAction) -> Vec<Effect> {
    match state.step_up.update(action) {
        Next::Nothing => Vec::new(),
        Next::Send(request) => vec![Effect::Send(Request::StepUp(request))],
        Next::Again(request) => vec![Effect::Send(request)],
        Next::Dropped => {
            if state.totp.is_loading() {
                state.totp = Resource::default();
            }
            (state.change, state.passkey) = (Submission::Idle, Submission::Idle);
            Vec::new()
        }
    }
}

/// Secrets and codes are gone with the page.
fn opened(state: &mut Security, route: &Route) -> Vec<Effect> {
    *state = Security::default();
    if *route == Route::Account { overview(state) } else { Vec::new() }
}

fn overview(state: &mut Security) -> Vec<Effect> {
    state.overview.refresh(());
    vec![Effect::Send(Request::Overview(GetSecurity {}))]
}

/// What is to be said, and the overview, which stays on the screen until the new one is there. ResumeOffer nobody looks at it.
fn said(state: &mut Security, words: &str) -> Vec<Effect> {
    let again = if state.overview.key().is_some() { overview(state) } else { Vec::new() };
    [Effect::note(words)].into_iter().chain(again).collect()
}

fn totp_wanted(state: &mut Security) -> Vec<Effect> {
    state.change = Submission::Idle;
    state.totp.load(()).then_some(Effect::Send(Request::StartTotp(StartTotp {}))).into_iter().collect()
}

/// One at a time.
fn change(state: &mut Security, request: Request) -> Vec<Effect> {
    state.change.begin().then_some(Effect::Send(request)).into_iter().collect()
}

fn codes_answered(state: &mut Security, answer: Response<RecoveryCodes>) -> Vec<Effect> {
    let is_awaited = state.change == Submission::Pending;
    match answer {
        Ok(codes) if is_awaited => {
            state.codes = Some(codes);
            (state.totp, state.change) = (Resource::default(), Submission::Done);
            said(state, "Keep your recovery codes now: they are shown once.")
        }
        // The page was left: nobody has seen them, and they are forgotten as any that are seen.
        Ok(_) => {
            said(state, "You left before your recovery codes were shown. Make new ones on your account's page, and keep them.")
        }
        // It is on: the answer that said so, and had the codes, was lost.
        Err(problem) if is_awaited && problem.code == Code::LimitReached => {
            (state.totp, state.change) = (Resource::default(), Submission::Idle);
            said(state, "The app is on already. Make new recovery codes, and keep them.")
        }
        Err(problem) => {
            state.change.end::<()>(Err(problem));
            Vec::new()
        }
    }
}

fn removed(state: &mut Security, answer: Response<()>) -> Vec<Effect> {
    if state.change.end(answer).is_none() {
        return Vec::new();
    }
    state.codes = None;
    said(state, "The authenticator app is turned off.")
}

fn passkey(state: &mut Security, request: Request) -> Vec<Effect> {
    state.passkey.begin().then_some(Effect::Send(request)).into_iter().collect()
}

fn passkey_answered(state: &mut Security, answer: Option<Response<Passkey>>) -> Vec<Effect> {
    match answer {
        Some(answer) => passkey_changed(state, answer.map(|_| ()), "The passkey is added."),
        None => {
            state.passkey = Submission::Idle;
            vec![Effect::note("No passkey was added.")]
        }
    }
}

fn passkey_changed(state: &mut Security, answer: Response<()>, words: &str) -> Vec<Effect> {
    match state.passkey.end(answer) {
        Some(()) => said(state, words),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use contract::{
        Code, Problem,
        identity::{ConfirmTotp, NewTotp, RemoveTotp},
    };

    use super::*;
    use crate::store::step_up::StepUpRequest;

    fn ask_again() -> Effect {
        Effect::Send(Request::Overview(GetSecurity {}))
    }

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
        assert_eq!(update(&mut state, Action::TotpWanted), [Effect::Send(Request::StartTotp(StartTotp {}))]);
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
        assert_eq!(update(&mut state, Action::CopyWanted), [Effect::Send(Request::Copy(codes()))]);
        update(&mut state, Action::CodesKept);
        assert_eq!(update(&mut state, Action::CopyWanted), []);
    }

    #[test]
    fn secrets_and_codes_are_gone_with_the_page_and_never_written_into_one() {
        let mut state = Security { totp: Resource::of((), secret()), codes: Some(codes()), ..Security::default() };
        let written = serde_json::to_string(&state).unwrap();
        assert!(!written.contains("GEZD") && !written.contains("abcd"), "{written}");
        assert!(!format!("{:?}", Action::TotpStarted(Ok(secret()))).contains("GEZD"));
        assert_eq!(update(&mut state, Action::Opened(Route::Home)), []);
        assert_eq!(state, Security::default());
    }

    #[test]
    fn codes_and_secrets_that_come_when_the_page_was_left_are_not_shown_and_that_is_said() {
        let mut state = Security::default();
        update(&mut state, Action::Opened(Route::Account));
        update(&mut state, Action::TotpWanted);
        update(&mut state, Action::TotpGivenUp);
        update(&mut state, Action::TotpStarted(Ok(secret())));
        assert_eq!(state.totp.ready(), None);
        update(&mut state, confirm());
        update(&mut state, Action::Opened(Route::Home));
        let effects = update(&mut state, Action::CodesAnswered(Ok(codes())));
        assert_eq!(state, Security::default());
        let [Effect::Tell(told)] = effects.as_slice() else { panic!("{effects:?}") };
        assert!(format!("{told:?}").contains("Make new ones"), "{told:?}");
    }

    #[test]
    fn what_is_turned_off_is_looked_at_again_and_what_was_refused_is_said() {
        let mut state = Security::default();
        update(&mut state, Action::Opened(Route::Account));
        state.codes = Some(codes());
        let call = RemoveTotp { password: "wrong".into() };
        assert_eq!(update(&mut state, Action::RemoveWanted(call.clone())), [Effect::Send(Request::Remove(call))]);
        assert_eq!(update(&mut state, Action::Removed(Err(Problem::new(Code::WrongCredentials)))), []);
        assert!(state.refusal().is_some() && state.codes.is_some());
        update(&mut state, Action::RemoveWanted(RemoveTotp { password: "right".into() }));
        assert_eq!(update(&mut state, Action::Removed(Ok(()))).last(), Some(&ask_again()));
        assert_eq!(state.codes, None);
    }

    #[test]
    fn a_change_that_wants_a_factor_first_goes_on_once_it_is_shown_and_is_free_again_when_it_is_not() {
        let mut state = Security::default();
        update(&mut state, Action::PasskeyWanted);
        let ways = Effect::Send(Request::StepUp(StepUpRequest::Ways));
        assert_eq!(update(&mut state, Action::Held(Request::AddPasskey)), [ways]);
        assert!(state.step_up.is_wanted() && state.passkey == Submission::Pending);
        update(&mut state, Action::StepUp(StepUpAction::PasskeyWanted));
        let again = update(&mut state, Action::StepUp(StepUpAction::Answered(Some(Ok(())))));
        assert_eq!(again, [Effect::Send(Request::AddPasskey)]);
        update(&mut state, Action::Held(Request::AddPasskey));
        update(&mut state, Action::StepUp(StepUpAction::GivenUp));
        assert_eq!(state, Security::default());
    }

    #[test]
    fn a_passkey_that_the_viewer_did_not_make_after_all_is_no_failure() {
        let mut state = Security::default();
        assert_eq!(update(&mut state, Action::PasskeyWanted), [Effect::Send(Request::AddPasskey)]);
        assert_eq!(update(&mut state, Action::PasskeyWanted), [], "a second press");
        assert_eq!(update(&mut state, Action::PasskeyAnswered(None)), [Effect::note("No passkey was added.")]);
        assert_eq!(state.passkey, Submission::Idle);
    }
}
