//! Identity: accounts, how they sign in, the devices that are signed in, and who watches with them.
//!
//! Owns the documents `accounts`, `operators` and `profile_owners`, sign-ins in the key-value store, and what signs in, and
//! billing, in the vault. Must never say whether a name or
//! a password was the wrong one, and never log either.

mod accounts;
mod api_tokens;
mod billing;
mod ceremonies;
mod challenges;
mod confirmations;
mod devices;
mod domain_events;
mod exports;
mod factors;
#[cfg(test)]
mod failing;
mod guesses;
mod hashing;
mod life;
mod logins;
mod migrate;
mod once;
mod operators;
pub mod owners;
mod owners_migration;
mod passkeys;
mod passwords;
mod pending;
mod providers;
mod record;
mod recovery;
mod relying_party;
mod rotation;
mod sign_ins;
mod throttle;
mod totp;
mod v1;
pub mod viewers;

use std::sync::Arc;

use axum::Router;
use contract::{
    Scope,
    identity::{
        AccountRole, AddPasskey, ChangeAccount, ChangePassword, Confirm, ConfirmTotp, CreateAccount, CreateApiToken,
        CreateProfile, DeleteApiToken, DeletePasskey, DeleteProfile, EndOtherSignIns, EndSignIn, ExportAccount,
        FinishPasskeySignIn, GetAccount, GetAccountNames, GetBilling, GetConfirmation, GetIdentity, GetSecurity, GetWatcher,
        ListAccounts, ListApiTokens, ListProfiles, ListSignIns, PutAccount, PutApiToken, PutBilling, RemoveTotp, RenamePasskey,
        RenewRecoveryCodes, ReplaceProfile, SelectProfile, SetUp, SignIn, SignOut, StartConfirmation, StartPasskey,
        StartPasskeySignIn, StartTotp, UpdateAccount,
    },
    ids::ProfileId,
};
use runtime::clock::Clock;
use storage::{StoreError, documents::Documents, events::Events, keyvalue::KeyValue};
use vault::Vault;

pub use self::devices::Plans;
use self::{providers::Providers, record::StoredAccount};
use super::{
    Service, answer,
    keepers::{self, Keepers},
    recorder::Recorder,
};
use crate::{
    config,
    context::ActiveProfile,
    deletions::DeletionLog,
    mount::Mount,
    origin::PublicOrigin,
    seal::SealKey,
    secret::MasterSecret,
    session::{ApiToken, ApiTokenKey, Bearer, KeyRing, KnownBrowserKey, RefreshKey, RefreshToken, Tokens},
};

pub use self::providers::ProviderError;

/// The service.
pub struct Identity {
    accounts: accounts::Accounts,
    sign_ins: sign_ins::SignIns,
    api_tokens: api_tokens::ApiTokens,
    passwords: passwords::Passwords,
    factors: factors::SecondFactors,
    passkeys: passkeys::Passkeys,
    billing: billing::Billings,
    ceremonies: ceremonies::Ceremonies,
    challenges: challenges::Challenges,
    confirmations: confirmations::Confirmations,
    known_browsers: KnownBrowserKey,
    throttle: throttle::Throttle,
    providers: Providers,
    documents: Arc<dyn Documents>,
    keyvalue: Arc<dyn KeyValue>,
    vault: Arc<Vault>,
    owners: Arc<owners::ProfileOwners>,
    keepers: Keepers,
    deletions: Arc<DeletionLog>,
    origin: PublicOrigin,
    plans: Arc<dyn Plans>,
    config: config::Identity,
    events: Events,
    clock: Clock,
    recorder: Recorder,
    exports: exports::Exports,
}

/// What the service is made of.
pub struct Dependencies {
    pub documents: Arc<dyn Documents>,
    pub keyvalue: Arc<dyn KeyValue>,
    pub vault: Arc<Vault>,
    pub plans: Arc<dyn Plans>,
    pub owners: Arc<owners::ProfileOwners>,
    pub keepers: Keepers,
    pub deletions: Arc<DeletionLog>,
    pub events: Events,
    pub clock: Clock,
    pub recorder: Recorder,
}

/// What a sign-in stands for, as far as this service knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPrincipal {
    pub role: AccountRole,
    /// Who watches, or watched until they were deleted.
    pub profile: ProfileId,
    pub active_profile: ActiveProfile,
    /// The age up to which films are for this profile.
    pub maturity: Option<u8>,
}

