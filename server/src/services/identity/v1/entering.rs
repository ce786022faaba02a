//! Setting up, signing in, signing out.

use contract::{
    Code, Problem,
    identity::{Account, AccountRole, GetIdentity, Identity as Shown, SetUp, SignIn, SignOut, SignedOut, WaysIn},
};

use super::{NAME_LIMIT, name};
use crate::{
    agent,
    context::{ActiveProfile, Member, RequestContext},
    services::identity::{
        Identity,
        accounts::{NewAccount, new_ids},
        devices::WhenFull,
        passwords::{self, Lock},
        record::{StoredAccount, Through, login_key},
    },
    storage::events::Change,
    vault::{Access, Purpose},
};

impl Identity {
    pub(in crate::services::identity) async fn get_identity(
        &self,
        context: RequestContext,
        _: GetIdentity,
    ) -> Result<Shown, Problem> {
        let account = match &context.viewer.member {
            Some(member) => self.accounts.get(&member.account).await?.map(|account| as_seen_by(member, account.into())),
            None => None,
        };
        let ways_in = WaysIn {
            needs_setup: !self.accounts.is_set_up().await?,
            local: self.config.local,
            providers: self.providers.shown(),
        };
        Ok(Shown { account, authorization: (*context.viewer.authorization).clone(), ways_in })
    }

    pub(in crate::services::identity) async fn set_up(&self, context: RequestContext, call: SetUp) -> Result<Account, Problem> {
        let new = self.new_account(&call.login, &call.name, AccountRole::Operator)?;
        // Whoever watched as a guest before keeps what they began.
        let viewer = &context.viewer;
        let profile = if viewer.is_new { new.profile.clone() } else { viewer.profile.clone() };
        let new = NewAccount { profile, ..new };
        passwords::check("password", &call.password)?;
        if self.accounts.is_set_up().await? {
            return Err(Problem::new(Code::AlreadySetUp));
        }
        // Before the account: an account without its password would be an installation that nobody can enter.
        self.passwords.set(&Access::of(&context, Purpose::Credentials), Lock::Account(&new.id), call.password).await?;
        let account = self.accounts.create_first(new).await?;
        // From now on one signs in, where the pages for guests still say that one sets up.
        self.events.publish(Change::Guests);
        tracing::info!(account = %account.id, "set up: there is an operator");
        self.enter(&context, account, None, WhenFull::Refuse).await
    }

    pub(in crate::services::identity) async fn sign_in(&self, context: RequestContext, call: SignIn) -> Result<Account, Problem> {
        if !self.config.local {
            return Err(Problem::new(Code::NotAllowed).with_detail("Signing in with a password is switched off here."));
        }
        let when_full = WhenFull::of(call.replaces_oldest);
        let from = guesses_from(&context);
        let to = guesses_at(&call.login);
        self.throttle.check(&from).await?;
        self.throttle.check(&to).await?;
        if call.password.len() > passwords::LONGEST {
            return Err(Problem::new(Code::WrongCredentials));
        }
        let found = self.accounts.find_login(call.login.trim()).await?;
        let lock = found.as_ref().map(|account| Lock::Account(&account.id));
        let is_right = self.passwords.opens(&Access::of(&context, Purpose::SignIn), lock, call.password).await?;
        let account = found.filter(|account| is_right && !account.record.is_disabled);
        let Some(account) = account else {
            tokio::try_join!(self.throttle.wrong(&from), self.throttle.wrong(&to))?;
            return Err(Problem::new(Code::WrongCredentials));
        };
        self.check_second_factor(&context, &account.id, call.code.as_deref()).await?;
        // Before the code is used up: whoever has to choose what gives way comes again with it.
        self.check_room(&context, &account, when_full).await?;
        self.use_second_factor(&context, &account.id, call.code.as_deref()).await?;
        // The address is left as it is: with one account of their own nobody buys free guesses at others.
        self.throttle.right(&to).await?;
        self.enter(&context, account, None, when_full).await
    }

    pub(in crate::services::identity) async fn sign_out(
        &self,
        context: RequestContext,
        _: SignOut,
    ) -> Result<SignedOut, Problem> {
        context.door.leave();
        let Some(member) = &context.viewer.member else { return Ok(SignedOut::default()) };
        let record = self.sign_ins.get(&member.account, &member.sign_in).await?;
        self.sign_ins.end(&member.account, &member.sign_in).await?;
        let next = match record.and_then(|record| record.through) {
            Some(through) => self.way_out(&context, &through).await,
            None => None,
        };
        Ok(SignedOut { next })
    }

    /// An account as it is asked for.
    ///
    /// # Errors
    /// What is wrong with its names.
    pub(super) fn new_account(&self, login: &str, called: &str, role: AccountRole) -> Result<NewAccount, Problem> {
        let (id, profile) = new_ids();
        let (login, name) = (name("login", login, NAME_LIMIT)?, name("name", called, NAME_LIMIT)?);
        Ok(NewAccount { id, login, name, role, email: None, profile, subject: None })
    }

    /// Signs the browser in as an account that was shown to be the viewer's.
    ///
    /// # Errors
    /// `limit_reached` where as many devices are signed in as its plan allows; what the store says.
    pub(super) async fn enter(
        &self,
        context: &RequestContext,
        account: StoredAccount,
        through: Option<Through>,
        when_full: WhenFull,
    ) -> Result<Account, Problem> {
        let profile = account.record.profiles.first().map(|profile| profile.id.clone()).ok_or_else(|| {
            tracing::error!(account = %account.id, "an account has no profile");
            Problem::internal()
        })?;
        let limit = self.check_room(context, &account, when_full).await?;
        let before = context.viewer.member.as_ref();
        let device = agent::in_words(context.caller.agent());
        let (sign_in, tokens) = self.sign_ins.begin(&account.id, &profile, device, through).await?;
        // Whoever was signed in on this device before is not any more.
        if let Some(before) = before {
            self.sign_ins.end(&before.account, &before.sign_in).await?;
        }
        if let Some(limit) = limit {
            self.sign_ins.keep_within(&account.id, limit, &sign_in, when_full).await?;
        }
        context.door.enter(tokens);
        Ok(account.into())
    }

    /// How many devices the account's plan allows, where there is room for this one.
    ///
    /// # Errors
    /// As [`Identity::enter`].
    async fn check_room(
        &self,
        context: &RequestContext,
        account: &StoredAccount,
        when_full: WhenFull,
    ) -> Result<Option<u16>, Problem> {
        let limit = self.plans.devices(&account.id).await?;
        let before = context.viewer.member.as_ref();
        if let Some(limit) = limit {
            self.sign_ins.check_room(&account.id, limit, before.map(|member| &member.sign_in), when_full).await?;
        }
        Ok(limit)
    }
}

/// An account, as who watches with it is shown it: only a profile without an age limit runs the place.
fn as_seen_by(member: &Member, account: Account) -> Account {
    match member.active_profile {
        ActiveProfile::Unrestricted => account,
        ActiveProfile::AgeLimited | ActiveProfile::Missing => Account { role: AccountRole::Member, ..account },
    }
}

/// Under which name wrong tries from an address are counted.
pub(super) fn guesses_from(context: &RequestContext) -> String {
    format!("address {}", context.caller.address)
}

/// Under which name wrong passwords for a login are counted.
pub(super) fn guesses_at(login: &str) -> String {
    format!("login {}", login_key(login.trim()))
}
