//! Whom an account's bills are made out to.

use contract::{
    Problem,
    identity::{Billing, GetBilling, PutBilling},
};
use vault::Purpose;

use crate::{
    context::RequestContext,
    services::identity::{Identity, billing::BillingRecord},
};

impl Identity {
    pub(in crate::services::identity) async fn get_billing(
        &self,
        context: RequestContext,
        _: GetBilling,
    ) -> Result<Billing, Problem> {
        Ok(shown(self.billing.get(&context.vault_access(Purpose::Billing), &context.viewer.member()?.account).await?))
    }

    pub(in crate::services::identity) async fn put_billing(
        &self,
        context: RequestContext,
        call: PutBilling,
    ) -> Result<Billing, Problem> {
        let account = &context.viewer.member()?.account;
        let record = BillingRecord::checked(&call)?;
        self.check_confirmed(&context).await?;
        self.billing.put(&context.vault_access(Purpose::Billing), account, &record).await?;
        Ok(shown(record))
    }
}

fn shown(record: BillingRecord) -> Billing {
    let BillingRecord { holder, street, postal_code, city, country, method } = record;
    Billing { holder, street, postal_code, city, country, method }
}