impl Identity {
    /// # Errors
    /// [`ProviderError`] where a provider cannot be used as it is configured.
    pub fn new(
        secret: &MasterSecret,
        parts: Dependencies,
        config: config::Identity,
        origin: PublicOrigin,
    ) -> Result<Self, ProviderError> {
        let Dependencies { documents, keyvalue, vault, plans, owners, keepers, deletions, events, clock, recorder } = parts;
        let keys = sign_ins::Keys {
            access: KeyRing::new(secret, clock.clone()),
            refresh: RefreshKey::new(secret),
            seal: SealKey::new(secret.derive(sign_ins::SEALED)),
        };
        let accounts = accounts::Accounts::new(Arc::clone(&documents), Arc::clone(&keyvalue), Arc::clone(&owners), clock.clone());
        Ok(Self {
            accounts,
            sign_ins: sign_ins::SignIns::new(Arc::clone(&keyvalue), keys, clock.clone()),
            api_tokens: api_tokens::ApiTokens::new(Arc::clone(&keyvalue), ApiTokenKey::new(secret), clock.clone()),
            passwords: passwords::Passwords::new(Arc::clone(&vault)),
            factors: factors::SecondFactors::new(secret, Arc::clone(&vault), clock.clone()),
            passkeys: passkeys::Passkeys::new(Arc::clone(&vault), Arc::clone(&keyvalue), clock.clone()),
            billing: billing::Billings::new(Arc::clone(&vault)),
            ceremonies: ceremonies::Ceremonies::new(Arc::clone(&keyvalue)),
            challenges: challenges::Challenges::new(secret, Arc::clone(&keyvalue), clock.clone()),
            confirmations: confirmations::Confirmations::new(Arc::clone(&keyvalue), clock.clone()),
            known_browsers: KnownBrowserKey::new(secret),
            throttle: throttle::Throttle::new(secret, Arc::clone(&keyvalue), clock.clone()),
            providers: Providers::open(&config.providers, &keyvalue, &clock)?,
            exports: exports::Exports::new(keepers.clone(), clock.clone()),
            documents,
            keyvalue,
            vault,
            owners,
            keepers,
            deletions,
            origin,
            plans,
            config,
            events,
            clock,
            recorder,
        })
    }

    /// What is looked after once at a start: demotions that were broken off, and providers that are not as the config says.
    /// Both are only logged: neither keeps the server from its work.
    ///
    /// # Errors
    /// What the store says, in words: then it is to be called again.
    pub async fn look_after_start(self: Arc<Self>) -> Result<(), String> {
        self.providers.survey().await;
        self.accounts.settle_demotions().await.map_err(|error| error.to_string())
    }

    /// What a sign-in stands for, and the last generation of its tokens that was seen in use; nothing where it ended or its
    /// account is disabled or gone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn resolve(&self, bearer: &Bearer) -> Result<Option<(AccountPrincipal, u64)>, StoreError> {
        let (sign_in, account) =
            tokio::try_join!(self.sign_ins.get(&bearer.account, &bearer.sign_in), self.accounts.get(&bearer.account))?;
        let (Some(sign_in), Some(account)) = (sign_in, account) else { return Ok(None) };
        Ok(known(&account, &sign_in.profile).map(|known| (known, sign_in.confirmed())))
    }

    /// What an API token stands for, and its scopes; nothing where it was deleted or ended, its profile is gone, or its
    /// account is disabled or gone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn resolve_token(&self, token: &ApiToken) -> Result<Option<(AccountPrincipal, Arc<[Scope]>)>, StoreError> {
        let (record, account) = tokio::try_join!(self.api_tokens.find(token), self.accounts.get(&token.account))?;
        let (Some(record), Some(account)) = (record, account) else { return Ok(None) };
        let known = known(&account, &record.profile).filter(|known| known.active_profile != ActiveProfile::Missing);
        Ok(known.map(|known| (known, record.scopes.into())))
    }

    /// Whether anybody has an account, however they came by it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn has_accounts(&self) -> Result<bool, StoreError> {
        self.accounts.is_set_up().await
    }

    /// Whether a profile that a guest's cookie names is a guest's still: no account's, and not gone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_guests(&self, profile: &ProfileId) -> Result<bool, StoreError> {
        keepers::Tombstones::is_guests(&*self.owners, profile).await
    }

    /// Trades a refresh token for its successor. One that is retired ends the sign-in: somebody has a copy.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn refresh(&self, token: RefreshToken) -> Result<Option<(Bearer, Option<Tokens>)>, StoreError> {
        self.sign_ins.refresh(token).await
    }

    /// Notes that a request bears an access token of this generation.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn confirm_generation(&self, bearer: &Bearer, generation: u64) -> Result<(), StoreError> {
        self.sign_ins.confirm(bearer, generation).await
    }
}

