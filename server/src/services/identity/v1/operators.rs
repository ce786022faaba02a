//! Accounts, for operators.

use contract::{
    Code, Problem,
    identity::{
        Account, AccountNames, AccountPage, AccountRole, CreateAccount, GetAccount, GetAccountNames, ListAccounts, ProfileName,
        PutAccount, UpdateAccount,
    },
    ids::AccountId,
};
use storage::{StoreError, documents::parse};
use vault::{Access, Purpose};

use crate::{
    context::RequestContext,
    services::identity::{
        Identity,
        accounts::NewAccount,
        owners::of_account,
        passwords::{self, Lock},
        record::{ACCOUNTS, AccountRecord, ProfileRecord, random_id},
    },
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

    pub(in crate::services::identity) async fn get_account_names(
        &self,
        _: RequestContext,
        call: GetAccountNames,
    ) -> Result<Vec<AccountNames>, Problem> {
        let ids: Vec<String> = call.ids.iter().map(AccountId::to_string).collect();
        let stored = if ids.is_empty() { Vec::new() } else { self.documents.get_many(&ACCOUNTS, &ids).await? };
        let names = stored.iter().map(|document| {
            let AccountRecord { login, name, profiles, .. } = parse(document)?;
            let id = document.id.parse().map_err(|error| StoreError::corrupt(&document.id, error))?;
            let profiles = profiles.into_iter().map(|ProfileRecord { id, name, .. }| ProfileName { id, name });
            Ok(AccountNames { id, login, name, profiles: profiles.collect() })
        });
        names.collect::<Result<_, StoreError>>().map_err(Problem::from)
    }

    pub(in crate::services::identity) async fn create_account(
        &self,
        context: RequestContext,
        call: CreateAccount,
    ) -> Result<Account, Problem> {
        let CreateAccount { login, name, password, role } = call;
        self.put_account(context, PutAccount { id: random_id(), login, name, password, role }).await
    }

    pub(in crate::services::identity) async fn put_account(
        &self,
        context: RequestContext,
        call: PutAccount,
    ) -> Result<Account, Problem> {
        let PutAccount { id, login, name, password, role } = call;
        self.create_local(&context.vault_access(Purpose::Credentials), (id, role), (&login, &name), password).await
    }

    /// Makes an account that signs in with a password.
    ///
    /// # Errors
    /// What is wrong with its names or its password; `name_taken`; `version_conflict` where it was made already, or is gone;
    /// what the store says.
    pub(super) async fn create_local(
        &self,
        access: &Access,
        (id, role): (AccountId, AccountRole),
        (login, called): (&str, &str),
        password: String,
    ) -> Result<Account, Problem> {
        let new = NewAccount { id: id.clone(), ..self.new_account(login, called, role)? };
        passwords::check("password", &password)?;
        let (lock, made) = (Lock::Account(&id), || Problem::new(Code::VersionConflict));
        if self.was_made(&id).await? {
            return Err(made());
        }
        if self.accounts.find_login(&new.login).await?.is_some() {
            return Err(Problem::new(Code::NameTaken));
        }
        let version = self.passwords.set_first(access, lock, password.clone(), self.was_made(&id)).await?;
        match self.accounts.create(new).await {
            Ok(account) => {
                self.passwords.keep(access, lock, password, version).await?;
                Ok(account.into())
            }
            // By the very account, where it was made twice at once: its password stays.
            Err(problem) if problem.code == Code::NameTaken => {
                if self.was_made(&id).await? {
                    return Err(made());
                }
                self.passwords.remove_version(access, lock, version).await?;
                Err(problem)
            }
            // It may have been written: an account that has no password would be closed for good.
            Err(problem) => Err(problem),
        }
    }

    /// Whether there is an account of this id, or was one.
    async fn was_made(&self, id: &AccountId) -> Result<bool, Problem> {
        Ok(self.accounts.get(id).await?.is_some() || !self.owners.known(&[of_account(id)]).await?.is_empty())
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
            self.remove_factors(&context.vault_access(Purpose::Credentials), &account.id).await?;
        }
        if account.record.is_disabled {
            self.sign_ins.end_others(&account.id, None).await?;
        }
        Ok(account.into())
    }
}
