//! Setting up, signing in, signing out.

use contract::{
    Code, Problem,
    identity::{Account, AccountRole, GetIdentity, Identity as IdentityReply, SetUp, SignIn, SignOut, SignedOut, WaysIn},
    ids::{AccountId, ProfileId, SignInId},
};
use storage::events::Change;
use usage::event::{Kind, Method};
use vault::{Access, Purpose};

use super::{NAME_LIMIT, name};
use crate::{
    agent,
    context::{ActiveProfile, Member, RequestContext},
    services::identity::{
        Identity,
        accounts::{FirstClaim, NewAccount},
        devices::WhenFull,
        guesses::{Guesses, was_right},
        logins::login_key,
        passwords::{self, Lock},
        record::{StoredAccount, Through, new_ids},
    },
};

impl Identity {
    pub(in crate::services::identity) async fn get_identity(
        &self,
        context: RequestContext,
        _: GetIdentity,
    ) -> Result<IdentityReply, Problem> {
        let account = match &context.viewer.member {
            Some(member) => self.accounts.get(&member.account).await?.map(|account| as_seen_by(member, account.into())),
            None => None,
        };
        let ways_in = WaysIn {
            needs_setup: !self.accounts.is_set_up().await?,
            local: self.config.local,
            providers: self.providers.shown(),
        };
        Ok(IdentityReply { account, authorization: (*context.viewer.authorization).clone(), ways_in })
    }

    pub(in crate::services::identity) async fn set_up(&self, context: RequestContext, call: SetUp) -> Result<Account, Problem> {
        let new = self.new_account(&call.login, &call.name, AccountRole::Operator)?;
        let new = NewAccount { guest: signing_up(&context), ..new };
        passwords::check("password", &call.password)?;
        let claim = self.accounts.claim_first(&new.id).await?;
        let access = context.vault_access(Purpose::Credentials);
        let account = self.make_first(&access, &claim, new, call.password).await?;
        // From now on one signs in, where the pages for guests still say that one sets up.
        self.events.publish(Change::Guests);
        tracing::info!(account = %account.id, "set up: there is an operator");
        self.finish(&account.id).await;
        self.enter(&context, account, None, WhenFull::Refuse).await
    }

    pub(in crate::services::identity) async fn sign_in(&self, context: RequestContext, call: SignIn) -> Result<Account, Problem> {
        if !self.config.local {
            return Err(Problem::new(Code::NotAllowed).with_detail("Signing in with a password is switched off here."));
        }
        self.passwords.check_room()?;
        let guesses = self.guesses(&context, &call);
        // Counted before it is made: one that is cut off, or whose store fails, has been made.
        self.throttle.claim_all(&guesses.counted()).await?;
        let entered = self.sign_in_counted(&context, call, &guesses).await;
        if was_right(&entered) {
            self.throttle.right_all(&guesses.counted()).await;
        }
        self.tell_of_sign_in(Method::Password, &entered);
        entered
    }

    /// Tells how somebody signed in, or did not, and not who.
    pub(super) fn tell_of_sign_in<T, E>(&self, method: Method, outcome: &Result<T, E>) {
        self.recorder.record(Kind::SignIn { method, succeeded: outcome.is_ok() }, None, None);
    }

    async fn sign_in_counted(&self, context: &RequestContext, call: SignIn, guesses: &Guesses) -> Result<Account, Problem> {
        let when_full = WhenFull::of(call.replaces_oldest);
        if call.password.len() > passwords::LONGEST_BYTES {
            return Err(Problem::new(Code::WrongCredentials));
        }
        let found = self.accounts.find_login(call.login.trim()).await?;
        let lock = found.as_ref().map(|account| Lock::Account(&account.id));
        let access = context.vault_access(Purpose::SignIn);
        let opened = self.passwords.opened(&access, lock, call.password).await?;
        let mut account = found.filter(|account| opened.is_some() && !account.record.is_disabled);
        if guesses.is_recovery {
            // Its tries are not those of passwords: which of the two was wrong is not said.
            account = self.with_recovery_code(context, account, call.code.as_deref().unwrap_or_default()).await?;
        }
        let Some(account) = account else { return Err(wrong(guesses)) };
        self.check_second_factor(context, &account.id, call.code.as_deref(), guesses).await?;
        // Before the code is used up: whoever has to choose what gives way comes again with it.
        self.check_room(context, &account, when_full).await?;
        self.use_second_factor(context, &account.id, call.code.as_deref()).await?;
        let id = account.id.clone();
        let (entered, sign_in) = self.enter_by_factor(context, account, when_full).await?;
        // Whoever changes the password ends the sign-ins that there are, and this one was none when it began.
        if self.passwords.version(&access, Lock::Account(&id)).await? == opened {
            return Ok(entered);
        }
        self.sign_ins.end(&id, &sign_in).await?;
        context.effects.clear();
        Err(wrong(guesses))
    }

    /// The account, where it has a second factor and this is one of its recovery codes.
    async fn with_recovery_code(
        &self,
        context: &RequestContext,
        account: Option<StoredAccount>,
        code: &str,
    ) -> Result<Option<StoredAccount>, Problem> {
        let Some(account) = account else { return Ok(None) };
        let access = context.vault_access(Purpose::SignIn);
        let has_factor = self.factors.codes_left(&access, &account.id).await?.is_some();
        let is_good = has_factor && self.factors.knows(&access, &account.id, code).await?;
        Ok(is_good.then_some(account))
    }