impl Service for Identity {
    fn name(&self) -> &'static str {
        "identity"
    }

    fn mount(self: Arc<Self>, mount: &mut Mount) {
        answer!(mount, self, GetIdentity, get_identity);
        answer!(mount, self, SetUp, set_up);
        answer!(mount, self, SignIn, sign_in);
        answer!(mount, self, SignOut, sign_out);
        answer!(mount, self, ListSignIns, list_sign_ins);
        answer!(mount, self, EndSignIn, end_sign_in);
        answer!(mount, self, EndOtherSignIns, end_other_sign_ins);
        answer!(mount, self, ChangePassword, change_password);
        answer!(mount, self, ChangeAccount, change_account);
        answer!(mount, self, ExportAccount, export_account);
        answer!(mount, self, GetBilling, get_billing);
        answer!(mount, self, PutBilling, put_billing);
        answer!(mount, self, GetConfirmation, get_confirmation);
        answer!(mount, self, StartConfirmation, start_confirmation);
        answer!(mount, self, Confirm, confirm);
        answer!(mount, self, GetSecurity, get_security);
        answer!(mount, self, StartTotp, start_totp);
        answer!(mount, self, ConfirmTotp, confirm_totp);
        answer!(mount, self, RemoveTotp, remove_totp);
        answer!(mount, self, RenewRecoveryCodes, renew_recovery_codes);
        answer!(mount, self, StartPasskey, start_passkey);
        answer!(mount, self, AddPasskey, add_passkey);
        answer!(mount, self, RenamePasskey, rename_passkey);
        answer!(mount, self, DeletePasskey, delete_passkey);
        answer!(mount, self, StartPasskeySignIn, start_passkey_sign_in);
        answer!(mount, self, FinishPasskeySignIn, finish_passkey_sign_in);
        answer!(mount, self, ListAccounts, list_accounts);
        answer!(mount, self, GetAccount, get_account);
        answer!(mount, self, GetAccountNames, get_account_names);
        answer!(mount, self, CreateAccount, create_account);
        answer!(mount, self, PutAccount, put_account);
        answer!(mount, self, UpdateAccount, update_account);
        answer!(mount, self, GetWatcher, get_watcher);
        answer!(mount, self, ListProfiles, list_profiles);
        answer!(mount, self, CreateProfile, create_profile);
        answer!(mount, self, ReplaceProfile, replace_profile);
        answer!(mount, self, DeleteProfile, delete_profile);
        answer!(mount, self, SelectProfile, select_profile);
        answer!(mount, self, ListApiTokens, list_api_tokens);
        answer!(mount, self, CreateApiToken, create_api_token);
        answer!(mount, self, PutApiToken, put_api_token);
        answer!(mount, self, DeleteApiToken, delete_api_token);
    }

    fn routes(self: Arc<Self>) -> Router {
        v1::through_providers(self)
    }
}

/// What an account stands for where `profile` watches; nothing where it may not sign in.
fn known(account: &StoredAccount, profile: &ProfileId) -> Option<AccountPrincipal> {
    if account.record.is_disabled {
        return None;
    }
    let (role, profiles) = (account.record.role, &account.record.profiles);
    // A profile that was deleted gives way to no other: the first is usually a parent's.
    let found = profiles.iter().find(|one| one.id == *profile);
    let maturity = found.and_then(|found| found.maturity);
    let active_profile = match (found, maturity) {
        (Some(_), None) => ActiveProfile::Unrestricted,
        (Some(_), Some(_)) => ActiveProfile::AgeLimited,
        (None, _) => ActiveProfile::Missing,
    };
    Some(AccountPrincipal { role, profile: profile.clone(), active_profile, maturity })
}

pub use domain_events::SOURCES;

/// What is stored here, for whoever moves or checks stores as a whole.
pub static COLLECTIONS: &[&storage::documents::Collection] = &[&record::ACCOUNTS, &owners::PROFILE_OWNERS, &operators::OPERATORS];
