//! Accounts, for operators.

use contract::{
    Code, Problem,
    identity::{Account, AccountPage, AccountRole, CreateAccount, GetAccount, ListAccounts, UpdateAccount},
};

use crate::{
    context::RequestContext,
    services::identity::{
        Identity,
        passwords::{self, Lock},
    },
    vault::{Access, Purpose},
};

const PAGE: u8 = 50;
const PAGE_AT_MOST: u64 = contract::bounds::PAGE;

impl Identity {
    pub(in crate::services::identity) async fn list_accounts(
        &self,
        _: RequestContext,
        call: ListAccounts,
    ) -> Result<AccountPage, Problem> {
        let limit = call.limit.unwrap_or(PAGE);
        if !(1..=PAGE_AT_MOST).contains(&u64::from(limit)) {
            return Err(Problem::invalid("limit", format!("1 to {PAGE_AT_MOST}")));
        }
        let prefix = call.q.unwrap_or_default();
        let (accounts, next) = self.accounts.page(prefix.trim(), call.page_token.as_deref(), limit.into()).await?;
        Ok(AccountPage { items: accounts.into_iter().map(Account::from).collect(), next })
    }

    pub(in crate::services::identity) async fn get_account(
        &self,
        _: RequestContext,
        call: GetAccount,
    ) -> Result<Account, Problem> {
        let account = self.accounts.get(&call.id).await?;
        account.map(Account::from).ok_or_else(|| Problem::not_found("account"))
    }

    pub(in crate::services::identity) async fn create_account(
        &self,
        context: RequestContext,
        call: CreateAccount,
    ) -> Result<Account, Problem> {
        self.create_local(&Access::of(&context, Purpose::Credentials), &call.login, &call.name, call.password, call.role).await
    }

    /// Makes an account that signs in with a password.
    ///
    /// # Errors
    /// What is wrong with its names or its password; `name_taken`; what the store says.
    pub(super) async fn create_local(
        &self,
        access: &Access,
        login: &str,
        called: &str,
        password: String,
        role: AccountRole,
    ) -> Result<Account, Problem> {
        let new = self.new_account(login, called, role)?;
        passwords::check("password", &password)?;
        if self.accounts.find_login(&new.login).await?.is_some() {
            return Err(Problem::new(Code::NameTaken));
        }
        let id = new.id.clone();
        self.passwords.set(access, Lock::Account(&id), password).await?;
        match self.accounts.create(new).await {
            Ok(account) => Ok(account.into()),
            Err(problem) => {
                self.passwords.remove(access, Lock::Account(&id)).await?;
                Err(problem)
            }
        }
    }

    pub(in crate::services::identity) async fn update_account(
        &self,
        context: RequestContext,
        call: UpdateAccount,
    ) -> Result<Account, Problem> {
        let changed = self.accounts.change(&call.id, |record| {
            if let Some(role) = call.role {
                record.role = role;
                record.is_kept_operator = false;
            }
            record.is_disabled = call.is_disabled.unwrap_or(record.is_disabled);
            Ok(())
        });
        let account = changed.await?;
        if call.removes_factors {
            self.remove_factors(&Access::of(&context, Purpose::Credentials), &account.id).await?;
        }
        if account.record.is_disabled {
            self.sign_ins.end_others(&account.id, None).await?;
        }
        Ok(account.into())
    }
}
