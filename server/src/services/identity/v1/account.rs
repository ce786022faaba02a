//! One's own account: its devices, its password, how one is called.

use contract::{
    Problem,
    identity::{Account, ChangeAccount, ChangePassword, EndOtherSignIns, EndSignIn, ListSignIns, SignedInDevice},
    ids::{AccountId, SignInId},
};
use vault::Purpose;

use super::{NAME_LIMIT, name};
use crate::{
    context::RequestContext,
    services::identity::{
        Identity,
        passwords::{self, Lock},
    },
};

impl Identity {
    pub(in crate::services::identity) async fn list_sign_ins(
        &self,
        context: RequestContext,
        _: ListSignIns,
    ) -> Result<Vec<SignedInDevice>, Problem> {
        let member = context.viewer.member()?;
        let devices = self.sign_ins.list(&member.account).await?;
        Ok(devices
            .into_iter()
            .map(|(id, record)| SignedInDevice {
                is_this: id == member.sign_in,
                id,
                device: record.device,
                created: record.created,
                seen: record.seen,
            })
            .collect())
    }

    pub(in crate::services::identity) async fn end_sign_in(
        &self,
        context: RequestContext,
        call: EndSignIn,
    ) -> Result<(), Problem> {
        let member = context.viewer.member()?;
        if call.id == member.sign_in {
            context.effects.clear();
        }
        // Below one's own account: somebody else's device is not found.
        if self.sign_ins.end(&member.account, &call.id).await? { Ok(()) } else { Err(Problem::not_found("device")) }
    }

    pub(in crate::services::identity) async fn end_other_sign_ins(
        &self,
        context: RequestContext,
        _: EndOtherSignIns,
    ) -> Result<(), Problem> {
        let member = context.viewer.member()?;
        Ok(self.sign_ins.end_others(&member.account, Some(&member.sign_in)).await?)
    }

    pub(in crate::services::identity) async fn change_password(
        &self,
        context: RequestContext,
        call: ChangePassword,
    ) -> Result<(), Problem> {
        let member = context.viewer.member()?;
        passwords::check("new", &call.new)?;
        self.check_own_password(&context, &member.account, call.current).await?;
        // Before and after: what fails in between leaves less than there was, and who came in between with the old one goes.
        self.end_others(&member.account, Some(&member.sign_in)).await?;
        self.passwords.set(&context.vault_access(Purpose::Credentials), Lock::Account(&member.account), call.new).await?;
        self.end_others(&member.account, Some(&member.sign_in)).await
    }

    /// Ends whatever an account can be used with beside its factors and `this` device: its API tokens, its other devices.
    ///
    /// # Errors
    /// What the store says; what was not ended then is ended the next time.
    pub(in crate::services::identity) async fn end_others(
        &self,
        account: &AccountId,
        this: Option<&SignInId>,
    ) -> Result<(), Problem> {
        self.api_tokens.end_all(account).await?;
        Ok(self.sign_ins.end_others(account, this).await?)
    }

    pub(in crate::services::identity) async fn change_account(
        &self,
        context: RequestContext,
        call: ChangeAccount,
    ) -> Result<Account, Problem> {
        let called = name("name", &call.name, NAME_LIMIT)?;
        let member = context.viewer.member()?;
        let changed = self.accounts.change(&member.account, |record| {
            record.name.clone_from(&called);
            Ok(())
        });
        Ok(changed.await?.into())
    }
}
