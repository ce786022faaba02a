//! Everything that is kept of an account, in one document: what is here, and what each service says ([`crate::services::Service::export`]).
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
    services::identity::{Identity, billing::BillingRecord, record::StoredAccount},
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
        self.export(&context.vault_access(Purpose::Export), account, Some(&context.viewer.profile)).await
    }

    /// The same, for whoever runs the machine.
    ///
    /// # Errors
    /// `not_found`; what a store says.
    pub async fn export_from_here(&self, login: &str) -> Result<AccountExport, Problem> {
        let account = self.accounts.find_login(login.trim()).await?.ok_or_else(|| Problem::not_found("account"))?;
        self.export(&Access::local_admin(Purpose::Export), account, None).await
    }

    async fn export(
        &self,
        access: &Access,
        account: StoredAccount,
        current: Option<&ProfileId>,
    ) -> Result<AccountExport, Problem> {
        // All of somebody's years are in memory for it: of one at a time.
        let _turn = self.exporting.lock().await;
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
        let mut profiles = Vec::with_capacity(account.record.profiles.len());
        for profile in &account.record.profiles {
            let kept = self.keepers.export(&profile.id).await?;
            let shown = Profile { is_current: current == Some(&profile.id), ..profile.shown(&profile.id) };
            profiles.push(ExportedProfile { profile: shown, kept });
        }
        let BillingRecord { holder, street, postal_code, city, country, method } = self.billing.get(access, &id).await?;
        Ok(AccountExport {
            made: self.clock.millis(),
            devices: devices.collect(),
            api_tokens: api_tokens.collect(),
            has_totp: codes_left.is_some(),
            recovery_codes_left: codes_left.unwrap_or_default(),
            passkeys: self.passkeys.list(access, &id).await?,
            billing: Billing { holder, street, postal_code, city, country, method },
            kept: self.keepers.export_account(&id).await?,
            profiles,
            account: Account::from(account),
        })
    }
}
