//! What a provider says behind the browser's back: that somebody signed out there (OpenID Connect Back-Channel Logout 1.0).
//!
//! The work is done first and noted as done afterwards: what broke off is said again by the provider and done again, what
//! was done is not done twice. Must never look at some of an account's devices only.

use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;
use contract::{identity::EntryRefusal, ids::AccountId};
use storage::{StoreError, keyvalue::Expect};

use crate::{
    services::identity::{
        Identity,
        providers::{LogoutToken, Person, Provider, store_failed},
        record::Through,
    },
    session::REFRESH_SECONDS,
};

/// A logout token is remembered for as long as it would be taken again.
const SAID: Duration = Duration::from_secs(10 * 60);
/// As long as a device stays signed in.
pub const KNOWN: Duration = Duration::from_secs(REFRESH_SECONDS);

impl Identity {
    /// Ends what a provider says has ended there.
    ///
    /// # Errors
    /// Why the token is not taken, or that not everything is ended yet: then it is to be said again.
    pub(super) async fn end_attested(&self, provider: &Provider, token: &str) -> Result<(), EntryRefusal> {
        let token = provider.read_logout_token(token).await?;
        let said = format!("logout/{}/{}", provider.id(), hash(&token.jti));
        if self.keyvalue.get(&said).await.map_err(store_failed)?.is_some() {
            return Ok(());
        }
        for account in self.resolve_logout(provider, &token).await.map_err(store_failed)? {
            self.end_through(provider, &token, &account).await.map_err(store_failed)?;
        }
        self.keyvalue.put(&said, Bytes::from_static(b"1"), Expect::Anything, Some(SAID)).await.map(drop).map_err(store_failed)
    }

    /// The accounts that a logout token means: its subject's, and its session's.
    async fn resolve_logout(&self, provider: &Provider, token: &LogoutToken) -> Result<BTreeSet<AccountId>, StoreError> {
        let mut accounts = BTreeSet::new();
        // Another claim's subjects are other people's names.
        let subject = if provider.has_own_subjects() { &token.subject } else { &token.sub };
        if let Some(subject) = subject {
            accounts.extend(self.accounts.find_subject(provider.id(), subject).await?.map(|account| account.id));
        }
        let by_subject = token.sub.as_ref().map(|sub| subject_key(provider.id(), sub));
        let by_session = token.sid.as_ref().map(|session| session_key(provider.id(), session));
        for key in by_subject.into_iter().chain(by_session) {
            let entry = self.keyvalue.get(&key).await?;
            accounts.extend(entry.and_then(|entry| std::str::from_utf8(&entry.value).ok()?.parse::<AccountId>().ok()));
        }
        Ok(accounts)
    }

    /// Ends the devices of an account that entered by what has ended there.
    async fn end_through(&self, provider: &Provider, token: &LogoutToken, account: &AccountId) -> Result<(), StoreError> {
        let is_meant = |through: &Through| match (&token.sid, &through.session) {
            (None, _) => true,
            (Some(ended), Some(session)) => ended == session,
            // One whose ID token named no session: it may be this one, if it is the same person's.
            (Some(_), None) => token.sub.is_some(),
        };
        for (id, record) in self.sign_ins.all(account).await? {
            if record.through.is_some_and(|through| through.provider == provider.id() && is_meant(&through)) {
                self.sign_ins.end(account, &id).await?;
                tracing::info!(%account, provider = provider.id(), "signed out at the provider: signed out here");
            }
        }
        Ok(())
    }
}

/// Under which names an account is found again by what its provider says of its holder.
pub fn names_of(provider: &Provider, person: &Person) -> Vec<String> {
    let session = person.session.as_ref().map(|session| session_key(provider.id(), session));
    let sub = person.sub.as_ref().filter(|_| provider.has_own_subjects()).map(|sub| subject_key(provider.id(), sub));
    session.into_iter().chain(sub).collect()
}

/// Before the names of sessions at providers, each of which names an account.
pub const SESSIONS: &str = "provider-session/";
/// Before the names of subjects of providers, each of which names an account.
pub const SUBJECTS: &str = "provider-subject/";

/// Where it stands whose session at a provider this is.
fn session_key(provider: &str, session: &str) -> String {
    format!("{SESSIONS}{provider}/{}", hash(session))
}

/// Where it stands whose `sub` this is, of a provider whose accounts are found by another claim.
fn subject_key(provider: &str, sub: &str) -> String {
    format!("{SUBJECTS}{provider}/{}", hash(sub))
}

fn hash(text: &str) -> blake3::Hash {
    blake3::hash(text.as_bytes())
}
