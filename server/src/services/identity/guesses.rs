//! From whose tries a try at signing in is taken: those of a browser that signed in to this login before, or those that all
//! strangers share.
//!
//! Must never depend on whether there is such an account: whoever is told to wait learns nothing.

use std::net::IpAddr;

use contract::{
    Code, Problem,
    identity::SignIn,
    ids::{AccountId, ProfileId},
};

use super::{Identity, logins::login_key, recovery, throttle::Counted};
use crate::context::{Member, RequestContext};

/// One try at signing in with a name.
pub struct Guesses {
    login: String,
    /// The browser, where it is known for this login.
    browser: Option<String>,
    address: IpAddr,
    /// It brings what looks like a recovery code.
    pub is_recovery: bool,
}

impl Identity {
    /// Whose try this is.
    pub(super) fn guesses(&self, context: &RequestContext, call: &SignIn) -> Guesses {
        let login = login_key(call.login.trim());
        let browser = self.known_browsers.which(&context.caller.browser, &login, self.clock.seconds());
        let is_recovery = call.code.as_deref().is_some_and(recovery::is_code);
        Guesses { login, browser, address: context.caller.address, is_recovery }
    }
}

impl Guesses {
    /// Where it is counted. A household is not locked out by one of it who is known.
    pub fn counted(&self) -> Vec<Counted<'_>> {
        match &self.browser {
            Some(browser) => vec![Counted::Browser(browser)],
            None if self.is_recovery => vec![Counted::Address(self.address), Counted::RecoveryCodes(&self.login)],
            None => vec![Counted::Address(self.address), Counted::Login(&self.login)],
        }
    }

    /// Under which name codes for an account are counted, which whoever knows its password may try.
    pub fn at_code(&self, account: &AccountId) -> String {
        let secret = if self.is_recovery { "recovery code" } else { "second factor" };
        match &self.browser {
            Some(browser) => format!("{secret} of {account} by {browser}"),
            None => format!("{secret} of {account}"),
        }
    }
}

/// Whether a try at signing in was right, whatever else kept it from entering.
pub fn was_right<T>(outcome: &Result<T, Problem>) -> bool {
    match outcome {
        Ok(_) => true,
        Err(problem) => matches!(problem.code, Code::SecondFactorRequired | Code::LimitReached),
    }
}

/// Under which name tries at a secret of one's own are counted: whoever took over one device locks out no other.
pub fn at_own(secret: &str, member: &Member) -> String {
    format!("{secret} of {} on {}", member.account, member.sign_in)
}

/// Under which name tries at a profile's PIN are counted.
pub fn at_pin(profile: &ProfileId) -> String {
    format!("pin of {profile}")
}
