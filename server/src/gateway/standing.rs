//! What a signed-in browser or a token stands for, looked up at most once in five seconds.
//!
//! The gateway asks for it through a trait: who has accounts is a service's affair. Must never outlive the five seconds
//! within which a sign-out, a disabled account or another plan has to bite on every node.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use contract::{
    Scope,
    authorization::Authorization,
    identity::AccountRole,
    ids::{ApiTokenId, ProfileId, SignInId},
};
use moka::future::Cache;

use crate::{
    session::{ApiToken, Bearer, RefreshToken, Tokens},
    storage::StoreError,
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

/// A [`Standings`] that is asked seldom. Cheap to clone.
#[derive(Clone)]
pub struct Remembered {
    standings: Arc<dyn Standings>,
    members: Cache<SignInId, Option<Standing>>,
    tokens: Cache<ApiTokenId, Option<Standing>>,
    guests: Cache<(), Arc<Authorization>>,
}

impl Remembered {
    pub fn new(standings: Arc<dyn Standings>) -> Self {
        Self {
            standings,
            members: Cache::builder().max_capacity(REMEMBERED).time_to_live(FRESH).build(),
            tokens: Cache::builder().max_capacity(REMEMBERED).time_to_live(FRESH).build(),
            guests: Cache::builder().max_capacity(1).time_to_live(FRESH).build(),
        }
    }

    /// # Errors
    /// As [`Standings::standing`].
    pub async fn standing(&self, bearer: &Bearer) -> Result<Option<Standing>, Arc<StoreError>> {
        self.members.try_get_with_by_ref(&bearer.sign_in, self.standings.standing(bearer)).await
    }

    /// # Errors
    /// As [`Standings::token`].
    pub async fn token(&self, token: &ApiToken) -> Result<Option<Standing>, Arc<StoreError>> {
        self.tokens.try_get_with_by_ref(&token.id, self.standings.token(token)).await
    }

    /// # Errors
    /// As [`Standings::guests`].
    pub async fn guests(&self) -> Result<Arc<Authorization>, Arc<StoreError>> {
        self.guests.try_get_with((), self.standings.guests()).await
    }

    /// # Errors
    /// As [`Standings::refresh`].
    pub async fn refresh(&self, token: RefreshToken) -> Result<Option<(Bearer, Tokens)>, StoreError> {
        self.standings.refresh(token).await
    }

    /// What is known of this sign-in is out of date: it ended here, or watches as somebody else.
    pub async fn forget(&self, sign_in: &SignInId) {
        self.members.invalidate(sign_in).await;
    }
}
