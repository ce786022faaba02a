//! What a signed-in browser or a token stands for, looked up at most once in five seconds.
//!
//! The gateway asks for it through a trait: who has accounts is a service's affair. Must never outlive the five seconds
//! within which a sign-out, a disabled account or another plan has to bite on every node.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use contract::{
    Scope,
    authorization::Authorization,
    identity::AccountRole,
    ids::{ApiTokenId, ProfileId, SignInId},
};
use moka::{future::Cache, sync::Cache as SyncCache};

use crate::{
    context::ActiveProfile,
    session::{ApiToken, Bearer, Checked, KeyRing, RefreshToken, Tokens},
    storage::{StoreError, events::Events},
};

/// The longest that an answer is believed.
const FRESH: Duration = Duration::from_secs(5);
/// Sign-ins that are remembered at most; some 300 bytes each.
const REMEMBERED: u64 = 20_000;

/// What a sign-in stands for now.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    pub role: AccountRole,
    /// Who watches on this device.
    pub profile: ProfileId,
    pub active_profile: ActiveProfile,
    pub authorization: Arc<Authorization>,
    /// A token's; absent for a browser.
    pub scopes: Option<Arc<[Scope]>>,
}

/// Who knows accounts, sign-ins and what they may do.
#[async_trait]
pub trait Standings: Send + Sync + 'static {
    /// What a sign-in stands for; nothing where it ended or its account is disabled.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn standing(&self, bearer: &Bearer) -> Result<Option<Standing>, StoreError>;

    /// What an API token stands for; nothing where it was deleted or ended, or its account is disabled.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn token(&self, token: &ApiToken) -> Result<Option<Standing>, StoreError>;

    /// What guests may do.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn guests(&self) -> Result<Arc<Authorization>, StoreError>;

    /// Trades a refresh token for its successor and a new access token; nothing where it is not good any more.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn refresh(&self, token: RefreshToken) -> Result<Option<(Bearer, Tokens)>, StoreError>;
}

/// What a sign-in stood for when it was looked up.
#[derive(Clone)]
struct LookedUp {
    standing: Standing,
    at: Instant,
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

/// A [`Standings`] that is asked seldom.
///
/// Most requests carry a token that was checked and looked up moments ago; they are known by its very text. The rest is
/// looked up once however many ask at the same time, in futures that are boxed: those of every request are moved
/// about, and should have no room for what is done seldom.
pub struct Remembered {
    standings: Arc<dyn Standings>,
    keys: KeyRing,
    sessions: SyncCache<Box<str>, Arc<Session>>,
    forgotten: AtomicU64,
    members: Cache<SignInId, Option<LookedUp>>,
    tokens: Cache<ApiTokenId, Option<Standing>>,
    guests: Mutex<Option<Guests>>,
    events: Events,
}

/// What guests may do, as it was looked up.
struct Guests {
    at: Instant,
    /// Where the change feed stood before: what is kept for guests is kept by it, and must not say what was so before.
    revision: u64,
    authorization: Arc<Authorization>,
}

impl Remembered {
    pub fn new(standings: Arc<dyn Standings>, keys: KeyRing, events: Events) -> Self {
        Self {
            standings,
            keys,
            sessions: SyncCache::builder().max_capacity(REMEMBERED).time_to_live(FRESH).build(),
            forgotten: AtomicU64::new(0),
            members: Cache::builder().max_capacity(REMEMBERED).time_to_live(FRESH).build(),
            tokens: Cache::builder().max_capacity(REMEMBERED).time_to_live(FRESH).build(),
            guests: Mutex::new(None),
            events,
        }
    }

    /// Whose this access token is, and what that stands for; nothing where it is not good, or the sign-in ended.
    ///
    /// # Errors
    /// As [`Standings::standing`].
    pub async fn session(&self, token: &str) -> Result<Option<(Bearer, Standing)>, Arc<StoreError>> {
        let now = now_seconds();
        let forgotten = self.forgotten.load(Ordering::Acquire);
        if let Some(session) = self.sessions.get(token)
            && session.expires > now
            && session.forgotten == forgotten
            && session.known.at.elapsed() < FRESH
        {
            return Ok(Some((session.bearer.clone(), session.known.standing.clone())));
        }
        let Some(Checked { bearer, expires }) = self.keys.check(token) else { return Ok(None) };
        let Some(known) = Box::pin(self.looked_up(&bearer)).await? else { return Ok(None) };
        let session = Session { bearer: bearer.clone(), expires, known: known.clone(), forgotten };
        self.sessions.insert(token.into(), Arc::new(session));
        Ok(Some((bearer, known.standing)))
    }

    /// # Errors
    /// As [`Standings::standing`].
    pub async fn standing(&self, bearer: &Bearer) -> Result<Option<Standing>, Arc<StoreError>> {
        Ok(Box::pin(self.looked_up(bearer)).await?.map(|known| known.standing))
    }

    async fn looked_up(&self, bearer: &Bearer) -> Result<Option<LookedUp>, Arc<StoreError>> {
        let look_up = async {
            let at = Instant::now();
            let standing = self.standings.standing(bearer).await?;
            Ok(standing.map(|standing| LookedUp { standing, at }))
        };
        self.members.try_get_with_by_ref(&bearer.sign_in, look_up).await
    }

    /// # Errors
    /// As [`Standings::token`].
    pub async fn token(&self, token: &ApiToken) -> Result<Option<Standing>, Arc<StoreError>> {
        Box::pin(self.tokens.try_get_with_by_ref(&token.id, self.standings.token(token))).await
    }

