//! The access guard: whether a viewer may make a call. The only place that reads `Access` and a call's `Scope`.

use contract::{Access, Call, Code, Problem, Scope, authorization::Right, identity::AccountRole};

use crate::context::{RequestContext, Viewer};

/// # Errors
/// The problem that refuses the call.
pub fn check<C: Call>(context: &RequestContext) -> Result<(), Problem> {
    check_scope(C::SCOPE, &context.viewer)?;
    check_access(C::ACCESS, &context.viewer)
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

/// A guest who lacks a right is told to sign in: an account may have it.
fn check_right(right: Right, viewer: &Viewer) -> Result<(), Problem> {
    if viewer.authorization.grants(right) {
        return Ok(());
    }
    viewer.member()?;
    Err(Problem::new(Code::NotAllowed).with_detail(match right {
        Right::Watch => "This account's plan does not include watching.",
        Right::Review => "This account's plan does not include reviews.",
        Right::Favourites => "This account's plan does not include favourites.",
        Right::Watchlists => "This account's plan does not include watchlists.",
        Right::Recommendations => "This account's plan does not include recommendations.",
        Right::Upload => "This account's plan does not include uploads.",
    }))
}
