//! `/auth/...`: to a provider, back from one, and what one says behind the browser's back.
//!
//! The one place where a provider's word becomes a signed-in device: it is checked, its account is found or made, and
//! the tokens are issued. No calls, because browsers are sent here and providers post forms. The gateway runs all of it to
//! its end, also when the browser is gone: half a sign-in is none, and half a sign-out either.

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use bytes::Bytes;
use contract::{
    Code, Problem,
    identity::{AccountRole, EntryRefusal},
    wire,
};
use serde::{Deserialize, Deserializer};
use serde_json::json;
use storage::{events::Change, keyvalue::Expect};
use usage::event::Method;

use super::{back_channel, entering::signing_up};
use crate::{
    context::{Member, RequestContext},
    mount::problem_response,
    services::identity::{
        Identity,
        accounts::NewAccount,
        confirmations::Confirmed,
        devices::WhenFull,
        operators::ChangeError,
        providers::{Confirms, Membership, Person, Provider, Return, ReturnTo, store_failed},
        record::{AccountRecord, StoredAccount, Through, new_ids},
    },
};

/// How often another login is tried where somebody has this one.
const LOGINS: u8 = 8;

/// What a browser that is sent to a provider asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wanted {
    to: Option<String>,
    replaces_oldest: bool,
    /// Whoever is signed in shows at the provider that they are still there, and stays signed in as they are.
    #[serde(deserialize_with = "flag")]
    confirm: bool,
}

/// The form of a back-channel logout request (OpenID Connect Back-Channel Logout 1.0, section 2.5).
#[derive(Deserialize)]
struct SaidToBeOut {
    logout_token: String,
}

/// The routes.
pub fn through_providers(identity: Arc<Identity>) -> Router {
    Router::new()
        .route("/auth/{provider}", get(begin_login))
        .route("/auth/{provider}/callback", get(callback))
        .route("/auth/{provider}/back-channel-logout", post(back_channel_logout))
        .with_state(identity)
}

async fn begin_login(
    State(identity): State<Arc<Identity>>,
    Path(provider): Path<String>,
    Query(wanted): Query<Wanted>,
    Extension(context): Extension<RequestContext>,
) -> Response {
    let Some(provider) = identity.providers.get(&provider) else { return problem_response(Problem::not_found("provider")) };
    let Ok(origin) = identity.origin.of(&context.caller) else { return refused(EntryRefusal::Internal, None) };
    let going = ReturnTo { to: wanted.to.filter(|to| is_ours(to)), replaces_oldest: wanted.replaces_oldest };
    let confirms = match (wanted.confirm, &context.viewer.member) {
        (false, _) => None,
        (true, Some(Member { account, sign_in, scopes: None, .. })) => {
            Some(Confirms { account: account.clone(), sign_in: sign_in.clone() })
        }
        // Nobody is signed in any more whose word could be confirmed.
        (true, Some(_) | None) => return refused(EntryRefusal::Expired, going.to.as_deref()),
    };
    let to = going.to.clone();
    match provider.begin_login(&context, &origin, going, confirms).await {
        Ok(url) => see(&url),
        Err(refusal) => refused(refusal, to.as_deref()),
    }
}

async fn callback(
    State(identity): State<Arc<Identity>>,
    Path(provider): Path<String>,
    Query(back): Query<Return>,
    Extension(context): Extension<RequestContext>,
) -> Response {
    let Some(provider) = identity.providers.get(&provider) else { return problem_response(Problem::not_found("provider")) };
    let Ok(origin) = identity.origin.of(&context.caller) else { return refused(EntryRefusal::Internal, None) };
    let entry = match provider.finish_login(&context, &origin, back).await {
        Ok(entry) => entry,
        Err((refusal, going)) => return refused(refusal, going.to.as_deref()),
    };
    let (outcome, usually_to) = match entry.confirms {
        Some(confirms) => (identity.confirm_attested(&context, &entry.person, &confirms).await, "/account"),
        None => {
            let when_full = WhenFull::of(entry.going.replaces_oldest);
            (identity.enter_attested(&context, provider, entry.person, when_full).await, "/")
        }
    };
    match outcome {
        Ok(()) => see(entry.going.to.as_deref().unwrap_or(usually_to)),
        Err(refusal) => refused(refusal, entry.going.to.as_deref()),
    }
}

