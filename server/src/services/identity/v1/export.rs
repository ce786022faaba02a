//! Everything that is kept of an account, in one document: what is here, and what each service says ([`crate::services::Service::export`]),
//! which is put together beside requests ([`super::super::exports`]).
//!
//! Must never have a secret in it: what opens anything is said to be there, and no more.

use contract::{
    Problem,
    identity::{Account, AccountExport, Billing, ExportAccount, ExportedDevice, ExportedProfile, Profile},
    ids::ProfileId,
};
use vault::{Access, Purpose};

use crate::{
    context::RequestContext,
    services::identity::{Identity, billing::BillingRecord, exports::AccountDocuments, record::StoredAccount},
};

impl Identity {
    pub(in crate::services::identity) async fn export_account(
        &self,
        context: RequestContext,
        _: ExportAccount,
    ) -> Result<AccountExport, Problem> {
        let member = context.viewer.member()?;
        self.check_confirmed(&context).await?;
        let account = self.own_account(member).await?;
        let kept = self.exports.of(&account.id, &profiles(&account)).await?;
        self.export(&context.vault_access(Purpose::Export), account, kept, Some(&context.viewer.profile)).await
    }

    /// The same, for whoever runs the machine.
    ///
    /// # Errors
    /// `not_found`; what a store says.
    pub async fn export_from_here(&self, login: &str) -> Result<AccountExport, Problem> {
        let account = self.accounts.find_login(login.trim()).await?.ok_or_else(|| Problem::not_found("account"))?;
        let kept = self.exports.make(&account.id, &profiles(&account)).await?;
        self.export(&Access::local_admin(Purpose::Export), account, kept, None).await
    }

    async fn export(
        &self,
        access: &Access,
        account: StoredAccount,
        AccountDocuments { made, of_account, of_profiles }: AccountDocuments,
        current: Option<&ProfileId>,
    ) -> Result<AccountExport, Problem> {
        let id = account.id.clone();
        let devices = self.sign_ins.all(&id).await?.into_iter().map(|(_, record)| ExportedDevice {
            device: record.device,
            created: record.created,
            seen: record.seen,
            profile: record.profile,
            provider: record.through.map(|through| through.provider),
        });
        let api_tokens = self.api_tokens.list(&id).await?.into_iter().map(|(token, record)| record.shown(token));
        let codes_left = self.factors.codes_left(access, &id).await?;
        let profiles = account.record.profiles.iter().zip(of_profiles).map(|(profile, kept)| {
            let shown = Profile { is_current: current == Some(&profile.id), ..profile.shown(&profile.id) };
            ExportedProfile { profile: shown, kept }
        });
        let profiles = profiles.collect();
        let BillingRecord { holder, street, postal_code, city, country, method } = self.billing.get(access, &id).await?;
        Ok(AccountExport {
            made,
            devices: devices.collect(),
            api_tokens: api_tokens.collect(),
            has_totp: codes_left.is_some(),
            recovery_codes_left: codes_left.unwrap_or_default(),
            passkeys: self.passkeys.list(access, &id).await?,
            billing: Billing { holder, street, postal_code, city, country, method },
            kept: of_account,
            profiles,
            account: Account::from(account),
        })
    }
}

/// Whose documents are told, in their order.
fn profiles(account: &StoredAccount) -> Vec<ProfileId> {
    account.record.profiles.iter().map(|profile| profile.id.clone()).collect()
}
