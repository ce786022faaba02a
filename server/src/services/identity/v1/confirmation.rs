//! Confirming that it is oneself who asks, before what signs in is changed.

use contract::{
    Code, Problem,
    identity::{Ceremony, Confirm, Confirmation, GetConfirmation, PasskeyAnswer, StartConfirmation},
    ids::{AccountId, SignInId},
};
use vault::Purpose;

use super::security::wrong_code;
use crate::{
    context::RequestContext,
    services::identity::{Identity, challenges::Asked, confirmations::Confirmed, guesses},
};

impl Identity {
    pub(in crate::services::identity) async fn get_confirmation(
        &self,
        context: RequestContext,
        _: GetConfirmation,
    ) -> Result<Confirmation, Problem> {
        let member = context.viewer.member()?;
        let account = self.own_account(member).await?;
        let access = context.vault_access(Purpose::Confirm);
        let is_local = account.record.provider.is_none() && self.config.local;
        Ok(Confirmation {
            is_confirmed: self.confirmations.is_fresh(&member.account, &member.sign_in).await?,
            takes_password: is_local,
            takes_code: is_local && self.factors.codes_left(&access, &account.id).await?.is_some(),
            takes_passkey: is_local
                && self.relying_party(&context.caller).is_ok()
                && !self.passkeys.list(&access, &account.id).await?.is_empty(),
            provider: account.record.provider,
        })
    }

    pub(in crate::services::identity) async fn start_confirmation(
        &self,
        context: RequestContext,
        _: StartConfirmation,
    ) -> Result<Ceremony, Problem> {
        self.with_factors(context.viewer.member()?).await?;
        self.challenges.ask(&self.relying_party(&context.caller)?, Asked::ToConfirm)
    }

    pub(in crate::services::identity) async fn confirm(&self, context: RequestContext, call: Confirm) -> Result<(), Problem> {
        let member = context.viewer.member()?;
        let account = self.with_factors(member).await?.id;
        match (call.password, call.code, call.passkey) {
            (Some(password), None, None) => self.check_own_password(&context, &account, password).await?,
            (None, Some(code), None) => self.check_own_code(&context, &account, &code).await?,
            (None, None, Some(passkey)) => self.check_own_passkey(&context, &account, passkey).await?,
            (_, _, _) => return Err(Problem::invalid("password", "exactly one of `password`, `code` and `passkey`")),
        }
        // The caller is told where it did not hold.
        Ok(self.confirmations.note(&account, &member.sign_in, Confirmed::by(member.active_profile)).await?)
    }

    /// A factor of the account was shown on a device just now. Where that cannot be kept, it is asked for again.
    pub(super) async fn confirmed(&self, account: &AccountId, sign_in: &SignInId) {
        if let Err(error) = self.confirmations.note(account, sign_in, Confirmed::ToChange).await {
            tracing::warn!(%account, %error, "that somebody showed who they are cannot be kept");
        }
    }

    /// Whether whoever asks showed a factor of their account on this device within five minutes.
    ///
    /// # Errors
    /// `confirmation_required`; what the store says.
    pub(super) async fn check_confirmed(&self, context: &RequestContext) -> Result<(), Problem> {
        let member = context.viewer.member()?;
        let is_fresh = self.confirmations.is_fresh(&member.account, &member.sign_in).await?;
        if is_fresh { Ok(()) } else { Err(Problem::new(Code::ConfirmationRequired)) }
    }

    /// The same, shown while the profile watched that is to be left.
    ///
    /// # Errors
    /// As [`Identity::check_confirmed`].
    pub(super) async fn check_may_leave(&self, context: &RequestContext) -> Result<(), Problem> {
        let member = context.viewer.member()?;
        let lets_leave = self.confirmations.lets_leave(&member.account, &member.sign_in).await?;
        if lets_leave { Ok(()) } else { Err(Problem::new(Code::ConfirmationRequired)) }
    }

    /// Whether this is a code of the account that asks; it is used up.
    async fn check_own_code(&self, context: &RequestContext, account: &AccountId, code: &str) -> Result<(), Problem> {
        let guesses = guesses::at_own("second factor", context.viewer.member()?);
        self.throttle.claim(&guesses).await?;
        let access = context.vault_access(Purpose::Confirm);
        let has_factor = self.factors.codes_left(&access, account).await?.is_some();
        if !has_factor || !self.factors.uses(&access, account, code).await? {
            return Err(wrong_code());
        }
        self.throttle.right(&guesses).await;
        Ok(())
    }

    /// Whether this is a passkey of the account that asks.
    async fn check_own_passkey(
        &self,
        context: &RequestContext,
        account: &AccountId,
        answer: PasskeyAnswer,
    ) -> Result<(), Problem> {
        let guesses = guesses::at_own("passkey", context.viewer.member()?);
        self.throttle.claim(&guesses).await?;
        let owner = self.passkey_owner(context, Asked::ToConfirm, answer, Purpose::Confirm).await?;
        if owner.as_ref() != Some(account) {
            let words = "This is no passkey of this account.";
            return Err(Problem::new(Code::WrongCredentials).with_detail(words));
        }
        self.throttle.right(&guesses).await;
        Ok(())
    }
}