    /// # Errors
    /// As [`Standings::guests`].
    pub async fn guests(&self) -> Result<Arc<Authorization>, StoreError> {
        let revision = self.events.revision();
        let known = |kept: &Guests| kept.at.elapsed() < FRESH && kept.revision == revision;
        if let Some(guests) = self.guests.lock().unwrap_or_else(PoisonError::into_inner).as_ref().filter(|kept| known(kept)) {
            return Ok(Arc::clone(&guests.authorization));
        }
        let at = Instant::now();
        let authorization = Box::pin(self.standings.guests()).await?;
        let guests = Guests { at, revision, authorization: Arc::clone(&authorization) };
        *self.guests.lock().unwrap_or_else(PoisonError::into_inner) = Some(guests);
        Ok(authorization)
    }

    /// # Errors
    /// As [`Standings::refresh`].
    pub async fn refresh(&self, token: RefreshToken) -> Result<Option<(Bearer, Tokens)>, StoreError> {
        Box::pin(self.standings.refresh(token)).await
    }

    /// What is known of this sign-in is out of date: it ended here, or watches as somebody else.
    pub async fn forget(&self, sign_in: &SignInId) {
        self.members.invalidate(sign_in).await;
        // Its tokens are not known from its id: everybody is looked up again by it, which is cheap.
        self.forgotten.fetch_add(1, Ordering::AcqRel);
    }
}

fn now_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::secret::MasterSecret;

    /// Knows everybody, until they end.
    #[derive(Default)]
    struct Counting {
        asked: AtomicUsize,
        ended: std::sync::atomic::AtomicBool,
    }

    #[async_trait]
    impl Standings for Counting {
        async fn standing(&self, _: &Bearer) -> Result<Option<Standing>, StoreError> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            let standing = Standing {
                role: AccountRole::Member,
                profile: "p1".parse().unwrap(),
                active_profile: ActiveProfile::Unrestricted,
                authorization: Arc::default(),
                scopes: None,
            };
            Ok((!self.ended.load(Ordering::Relaxed)).then_some(standing))
        }

        async fn token(&self, _: &ApiToken) -> Result<Option<Standing>, StoreError> {
            Ok(None)
        }

        async fn guests(&self) -> Result<Arc<Authorization>, StoreError> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            Ok(Arc::default())
        }

        async fn refresh(&self, _: RefreshToken) -> Result<Option<(Bearer, Tokens)>, StoreError> {
            Ok(None)
        }
    }

    fn remembered() -> (Arc<Counting>, KeyRing, Remembered) {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyRing::new(&MasterSecret::open(folder.path()).unwrap());
        let standings = Arc::new(Counting::default());
        let events = Events::default();
        let remembered = Remembered::new(Arc::clone(&standings) as Arc<dyn Standings>, keys.clone(), events);
        (standings, keys, remembered)
    }

    fn bearer(sign_in: &str) -> Bearer {
        Bearer { account: "a1".parse().unwrap(), sign_in: sign_in.parse().unwrap() }
    }

    #[tokio::test]
    async fn a_session_is_looked_up_once_however_often_its_token_comes() {
        let (standings, keys, remembered) = remembered();
        let token = keys.sign(&bearer("s1")).unwrap();
        for _ in 0..5 {
            assert_eq!(remembered.session(&token).await.unwrap().unwrap().0, bearer("s1"));
        }
        for _ in 0..3 {
            remembered.guests().await.unwrap();
        }
        assert_eq!(standings.asked.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn what_guests_may_do_is_looked_up_again_as_soon_as_something_changed() {
        let (standings, _, remembered) = remembered();
        remembered.guests().await.unwrap();
        remembered.events.publish(crate::storage::events::Change::Guests);
        for _ in 0..3 {
            remembered.guests().await.unwrap();
        }
        assert_eq!(standings.asked.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn who_is_forgotten_is_looked_up_again_at_once_and_the_others_are_not() {
        let (standings, keys, remembered) = remembered();
        let (one, other) = (keys.sign(&bearer("s1")).unwrap(), keys.sign(&bearer("s2")).unwrap());
        assert!(remembered.session(&one).await.unwrap().is_some() && remembered.session(&other).await.unwrap().is_some());
        standings.ended.store(true, Ordering::Relaxed);
        assert!(remembered.session(&one).await.unwrap().is_some(), "nobody said that it ended");
        remembered.forget(&"s1".parse().unwrap()).await;
        assert!(remembered.session(&one).await.unwrap().is_none());
        assert!(remembered.session(&other).await.unwrap().is_some());
        assert_eq!(standings.asked.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn what_was_looked_up_is_believed_for_five_seconds_by_whichever_way_it_is_known() {
        let (standings, keys, remembered) = remembered();
        let token = keys.sign(&bearer("s1")).unwrap();
        assert!(remembered.session(&token).await.unwrap().is_some());
        standings.ended.store(true, Ordering::Relaxed);
        // Known anew by its text, from what was looked up before: that does not make it younger.
        tokio::time::sleep(FRESH / 2).await;
        remembered.sessions.invalidate(token.as_str());
        assert!(remembered.session(&token).await.unwrap().is_some());
        tokio::time::sleep(FRESH / 2 + Duration::from_millis(200)).await;
        assert!(remembered.session(&token).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_token_that_is_changed_in_any_place_is_nobodys_even_after_the_right_one_was_known() {
        let (_, keys, remembered) = remembered();
        let token = keys.sign(&bearer("s1")).unwrap();
        assert!(remembered.session(&token).await.unwrap().is_some());
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(remembered.session(&String::from_utf8(changed).unwrap()).await.unwrap(), None, "{at}");
        }
    }
}
