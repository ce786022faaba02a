//! What a signed-in browser or a token stands for, looked up at most once in five seconds.
//!
//! The gateway asks for it through a trait: who has accounts is a service's affair. Must never outlive the five seconds
//! within which a sign-out, a disabled account or another plan has to bite on every node, and is never a ground to change
//! anything: who does that is looked up each time, or a device that was signed out could make itself credentials that last.
//!
//! Here it is noticed that a new access token is in use, which retires the refresh token before it: once for each generation,
//! where its text is seen for the first time, and again at the next look-up where that could not be written down.

use std::{
    hash::Hash,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use contract::{
    Scope, Topic,
    authorization::Authorization,
    identity::AccountRole,
    ids::{ApiTokenId, ProfileId, SignInId},
};
use moka::{future::Cache, sync::Cache as SyncCache};
use runtime::clock::Clock;
use storage::{StoreError, events::Events};

use crate::{
    context::ActiveProfile,
    session::{ApiToken, Bearer, Checked, KeyRing, RefreshToken, Tokens},
};

/// The longest that an answer is believed.
const FRESH: Duration = Duration::from_secs(5);
/// Sign-ins that are remembered at most; some 300 bytes each.
const REMEMBERED: u64 = 20_000;
/// The longest that a request waits until its token is noted as used. It goes on without.
const CONFIRMING: Duration = Duration::from_secs(1);

/// What a sign-in stands for now.
#[derive(Clone, Debug, PartialEq)]
pub struct Principal {
    pub role: AccountRole,
    /// Who watches on this device.
    pub profile: ProfileId,
    pub active_profile: ActiveProfile,
    pub authorization: Arc<Authorization>,
    /// A token's; absent for a browser.
    pub scopes: Option<Arc<[Scope]>>,
    /// A session's: the last generation of its tokens that was seen in use.
    pub confirmed: u64,
}

/// Who knows accounts, sign-ins and what they may do.
#[async_trait]
pub trait PrincipalResolver: Send + Sync + 'static {
    /// What a sign-in stands for; nothing where it ended or its account is disabled.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn resolve(&self, bearer: &Bearer) -> Result<Option<Principal>, StoreError>;

    /// What an API token stands for; nothing where it was deleted or ended, or its account is disabled.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn token(&self, token: &ApiToken) -> Result<Option<Principal>, StoreError>;

    /// What guests may do.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn guests(&self) -> Result<Arc<Authorization>, StoreError>;

    /// Whether a profile that a guest's cookie names is a guest's still: no account's, and not gone.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn is_guests(&self, profile: &ProfileId) -> Result<bool, StoreError>;

    /// Trades a refresh token for its successor and a new access token; nothing where it is not good any more. No tokens come
    /// for a request that was under way when its own was retired: its browser has newer ones.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn refresh(&self, token: RefreshToken) -> Result<Option<(Bearer, Option<Tokens>)>, StoreError>;

    /// Notes that a request bears an access token of this generation, so that what was handed out with it arrived.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn confirm(&self, bearer: &Bearer, generation: u64) -> Result<(), StoreError>;
}

/// When something was looked up, by both clocks: the one that never steps, and the one that tests set.
#[derive(Clone, Copy)]
struct Moment {
    at: Instant,
    millis: u64,
}

impl Moment {
    fn now(clock: &Clock) -> Self {
        Self { at: Instant::now(), millis: clock.millis() }
    }

    /// Whether what was looked up then is to be believed at `millis`.
    fn is_fresh(&self, millis: u64) -> bool {
        self.at.elapsed() < FRESH && u128::from(millis.abs_diff(self.millis)) < FRESH.as_millis()
    }
}

/// What a sign-in stood for when it was looked up.
#[derive(Clone)]
struct LookedUp {
    principal: Principal,
    at: Moment,
    /// Which generation of its tokens is known to be in use: one request finds out, for all that come with it.
    confirmed: Arc<AtomicU64>,
}

impl LookedUp {
    fn new(principal: Principal, at: Moment) -> Self {
        let confirmed = Arc::new(AtomicU64::new(principal.confirmed));
        Self { principal, at, confirmed }
    }
}

/// A session whose token was checked, for whoever sends the same token again.
struct Session {
    bearer: Bearer,
    /// When the token runs out, in seconds since 1970.
    expires: u64,
    known: LookedUp,
    /// How often somebody was forgotten when this was written down.
    forgotten: u64,
}

