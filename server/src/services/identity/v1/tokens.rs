//! One's own API tokens.

use contract::{
    Problem, Scope,
    identity::{AccountRole, ApiToken as Shown, CreateApiToken, DeleteApiToken, ListApiTokens, NewApiToken, PutApiToken},
    ids::{AccountId, ApiTokenId, ProfileId},
};

use super::{NAME_LIMIT, name};
use crate::{
    context::RequestContext,
    services::identity::{
        Identity,
        record::{ApiTokenRecord, random_id},
    },
    session::ApiToken,
};

const LONGEST_DAYS: u64 = contract::bounds::TOKEN_DAYS;
const DAY_MILLIS: u64 = 86_400_000;

/// Whose token it is to be.
pub(super) struct Owner<'a> {
    pub account: &'a AccountId,
    pub role: AccountRole,
    /// Who watches with it.
    pub profile: &'a ProfileId,
}

impl Identity {
    pub(in crate::services::identity) async fn list_api_tokens(
        &self,
        context: RequestContext,
        _: ListApiTokens,
    ) -> Result<Vec<Shown>, Problem> {
        let tokens = self.api_tokens.list(&context.viewer.member()?.account).await?;
        Ok(tokens.into_iter().map(|(id, record)| record.shown(id)).collect())
    }

    pub(in crate::services::identity) async fn create_api_token(
        &self,
        context: RequestContext,
        call: CreateApiToken,
    ) -> Result<NewApiToken, Problem> {
        let CreateApiToken { name, scopes, expires_in_days } = call;
        self.put_api_token(context, PutApiToken { id: random_id(), name, scopes, expires_in_days }).await
    }

    pub(in crate::services::identity) async fn put_api_token(
        &self,
        context: RequestContext,
        call: PutApiToken,
    ) -> Result<NewApiToken, Problem> {
        let member = context.viewer.member()?;
        self.check_confirmed(&context).await?;
        // Who watches now, and not whom one may choose: a child's profile makes no token that sees more than the child.
        let owner = Owner { account: &member.account, role: member.role, profile: &context.viewer.profile };
        self.new_api_token(owner, call).await
    }

    pub(in crate::services::identity) async fn delete_api_token(
        &self,
        context: RequestContext,
        call: DeleteApiToken,
    ) -> Result<(), Problem> {
        self.check_confirmed(&context).await?;
        // Below one's own account: somebody else's token is not found.
        let token = ApiToken { account: context.viewer.member()?.account.clone(), id: call.id };
        if self.api_tokens.delete(&token).await? { Ok(()) } else { Err(Problem::not_found("token")) }
    }

    /// # Errors
    /// What is wrong with what is asked for; `limit_reached`; `version_conflict` where it was made already; what the store
    /// says.
    pub(super) async fn new_api_token(&self, owner: Owner<'_>, call: PutApiToken) -> Result<NewApiToken, Problem> {
        let named = name("name", &call.name, NAME_LIMIT)?;
        let scopes = checked_scopes(call.scopes, owner.role)?;
        if call.expires_in_days.is_some_and(|days| !(1..=LONGEST_DAYS).contains(&u64::from(days))) {
            return Err(Problem::invalid("expires_in_days", format!("1 to {LONGEST_DAYS}, or absent")));
        }
        let created = self.clock.millis();
        let expires = call.expires_in_days.map(|days| created + u64::from(days) * DAY_MILLIS);
        let record = ApiTokenRecord { name: named, scopes, profile: owner.profile.clone(), created, used: None, expires };
        let token = ApiToken { account: owner.account.clone(), id: call.id };
        let text = self.api_tokens.create(&token, &record).await?;
        tracing::info!(account = %token.account, token = %token.id, "an API token was made");
        Ok(NewApiToken { token: text, about: record.shown(token.id) })
    }
}

fn checked_scopes(mut scopes: Vec<Scope>, role: AccountRole) -> Result<Vec<Scope>, Problem> {
    scopes.sort_unstable();
    scopes.dedup();
    match role {
        AccountRole::Operator => {}
        AccountRole::Member if scopes.contains(&Scope::Operate) => {
            return Err(Problem::invalid("scopes", "`operate` is for operators' accounts"));
        }
        AccountRole::Member => {}
    }
    if scopes.is_empty() { Err(Problem::invalid("scopes", "one at least")) } else { Ok(scopes) }
}

impl ApiTokenRecord {
    /// As its account sees it.
    pub(super) fn shown(&self, id: ApiTokenId) -> Shown {
        Shown {
            id,
            name: self.name.clone(),
            scopes: self.scopes.clone(),
            created: self.created,
            used: self.used,
            expires: self.expires,
        }
    }
}
