//! What the command line does: the machine's owner needs nobody's leave.

use contract::{
    Problem, Scope,
    identity::{Account, AccountRole, NewApiToken, PutApiToken},
};
use rand::distr::{Alphanumeric, SampleString};
use vault::{Access, Purpose, Shredded};

use super::tokens::Owner;
use crate::services::identity::{
    Identity, logins::login_key, passwords::Lock, pending::LEASE_MILLIS, record::random_id, throttle::Counted,
};

const PAGE: u32 = 100;
/// Of a password that is chosen here: 119 random bits.
const PASSWORD_CHARACTERS: usize = 20;

impl Identity {
    /// A page of accounts, by login, and the cursor of the next one.
    ///
    /// # Errors
    /// What the store says.
    pub async fn accounts_after(&self, after: Option<&str>) -> Result<(Vec<Account>, Option<String>), Problem> {
        let (accounts, next) = self.accounts.page("", after, PAGE).await?;
        Ok((accounts.into_iter().map(Account::from).collect(), next))
    }

    /// Makes an account, and returns the password that was chosen for it.
    ///
    /// # Errors
    /// What is wrong with its names; `name_taken`; what the store says.
    pub async fn create_from_here(&self, login: &str, called: &str, role: AccountRole) -> Result<String, Problem> {
        let password = chosen();
        self.create_local(&here(), (random_id(), role), (login, called), password.clone()).await?;
        Ok(password)
    }

    /// Makes an API token for an account; its first profile watches with it.
    ///
    /// # Errors
    /// `not_found`; what is wrong with what is asked for; `limit_reached`; what the store says.
    pub async fn create_token_from_here(
        &self,
        login: &str,
        name: String,
        scopes: Vec<Scope>,
        expires_in_days: Option<u16>,
    ) -> Result<NewApiToken, Problem> {
        let call = PutApiToken { id: random_id(), name, scopes, expires_in_days };
        let account = self.accounts.find_login(login.trim()).await?.ok_or_else(|| Problem::not_found("account"))?;
        let profile = account.record.profiles.first().ok_or_else(|| Problem::not_found("profile"))?;
        let owner = Owner { account: &account.id, role: account.record.role, profile: &profile.id };
        self.new_api_token(owner, call).await
    }

    /// Gives an account a new password and returns it; the account may sign in with it alone, no device is signed in any more,
    /// and its API tokens are gone.
    ///
    /// # Errors
    /// `not_found`; what the store says.
    pub async fn renew_password(&self, login: &str) -> Result<String, Problem> {
        let account = self.accounts.find_login(login.trim()).await?.ok_or_else(|| Problem::not_found("account"))?;
        let password = chosen();
        // Whoever has its credentials now is out first, and again once they are of no use.
        self.end_others(&account.id, None).await?;
        self.remove_factors(&here(), &account.id).await?;
        self.passwords.set(&here(), Lock::Account(&account.id), password.clone()).await?;
        self.end_others(&account.id, None).await?;
        let enabled = self.accounts.change(&account.id, |record| {
            record.is_disabled = false;
            Ok(())
        });
        enabled.await?;
        self.throttle.forget(Counted::Login(&login_key(login.trim()))).await?;
        Ok(password)
    }
}

impl Identity {
    /// Deletes an account for good: it is let in no more, its profiles and everything else are forgotten in every service,
    /// what the vault keeps of it is destroyed, here and in the copy, and the account is gone. Goes on where it was broken
    /// off; a server on the same stores does so as well.
    ///
    /// # Errors
    /// `not_found`; `limit_reached` for the last operator; what a store says.
    pub async fn delete_from_here(&self, login: &str) -> Result<Shredded, Problem> {
        let account = self.accounts.find_login(login.trim()).await?.ok_or_else(|| Problem::not_found("account"))?;
        let due = self.clock.millis() + LEASE_MILLIS;
        let deleted = self.accounts.change(&account.id, |record| {
            record.delete_account(due);
            Ok(())
        });
        deleted.await?;
        let shredded = self.finish_pending(&Access::local_admin(Purpose::Shred), &account.id).await?;
        Ok(shredded.unwrap_or_default())
    }
}

fn here() -> Access {
    Access::local_admin(Purpose::Credentials)
}

fn chosen() -> String {
    Alphanumeric.sample_string(&mut rand::rng(), PASSWORD_CHARACTERS)
}