/// A [`PrincipalResolver`] that is asked seldom.
///
/// Most requests carry a token that was checked and looked up moments ago; they are known by its very text. The rest is
/// looked up once however many ask at the same time, in futures that are boxed: those of every request are moved
/// about, and should have no room for what is done seldom.
pub struct PrincipalCache {
    principals: Arc<dyn PrincipalResolver>,
    keys: KeyRing,
    sessions: SyncCache<Box<str>, Arc<Session>>,
    forgotten: AtomicU64,
    members: Cache<SignInId, Option<LookedUp>>,
    tokens: Cache<ApiTokenId, Option<LookedUp>>,
    guests: Mutex<Option<Guests>>,
    events: Events,
    clock: Clock,
}

/// What guests may do, as it was looked up.
struct Guests {
    at: Moment,
    /// Where the change feed stood before: what is kept for guests is kept by it, and must not say what was so before.
    revision: u64,
    authorization: Arc<Authorization>,
}

impl PrincipalCache {
    pub fn new(principals: Arc<dyn PrincipalResolver>, keys: KeyRing, events: Events, clock: Clock) -> Self {
        Self {
            principals,
            keys,
            sessions: SyncCache::builder().max_capacity(REMEMBERED).time_to_live(FRESH).build(),
            forgotten: AtomicU64::new(0),
            members: Cache::builder().max_capacity(REMEMBERED).time_to_live(FRESH).build(),
            tokens: Cache::builder().max_capacity(REMEMBERED).time_to_live(FRESH).build(),
            guests: Mutex::new(None),
            events,
            clock,
        }
    }

    /// Whose this access token is, and what that stands for; nothing where it is not good, or the sign-in ended.
    ///
    /// # Errors
    /// As [`PrincipalResolver::resolve`].
    pub async fn session(&self, token: &str, is_safe: bool) -> Result<Option<(Bearer, Principal)>, Arc<StoreError>> {
        let now = self.clock.millis();
        let forgotten = self.forgotten.load(Ordering::Acquire);
        if is_safe
            && let Some(session) = self.sessions.get(token)
            && session.expires > now / 1000
            && session.forgotten == forgotten
            && session.known.at.is_fresh(now)
        {
            return Ok(Some((session.bearer.clone(), session.known.principal.clone())));
        }
        let Some(Checked { bearer, generation, expires }) = self.keys.check(token) else { return Ok(None) };
        let known =
            if is_safe { Box::pin(self.looked_up(&bearer)).await? } else { Box::pin(self.looked_up_now(&bearer)).await? };
        let Some(known) = known else { return Ok(None) };
        if let Some(generation) = generation {
            Box::pin(self.confirm(&bearer, generation, &known.confirmed)).await;
        }
        if is_safe {
            let session = Session { bearer: bearer.clone(), expires, known: known.clone(), forgotten };
            self.sessions.insert(token.into(), Arc::new(session));
        }
        Ok(Some((bearer, known.principal)))
    }

    /// # Errors
    /// As [`PrincipalResolver::resolve`].
    pub async fn resolve(&self, bearer: &Bearer) -> Result<Option<Principal>, Arc<StoreError>> {
        Ok(Box::pin(self.looked_up(bearer)).await?.map(|known| known.principal))
    }

    /// The same as it is now, whatever is remembered: for who asks every five seconds.
    ///
    /// # Errors
    /// As [`PrincipalResolver::resolve`].
    pub async fn resolve_now(&self, bearer: &Bearer) -> Result<Option<Principal>, Arc<StoreError>> {
        Ok(Box::pin(self.looked_up_now(bearer)).await?.map(|known| known.principal))
    }

    async fn looked_up(&self, bearer: &Bearer) -> Result<Option<LookedUp>, Arc<StoreError>> {
        self.remembered(&self.members, &bearer.sign_in, self.principals.resolve(bearer)).await
    }

    /// The same, whatever is remembered: for who changes something. Who is found to have ended is forgotten for reading, too.
    async fn looked_up_now(&self, bearer: &Bearer) -> Result<Option<LookedUp>, Arc<StoreError>> {
        let found = self.found_now(&self.members, &bearer.sign_in, self.principals.resolve(bearer)).await?;
        if found.is_none() {
            self.forget(&bearer.sign_in).await;
        }
        Ok(found)
    }