/// Answers when the work is done: a provider that is told otherwise says it again (section 2.8).
async fn back_channel_logout(State(identity): State<Arc<Identity>>, Path(provider): Path<String>, body: Bytes) -> Response {
    let Some(provider) = identity.providers.get(&provider) else { return problem_response(Problem::not_found("provider")) };
    let ended = match serde_urlencoded::from_bytes::<SaidToBeOut>(&body) {
        Ok(form) => identity.end_attested(provider, &form.logout_token).await,
        Err(_) => Err(EntryRefusal::Untrusted),
    };
    let answer = match ended {
        Ok(()) => StatusCode::OK.into_response(),
        Err(EntryRefusal::Unreachable | EntryRefusal::Misconfigured | EntryRefusal::Internal) => {
            problem_response(Problem::new(Code::Overloaded).with_retry_after(10))
        }
        Err(_) => (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_request" }))).into_response(),
    };
    ([(header::CACHE_CONTROL, "no-store")], answer).into_response()
}

impl Identity {
    /// Where the browser signs out at the provider that it entered through.
    pub(super) async fn logout_url(&self, context: &RequestContext, through: &Through) -> Option<String> {
        let provider = self.providers.get(&through.provider)?;
        let origin = self.origin.of(&context.caller).ok()?;
        provider.logout_url(&through.id_token, &origin).await
    }

    async fn enter_attested(
        &self,
        context: &RequestContext,
        provider: &Provider,
        person: Person,
        when_full: WhenFull,
    ) -> Result<(), EntryRefusal> {
        if person.membership == Membership::Outside {
            return Err(EntryRefusal::NotAllowed);
        }
        let account = match self.accounts.find_subject(&person.provider, &person.subject).await.map_err(store_failed)? {
            Some(account) => self.brought_up_to_date(account, &person).await?,
            None => self.make_account(context, provider, &person).await?,
        };
        if account.record.is_disabled {
            return Err(EntryRefusal::NotAllowed);
        }
        // Before the sign-in: one that the provider could not end would stay for good.
        for key in back_channel::names_of(provider, &person) {
            let id = Bytes::from(account.id.as_str().to_owned());
            self.keyvalue.put(&key, id, Expect::Anything, Some(back_channel::KNOWN)).await.map_err(store_failed)?;
        }
        let (provider, session, id_token) = (person.provider, person.session, person.id_token);
        let through = Through { provider, session, id_token, sealed_id_token: None };
        let entered = self.enter(context, account, Some(through), when_full).await;
        self.tell_of_sign_in(Method::Provider, &entered);
        entered.map(|_| ()).map_err(problem)
    }

    /// Notes that whoever is signed in was at the provider a moment ago. Nobody is signed in by it.
    async fn confirm_attested(&self, context: &RequestContext, person: &Person, confirms: &Confirms) -> Result<(), EntryRefusal> {
        let is_theirs = |member: &&Member| member.account == confirms.account && member.sign_in == confirms.sign_in;
        let Some(member) = context.viewer.member.as_ref().filter(is_theirs) else { return Err(EntryRefusal::Expired) };
        let account = self.accounts.find_subject(&person.provider, &person.subject).await.map_err(store_failed)?;
        match account {
            Some(account) if account.id != confirms.account => return Err(EntryRefusal::OtherAccount),
            None => return Err(EntryRefusal::OtherAccount),
            Some(account) if account.record.is_disabled || person.membership == Membership::Outside => {
                return Err(EntryRefusal::NotAllowed);
            }
            Some(_) => {}
        }
        let what = Confirmed::by(member.active_profile);
        self.confirmations.note(&confirms.account, &confirms.sign_in, what).await.map_err(store_failed)
    }

    /// The account as the provider knows its holder now. The last operator stays one.
    async fn brought_up_to_date(&self, account: StoredAccount, person: &Person) -> Result<StoredAccount, EntryRefusal> {
        let update = |record: &mut AccountRecord, is_kept: bool| {
            record.name.clone_from(&person.name);
            record.email.clone_from(&person.email);
            match person.membership {
                Membership::Has(_) if is_kept => record.is_kept_operator = true,
                Membership::Has(role) => {
                    record.role = role;
                    record.is_kept_operator = false;
                }
                Membership::Guest | Membership::Outside => {}
            }
        };
        let mut expected = account.record.clone();
        update(&mut expected, false);
        if expected == account.record {
            return Ok(account);
        }
        let changed = self.accounts.try_change(&account.id, |record| {
            update(record, false);
            Ok(())
        });
        match changed.await {
            Ok(account) => Ok(account),
            Err(ChangeError::Problem(error)) => Err(problem(error)),
            Err(ChangeError::LastOperator) => {
                let (account, provider) = (&account.id, &person.provider);
                tracing::warn!(%account, provider, "the provider names its last operator none any more: kept, as nobody else is one");
                let kept = self.accounts.change(account, |record| {
                    update(record, true);
                    Ok(())
                });
                kept.await.map_err(problem)
            }
        }
    }

    /// An account for somebody who was never here. The first of all runs the place, unless the provider says who does.
    async fn make_account(
        &self,
        context: &RequestContext,
        provider: &Provider,
        person: &Person,
    ) -> Result<StoredAccount, EntryRefusal> {
        let is_first = !self.accounts.is_set_up_for_sure().await.map_err(store_failed)?;
        let role = match person.membership {
            Membership::Has(role) => role,
            Membership::Guest | Membership::Outside if is_first && !provider.names_operators() => AccountRole::Operator,
            Membership::Guest | Membership::Outside => AccountRole::Member,
        };
        for attempt in 0..LOGINS {
            let (id, profile) = new_ids();
            let new = NewAccount {
                id,
                login: login(person, attempt),
                name: person.name.clone(),
                role,
                email: person.email.clone(),
                profile,
                guest: signing_up(context),
                subject: Some((person.provider.clone(), person.subject.clone())),
            };
            let made = if is_first { self.accounts.create_first(new).await } else { self.accounts.create(new).await };
            match made {
                Ok(account) => {
                    if is_first {
                        self.events.publish(Change::Guests);
                    }
                    tracing::info!(account = %account.id, provider = person.provider, "an account for somebody whom a provider knows");
                    self.finish(&account.id).await;
                    return Ok(account);
                }
                Err(error) if error.code == Code::NameTaken => {
                    // Or the same person came twice at once.
                    let found = self.accounts.find_subject(&person.provider, &person.subject).await.map_err(store_failed)?;
                    if let Some(account) = found {
                        return Ok(account);
                    }
                }
                // Somebody was faster to be the first: this one comes again, as one of many.
                Err(error) if error.code == Code::AlreadySetUp => return Err(EntryRefusal::Expired),
                Err(error) => return Err(problem(error)),
            }
        }
        Err(EntryRefusal::Internal)
    }
}

/// The login that somebody gets: the one that they have there, or one like it where it is taken here.
fn login(person: &Person, attempt: u8) -> String {
    match attempt {
        0 => person.login.clone(),
        1 => format!("{}@{}", person.login, person.provider),
        more => format!("{}@{}-{more}", person.login, person.provider),
    }
}

/// Whether an address leads to a page of ours: what begins with two slashes, or a backslash, leads to another host.
fn is_ours(to: &str) -> bool {
    to.starts_with('/') && !to.starts_with("//") && !to.contains(['\\', '\r', '\n', '\t'])
}

/// `1` or `true`, as they stand in an address.
fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(matches!(String::deserialize(deserializer)?.as_str(), "1" | "true"))
}

fn see(url: &str) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Redirect::to(url)).into_response()
}

/// To the page that says why; another try leads to the same page as this one would have.
fn refused(refusal: EntryRefusal, to: Option<&str>) -> Response {
    let from = to.map(|to| format!("&from={}", wire::encode(to))).unwrap_or_default();
    see(&format!("/sign-in?refused={}{from}", refusal.as_str()))
}

fn problem(problem: Problem) -> EntryRefusal {
    match problem.code {
        Code::LimitReached => EntryRefusal::TooManyDevices,
        code => {
            tracing::warn!(code = code.as_str(), "somebody who comes from a provider is not let in");
            EntryRefusal::Internal
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_led_to_pages_of_ours_alone() {
        for (to, ours) in [
            ("/", true),
            ("/watch/abc?t=3", true),
            ("//evil.example", false),
            ("/\\evil.example", false),
            ("https://evil.example", false),
            ("evil", false),
            ("/a\r\nset-cookie: x", false),
            ("", false),
        ] {
            assert_eq!(is_ours(to), ours, "{to}");
        }
    }
}
