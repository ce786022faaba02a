//! The access guard: whether a viewer may make a call. The only place that reads `Access` and a call's `Scope` and
//! `Profiles`.

use contract::{Access, Call, Code, Problem, Profiles, Scope, Stream, authorization::Right, identity::AccountRole};

use crate::context::{ActiveProfile, RequestContext, Viewer};

/// # Errors
/// The problem that refuses the call.
pub fn check<C: Call>(context: &RequestContext) -> Result<(), Problem> {
    check_profile(C::PROFILES, &context.viewer)?;
    check_scope(C::SCOPE, &context.viewer)?;
    check_access(C::ACCESS, &context.viewer)
}

/// The same for a stream: a token reads it.
///
/// # Errors
/// The problem that refuses it.
pub fn check_stream<S: Stream>(viewer: &Viewer) -> Result<(), Problem> {
    check_profile(S::PROFILES, viewer)?;
    check_scope(Some(Scope::Read), viewer)?;
    check_access(S::ACCESS, viewer)
}

/// The same for what is read and is no call: whether a viewer has `right`.
///
/// # Errors
/// The problem that refuses it.
pub fn check_reading(right: Right, viewer: &Viewer) -> Result<(), Problem> {
    check_profile(Profiles::Any, viewer)?;
    check_scope(Some(Scope::Read), viewer)?;
    check_right(right, viewer)
}

/// A profile with an age limit is no adult, whatever its account's role; a session without a profile is nobody yet.
fn check_profile(needed: Profiles, viewer: &Viewer) -> Result<(), Problem> {
    let Some(member) = &viewer.member else { return Ok(()) };
    match (member.active_profile, needed) {
        (ActiveProfile::Unrestricted, Profiles::NotRequired | Profiles::Any | Profiles::Unrestricted)
        | (ActiveProfile::AgeLimited, Profiles::NotRequired | Profiles::Any)
        | (ActiveProfile::Missing, Profiles::NotRequired) => Ok(()),
        (ActiveProfile::AgeLimited, Profiles::Unrestricted) => {
            Err(Problem::new(Code::NotAllowed)
                .with_detail("A profile with an age limit may not do that: choose another one first."))
        }
        (ActiveProfile::Missing, Profiles::Any | Profiles::Unrestricted) => Err(Problem::new(Code::ProfileRequired)),
    }
}

/// A browser goes as far as its account; a token as far as its scopes.
fn check_scope(needed: Option<Scope>, viewer: &Viewer) -> Result<(), Problem> {
    let Some(scopes) = viewer.member.as_ref().and_then(|member| member.scopes.as_deref()) else { return Ok(()) };
    let refused = |detail: String| Err(Problem::new(Code::NotAllowed).with_detail(detail));
    match needed {
        None => refused("No API token does this: sign in with a browser.".to_owned()),
        Some(needed) if scopes.iter().any(|scope| scope.includes(needed)) => Ok(()),
        Some(needed) => refused(format!("This API token lacks the scope `{}`.", needed.as_str())),
    }
}

fn check_access(access: Access, viewer: &Viewer) -> Result<(), Problem> {
    match access {
        Access::Guest => Ok(()),
        Access::Member => viewer.member().map(|_| ()),
        Access::Right(right) => check_right(right, viewer),
        Access::Operator => match viewer.member()?.role {
            AccountRole::Operator => Ok(()),
            AccountRole::Member => Err(Problem::new(Code::NotAllowed).with_detail("This is for operators.")),
        },
    }
}

/// Whether a viewer has a right: the one of a call, or that of a part of it which asks for one of its own. A guest who lacks it is
/// told to sign in: an account may have it. None has the one to review.
///
/// # Errors
/// The problem that refuses it.
pub fn check_right(right: Right, viewer: &Viewer) -> Result<(), Problem> {
    // What members say of titles is said by members, whatever the plan of guests is.
    if right == Right::Review {
        viewer.member()?;
    }
    if viewer.authorization.grants(right) {
        return Ok(());
    }
    viewer.member()?;
    Err(Problem::new(Code::NotAllowed).with_detail(right.lacking_words()))
}