    /// What `look_up` finds; as remembered under `id` where the store does not say. Nothing is kept of it: somebody may be
    /// forgotten while it is asked for.
    async fn found_now<K: Hash + Eq + Send + Sync + 'static>(
        &self,
        kept: &Cache<K, Option<LookedUp>>,
        id: &K,
        look_up: impl Future<Output = Result<Option<Principal>, StoreError>>,
    ) -> Result<Option<LookedUp>, Arc<StoreError>> {
        let at = Moment::now(&self.clock);
        match look_up.await {
            Ok(principal) => Ok(principal.map(|principal| LookedUp::new(principal, at))),
            Err(error) => match kept.get(id).await.flatten() {
                Some(known) if known.at.is_fresh(self.clock.millis()) => Ok(Some(known)),
                Some(_) | None => Err(Arc::new(error)),
            },
        }
    }

    /// What is remembered under `id` and still to be believed, or what `look_up` finds.
    async fn remembered<K: Hash + Eq + Clone + Send + Sync + 'static>(
        &self,
        kept: &Cache<K, Option<LookedUp>>,
        id: &K,
        look_up: impl Future<Output = Result<Option<Principal>, StoreError>>,
    ) -> Result<Option<LookedUp>, Arc<StoreError>> {
        if let Some(Some(known)) = kept.get(id).await
            && !known.at.is_fresh(self.clock.millis())
        {
            kept.invalidate(id).await;
        }
        let found = async {
            let at = Moment::now(&self.clock);
            Ok(look_up.await?.map(|principal| LookedUp::new(principal, at)))
        };
        kept.try_get_with_by_ref(id, found).await
    }

    /// Notes that tokens of this generation are in use, unless that is known. Where it cannot be noted, the request is
    /// answered all the same.
    async fn confirm(&self, bearer: &Bearer, generation: u64, known: &AtomicU64) {
        // Claimed first: of all the requests that a page makes at once, one writes.
        let before = known.fetch_max(generation, Ordering::AcqRel);
        if before >= generation {
            return;
        }
        let why = match tokio::time::timeout(CONFIRMING, self.principals.confirm(bearer, generation)).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the store takes too long".to_owned(),
        };
        tracing::warn!(why, sign_in = %bearer.sign_in, "that a new token is in use cannot be noted; it is tried again");
        // Unless another generation was claimed meanwhile.
        let _ = known.compare_exchange(generation, before, Ordering::AcqRel, Ordering::Relaxed);
    }

    /// # Errors
    /// As [`PrincipalResolver::token`].
    pub async fn token(&self, token: &ApiToken, is_safe: bool) -> Result<Option<Principal>, Arc<StoreError>> {
        let look_up = self.principals.token(token);
        let known = if is_safe {
            Box::pin(self.remembered(&self.tokens, &token.id, look_up)).await?
        } else {
            Box::pin(self.found_now(&self.tokens, &token.id, look_up)).await?
        };
        Ok(known.map(|known| known.principal))
    }

    /// # Errors
    /// As [`PrincipalResolver::guests`].
    pub async fn guests(&self) -> Result<Arc<Authorization>, StoreError> {
        let revision = self.events.revision(Topic::Guests);
        let now = self.clock.millis();
        let known = |kept: &Guests| kept.at.is_fresh(now) && kept.revision == revision;
        if let Some(guests) = self.guests.lock().unwrap_or_else(PoisonError::into_inner).as_ref().filter(|kept| known(kept)) {
            return Ok(Arc::clone(&guests.authorization));
        }
        let at = Moment::now(&self.clock);
        let authorization = Box::pin(self.principals.guests()).await?;
        let guests = Guests { at, revision, authorization: Arc::clone(&authorization) };
        *self.guests.lock().unwrap_or_else(PoisonError::into_inner) = Some(guests);
        Ok(authorization)
    }

    /// # Errors
    /// As [`PrincipalResolver::is_guests`].
    pub async fn is_guests(&self, profile: &ProfileId) -> Result<bool, StoreError> {
        Box::pin(self.principals.is_guests(profile)).await
    }

    /// # Errors
    /// As [`PrincipalResolver::refresh`].
    pub async fn refresh(&self, token: RefreshToken) -> Result<Option<(Bearer, Option<Tokens>)>, StoreError> {
        Box::pin(self.principals.refresh(token)).await
    }

    /// What is known of this sign-in is out of date: it ended here, or watches as somebody else.
    pub async fn forget(&self, sign_in: &SignInId) {
        self.members.invalidate(sign_in).await;
        // Its tokens are not known from its id: everybody is looked up again by it, which is cheap.
        self.forgotten.fetch_add(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests;
