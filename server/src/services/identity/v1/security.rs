//! What protects one's own account beside its password: the authenticator app, its recovery codes, and an overview.

use contract::{
    Code, Problem,
    identity::{ConfirmTotp, GetSecurity, NewTotp, RecoveryCodes, RemoveTotp, RenewRecoveryCodes, Security, StartTotp},
    ids::AccountId,
};
use vault::{Access, Purpose};

use crate::{
    context::{Member, RequestContext},
    services::identity::{
        Identity,
        guesses::{self, Guesses},
        passwords::{self, Lock},
        record::{AccountRecord, StoredAccount},
    },
};

impl Identity {
    pub(in crate::services::identity) async fn get_security(
        &self,
        context: RequestContext,
        _: GetSecurity,
    ) -> Result<Security, Problem> {
        let member = context.viewer.member()?;
        let account = self.own_account(member).await?;
        let access = context.vault_access(Purpose::SecurityPage);
        let codes_left = self.factors.codes_left(&access, &account.id).await?;
        Ok(Security {
            has_totp: codes_left.is_some(),
            recovery_codes_left: codes_left.unwrap_or_default(),
            passkeys: self.passkeys.list(&access, &account.id).await?,
            unavailable: self.why_without_factors(&account.record).map(str::to_owned),
            passkeys_unavailable: self.relying_party(&context.caller).err().map(|why| why.detail.unwrap_or(why.title)),
        })
    }

    pub(in crate::services::identity) async fn start_totp(
        &self,
        context: RequestContext,
        _: StartTotp,
    ) -> Result<NewTotp, Problem> {
        let account = self.with_factors(context.viewer.member()?).await?;
        self.check_confirmed(&context).await?;
        self.factors.start(&context.vault_access(Purpose::Credentials), &account.id, &account.record.login).await
    }

    pub(in crate::services::identity) async fn confirm_totp(
        &self,
        context: RequestContext,
        call: ConfirmTotp,
    ) -> Result<RecoveryCodes, Problem> {
        let member = context.viewer.member()?;
        let account = self.with_factors(member).await?.id;
        self.check_confirmed(&context).await?;
        let guesses = guesses::at_own("new second factor", member);
        self.throttle.claim(&guesses).await?;
        let confirmed = self.factors.confirm(&context.vault_access(Purpose::Credentials), &account, &call.code).await?;
        let recovery_codes = confirmed.ok_or_else(wrong_code)?;
        self.throttle.right(&guesses).await;
        tracing::info!(%account, "a second factor was turned on");
        Ok(RecoveryCodes { recovery_codes })
    }

    pub(in crate::services::identity) async fn remove_totp(
        &self,
        context: RequestContext,
        call: RemoveTotp,
    ) -> Result<(), Problem> {
        let account = self.with_factors(context.viewer.member()?).await?.id;
        self.check_own_password(&context, &account, call.password).await?;
        if !self.factors.remove(&context.vault_access(Purpose::Credentials), &account).await? {
            return Err(without_second_factor());
        }
        tracing::info!(%account, "a second factor was turned off");
        Ok(())
    }

    pub(in crate::services::identity) async fn renew_recovery_codes(
        &self,
        context: RequestContext,
        call: RenewRecoveryCodes,
    ) -> Result<RecoveryCodes, Problem> {
        let account = self.with_factors(context.viewer.member()?).await?.id;
        self.check_own_password(&context, &account, call.password).await?;
        let recovery_codes =
            self.factors.renew(&context.vault_access(Purpose::Credentials), &account).await?.ok_or_else(without_second_factor)?;
        tracing::info!(%account, "recovery codes were renewed");
        Ok(RecoveryCodes { recovery_codes })
    }

    /// Asks for the second factor of an account whose password was right, where it has one. The code is not used up yet.
    ///
    /// # Errors
    /// `second_factor_required` without a code; `wrong_credentials`, `rate_limited` with a wrong one; what the store says.
    pub(super) async fn check_second_factor(
        &self,
        context: &RequestContext,
        account: &AccountId,
        code: Option<&str>,
        guesses: &Guesses,
    ) -> Result<(), Problem> {
        let access = context.vault_access(Purpose::SignIn);
        if self.factors.codes_left(&access, account).await?.is_none() {
            return Ok(());
        }
        let code = code.filter(|code| !code.trim().is_empty()).ok_or_else(|| Problem::new(Code::SecondFactorRequired))?;
        let guesses = guesses.at_code(account);
        self.throttle.claim(&guesses).await?;
        if !self.factors.knows(&access, account, code).await? {
            return Err(wrong_code());
        }
        self.throttle.right(&guesses).await;
        Ok(())
    }

    /// Uses up a code that was right a moment ago. Of two who bring it at once, one is let in.
    ///
    /// # Errors
    /// As [`Identity::check_second_factor`].
    pub(super) async fn use_second_factor(
        &self,
        context: &RequestContext,
        account: &AccountId,
        code: Option<&str>,
    ) -> Result<(), Problem> {
        if self.factors.uses(&context.vault_access(Purpose::SignIn), account, code.unwrap_or_default()).await? {
            return Ok(());
        }
        Err(wrong_code())
    }

    /// Whether this is the password of the account that asks. Where it is, whoever asks has confirmed who they are.
    ///
    /// # Errors
    /// `wrong_credentials`, `rate_limited`; what the store says.
    pub(super) async fn check_own_password(
        &self,
        context: &RequestContext,
        account: &AccountId,
        password: String,
    ) -> Result<(), Problem> {
        let member = context.viewer.member()?;
        let guesses = guesses::at_own("password", member);
        self.passwords.check_room()?;
        self.throttle.claim(&guesses).await?;
        let (access, lock) = (context.vault_access(Purpose::Confirm), Lock::Account(account));
        if password.len() > passwords::LONGEST_BYTES || !self.passwords.opens(&access, Some(lock), password).await? {
            return Err(Problem::new(Code::WrongCredentials).with_detail("The current password is wrong."));
        }
        self.throttle.right(&guesses).await;
        self.confirmed(account, &member.sign_in).await;
        Ok(())
    }

    /// Takes away whatever signs in beside the password.
    ///
    /// # Errors
    /// What the store says.
    pub(super) async fn remove_factors(&self, access: &Access, account: &AccountId) -> Result<(), Problem> {
        self.factors.remove(access, account).await?;
        self.passkeys.remove_all(access, account).await?;
        tracing::info!(%account, "every second factor was taken away");
        Ok(())
    }

    /// The account that asks, where it can have factors of its own.
    ///
    /// # Errors
    /// `not_allowed`, and why.
    pub(super) async fn with_factors(&self, member: &Member) -> Result<StoredAccount, Problem> {
        let account = self.own_account(member).await?;
        match self.why_without_factors(&account.record) {
            None => Ok(account),
            Some(why) => Err(Problem::new(Code::NotAllowed).with_detail(why)),
        }
    }

    fn why_without_factors(&self, record: &AccountRecord) -> Option<&'static str> {
        if record.provider.is_some() {
            return Some("Another service checks this account: protect it there.");
        }
        (!self.config.local).then_some("Signing in with a password is switched off here.")
    }

    pub(super) async fn own_account(&self, member: &Member) -> Result<StoredAccount, Problem> {
        self.accounts.get(&member.account).await?.ok_or_else(|| Problem::new(Code::SignInRequired))
    }
}

pub(super) fn wrong_code() -> Problem {
    Problem::new(Code::WrongCredentials).with_detail("The code is wrong, or was used already: wait for the next one.")
}

fn without_second_factor() -> Problem {
    Problem::new(Code::NotFound).with_detail("This account has no second factor.")
}