    /// The password before the account: an account without its password would be an installation that nobody can enter. What
    /// is not made leaves nothing behind, and the next one may set up.
    async fn make_first(
        &self,
        access: &Access,
        claim: &FirstClaim,
        new: NewAccount,
        password: String,
    ) -> Result<StoredAccount, Problem> {
        let id = new.id.clone();
        if let Some(abandoned) = &claim.abandoned {
            self.forget_password(access, abandoned).await;
        }
        if let Err(problem) = self.passwords.set(access, Lock::Account(&id), password).await {
            self.accounts.release(claim).await;
            return Err(problem);
        }
        let made = self.accounts.create_claimed(claim, new).await;
        if made.is_err() {
            self.forget_password(access, &id).await;
        }
        made
    }

    /// Removes the password of an account that was not made.
    async fn forget_password(&self, access: &Access, id: &AccountId) {
        if !matches!(self.accounts.get(id).await, Ok(None)) {
            return;
        }
        if let Err(error) = self.passwords.remove(access, Lock::Account(id)).await {
            tracing::warn!(account = %id, %error, "the password of an account that was not made is left in the vault");
        }
    }

    pub(in crate::services::identity) async fn sign_out(
        &self,
        context: RequestContext,
        _: SignOut,
    ) -> Result<SignedOut, Problem> {
        context.effects.clear();
        let Some(member) = &context.viewer.member else { return Ok(SignedOut::default()) };
        let record = self.sign_ins.get(&member.account, &member.sign_in).await?;
        self.sign_ins.end(&member.account, &member.sign_in).await?;
        let next = match record.and_then(|record| record.through) {
            Some(through) => {
                let through = self.sign_ins.opened(&member.account, &member.sign_in, through);
                self.logout_url(&context, &through).await
            }
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
        Ok(NewAccount { id, login, name, role, email: None, profile, guest: None, subject: None })
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
        let entered = match through {
            Some(_) => self.enter_unconfirmed(context, account, through, when_full).await?,
            None => self.enter_by_factor(context, account, when_full).await?,
        };
        Ok(entered.0)
    }

    /// As [`Identity::enter`], for who showed a factor of the account: it counts for what asks for one, and the browser is
    /// known from now on.
    async fn enter_by_factor(
        &self,
        context: &RequestContext,
        account: StoredAccount,
        when_full: WhenFull,
    ) -> Result<(Account, SignInId), Problem> {
        let login = account.record.login.clone();
        let (account, sign_in) = self.enter_unconfirmed(context, account, None, when_full).await?;
        self.confirmed(&account.id, &sign_in).await;
        let caller = &context.caller;
        self.known_browsers.give(&caller.browser, &login_key(&login), self.clock.seconds(), caller.https);
        Ok((account, sign_in))
    }

    /// As [`Identity::enter`], for somebody who may not have shown a factor just now: [`Identity::confirmed`] says that they
    /// have.
    ///
    /// # Errors
    /// As [`Identity::enter`].
    pub(super) async fn enter_unconfirmed(
        &self,
        context: &RequestContext,
        account: StoredAccount,
        through: Option<Through>,
        when_full: WhenFull,
    ) -> Result<(Account, SignInId), Problem> {
        let profile = account.record.profiles.first().map(|profile| profile.id.clone()).ok_or_else(|| {
            tracing::error!(account = %account.id, "an account has no profile");
            Problem::internal()
        })?;
        let limit = self.check_room(context, &account, when_full).await?;
        let before = context.viewer.member.as_ref();
        let device = agent::in_words(context.caller.agent());
        let (sign_in, tokens) = self.sign_ins.begin(&account.id, &profile, device, through).await?;
        let leaving = before.map(|before| &before.sign_in);
        if let Some(limit) = limit {
            self.sign_ins.keep_within(&account.id, limit, (&sign_in, leaving), when_full).await?;
        }
        // Whoever was signed in on this device before is not any more, now that another is.
        if let Some(before) = before {
            self.sign_ins.end(&before.account, &before.sign_in).await?;
        }
        context.effects.establish(tokens);
        Ok((account.into(), sign_in))
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

/// The guest who signs up here, where there is one: whoever watched before keeps what they began.
pub(super) fn signing_up(context: &RequestContext) -> Option<ProfileId> {
    let viewer = &context.viewer;
    (!viewer.is_new && viewer.member.is_none()).then(|| viewer.profile.clone())
}

/// What is said of a wrong name, a wrong password, and of a code beside one: the same for all of them.
fn wrong(guesses: &Guesses) -> Problem {
    let problem = Problem::new(Code::WrongCredentials);
    if guesses.is_recovery { problem.with_detail("The name, the password or the recovery code is wrong.") } else { problem }
}

/// An account, as who watches with it is shown it: only a profile without an age limit runs the place.
fn as_seen_by(member: &Member, account: Account) -> Account {
    match member.active_profile {
        ActiveProfile::Unrestricted => account,
        ActiveProfile::AgeLimited | ActiveProfile::Missing => Account { role: AccountRole::Member, ..account },
    }
}
