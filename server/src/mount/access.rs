//! The access guard: whether a viewer may make a call. The only place that reads `Access`.

use contract::{Access, Code, Problem, authorization::Right, identity::AccountRole};

use crate::context::{RequestContext, Viewer};

/// # Errors
/// The problem that refuses the call.
pub fn check(access: Access, context: &RequestContext) -> Result<(), Problem> {
    let viewer = &context.viewer;
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
