//! The handlers of identity's calls, version 1: entering and leaving, one's own account and what protects it, who watches,
//! and accounts for operators.

mod account;
mod back_channel;
mod billing;
mod confirmation;
mod entering;
mod export;
mod local_admin;
mod operators;
mod passkeys;
mod profiles;
mod providers;
mod security;
mod tokens;

use contract::Problem;

use crate::services::names::visible;

pub use self::{
    back_channel::{SESSIONS, SUBJECTS},
    providers::through_providers,
};

const NAME_LIMIT: usize = contract::bounds::NAME;

/// A name as it is kept: without spaces at its ends.
///
/// # Errors
/// The field's problem.
fn name(field: &str, typed: &str, limit: usize) -> Result<String, Problem> {
    let name = visible(field, typed)?;
    let is_clean = !name.chars().any(char::is_control);
    if name.chars().count() > limit || !is_clean {
        return Err(Problem::invalid(field, format!("1 to {limit} characters")));
    }
    Ok(name)
}
