//! Who asks, on what, and how their request calls on: what a handler knows of a request beside its fields.
//!
//! Made once at the gateway and handed down; a handler that calls another service does it through the
//! context, so that the call is made on behalf of the same viewer.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use axum::http::HeaderValue;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use contract::{
    Code, Dispatch, Problem, Scope,
    authorization::Authorization,
    call::{AnyCall, AnyReply, BoxFuture},
    device::{DeviceProfile, DeviceSource},
    identity::AccountRole,
    ids::{AccountId, ProfileId, SignInId},
};
use tokio_util::sync::CancellationToken;
use vault::{Access, Purpose, Who};

use crate::{mount::Dispatcher, session::KnownBrowser, session_effect::SessionEffects};

/// Who is watching: a profile of an account, or an anonymous one kept by a signed cookie.
#[derive(Clone, Debug, PartialEq)]
pub struct Viewer {
    pub profile: ProfileId,
    /// Whether this profile was made for this very request, so that nothing can be stored for it yet.
    pub is_new: bool,
    /// Absent for a guest.
    pub member: Option<Member>,
    /// What they may do, at most five seconds old.
    pub authorization: Arc<Authorization>,
}

/// Whoever is signed in. Only the gateway makes one, from a session or a token that it checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub account: AccountId,
    /// The browser's; for a script, its token's id, under which nobody is signed in.
    pub sign_in: SignInId,
    pub role: AccountRole,
    /// Whether somebody is chosen who watches, and whether their profile has an age limit.
    pub active_profile: ActiveProfile,
    /// How far an API token goes; absent for a browser, which goes as far as its account.
    pub scopes: Option<Arc<[Scope]>>,
}

/// The profile that watches with a session or a token, as far as it says what they may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActiveProfile {
    /// A profile without an age limit of its own: it goes as far as its account.
    Unrestricted,
    /// A profile with an age limit: nothing that concerns the account is within its reach.
    AgeLimited,
    /// Nobody's: the profile that watched was deleted. Until another is chosen, all that is left is the choice.
    Missing,
}

impl Viewer {
    /// Somebody without an account, who may do what guests may.
    pub fn guest(profile: ProfileId, is_new: bool, authorization: Arc<Authorization>) -> Self {
        Self { profile, is_new, member: None, authorization }
    }

    /// Whose what a browser keeps is: the sign-in's and the profile's, of which it tells neither. Nobody's where the profile is
    /// new.
    pub fn key(&self) -> Option<String> {
        if self.is_new {
            return None;
        }
        let sign_in = self.member.as_ref().map_or("", |member| member.sign_in.as_str());
        let digest = blake3::derive_key("marquee 2026-11 viewer of a browser", format!("{sign_in}/{}", self.profile).as_bytes());
        Some(URL_SAFE_NO_PAD.encode(digest))
    }

    /// Whoever is signed in.
    ///
    /// # Errors
    /// `sign_in_required`.
    pub fn member(&self) -> Result<&Member, Problem> {
        self.member.as_ref().ok_or_else(|| Problem::new(Code::SignInRequired))
    }
}

/// The device that a request came from, and how that was found out.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenDevice {
    pub profile: DeviceProfile,
    pub source: DeviceSource,
}

/// Where a request came from.
#[derive(Clone, Debug)]
pub struct Caller {
    pub address: IpAddr,
    /// What the client calls itself.
    pub agent: Option<HeaderValue>,
    /// Under which name it knows this server, with the port where it is not the scheme's own.
    pub host: Option<HeaderValue>,
    pub https: bool,
    /// Where it signed in before, as far as it shows.
    pub browser: KnownBrowser,
    /// Is cancelled once whoever asked to change something waits for the answer no more.
    pub disconnected: CancellationToken,
}

impl Default for Caller {
    /// Somebody on this machine.
    fn default() -> Self {
        Self {
            address: Ipv4Addr::LOCALHOST.into(),
            agent: None,
            host: None,
            https: false,
            browser: KnownBrowser::default(),
            disconnected: CancellationToken::new(),
        }
    }
}

impl Caller {
    /// What the client calls itself, where it can be read.
    pub fn agent(&self) -> &str {
        self.agent.as_ref().and_then(|agent| agent.to_str().ok()).unwrap_or_default()
    }
}

/// What a handler knows of the request. Cheap to clone.
#[derive(Clone)]
pub struct RequestContext {
    pub request_id: Arc<str>,
    pub viewer: Viewer,
    pub device: Arc<SeenDevice>,
    pub caller: Caller,
    /// Through which a handler signs the browser in and out.
    pub effects: SessionEffects,
    pub dispatcher: Dispatcher,
}

impl RequestContext {
    /// What a request goes on asking for its viewer once its head is let go of: on a device of which nothing is known any more.
    pub fn later(request_id: &Arc<str>, viewer: &Viewer, dispatcher: &Dispatcher) -> Self {
        Self {
            request_id: Arc::clone(request_id),
            viewer: viewer.clone(),
            device: Arc::new(SeenDevice { profile: DeviceProfile::default(), source: DeviceSource::Default }),
            caller: Caller::default(),
            effects: SessionEffects::default(),
            dispatcher: dispatcher.clone(),
        }
    }

    /// Somebody who asks `dispatcher`.
    #[cfg(test)]
    pub(crate) fn of(viewer: Viewer, dispatcher: Dispatcher) -> Self {
        Self::later(&"test".into(), &viewer, &dispatcher)
    }

    /// An access to the vault on behalf of this request.
    pub fn vault_access(&self, why: Purpose) -> Access {
        let who = match &self.viewer.member {
            Some(member) => Who::Account(member.account.as_str().to_owned()),
            None => Who::Guest(self.caller.address.to_string()),
        };
        Access { who, why, request: Some(Arc::clone(&self.request_id)) }
    }
}

impl Dispatch for RequestContext {
    fn dispatch<'a>(&'a self, name: &'static str, call: AnyCall) -> BoxFuture<'a, Result<AnyReply, Problem>> {
        self.dispatcher.dispatch(self.clone(), name, call)
    }
}
