//! Passkeys: added, named, removed, and signed in with.

use contract::{
    Code, Problem,
    identity::{
        Account, AddPasskey, Ceremony, DeletePasskey, FinishPasskeySignIn, Passkey, PasskeyAnswer, RenamePasskey, StartPasskey,
        StartPasskeySignIn,
    },
    ids::{AccountId, CeremonyId},
};
use serde::Serialize;
use usage::event::Method;
use vault::Purpose;
use webauthn_rs::{
    Webauthn,
    prelude::{PublicKeyCredential, RegisterPublicKeyCredential, WebauthnError},
};

use super::{NAME_LIMIT, name};
use crate::{
    agent,
    context::{Caller, RequestContext},
    services::identity::{
        Identity, ceremonies::Asked, challenges::Asked as Question, devices::WhenFull, record::StoredAccount, relying_party,
        throttle::Counted,
    },
};

impl Identity {
    pub(in crate::services::identity) async fn start_passkey(
        &self,
        context: RequestContext,
        _: StartPasskey,
    ) -> Result<Ceremony, Problem> {
        let account = self.with_factors(context.viewer.member()?).await?;
        self.check_confirmed(&context).await?;
        let party = self.relying_party(&context.caller)?;
        let set = self.passkeys.set(&context.vault_access(Purpose::Credentials), &account.id).await?;
        set.check_room()?;
        let StoredAccount { id, record, .. } = account;
        let begun = party.start_passkey_registration(set.handle, &record.login, &record.name, Some(set.credentials()));
        let (question, state) = begun.map_err(|error| failed(&error))?;
        let ceremony = self.ceremonies.begin(&Asked::ToAdd { account: id, state }).await?;
        let mut ceremony = shown(ceremony, &question.public_key)?;
        // One signs in without saying a name: the authenticator must keep the account's handle beside the key.
        if let Some(wanted) = ceremony.options.get_mut("authenticatorSelection").and_then(serde_json::Value::as_object_mut) {
            wanted.insert("residentKey".into(), "required".into());
            wanted.insert("requireResidentKey".into(), true.into());
        }
        Ok(ceremony)
    }

    pub(in crate::services::identity) async fn add_passkey(
        &self,
        context: RequestContext,
        call: AddPasskey,
    ) -> Result<Passkey, Problem> {
        let account = self.with_factors(context.viewer.member()?).await?.id;
        // Before the question is taken: it is answered again once they have confirmed.
        self.check_confirmed(&context).await?;
        let party = self.relying_party(&context.caller)?;
        let called = match &call.name {
            Some(typed) => name("name", typed, NAME_LIMIT)?,
            None => agent::in_words(context.caller.agent()),
        };
        let answer: RegisterPublicKeyCredential = read(call.credential)?;
        let state = match self.ceremonies.take(&call.ceremony).await? {
            Some(Asked::ToAdd { account: asked, state }) if asked == account => state,
            Some(Asked::ToAdd { .. }) | None => return Err(gone()),
        };
        let made = party.finish_passkey_registration(&answer, &state).map_err(|error| {
            tracing::info!(%account, %error, "a passkey was not added");
            no_answer()
        })?;
        let added = self.passkeys.add(&context.vault_access(Purpose::Credentials), &account, called, made).await?;
        tracing::info!(%account, passkey = %added.id, "a passkey was added");
        Ok(added)
    }

    pub(in crate::services::identity) async fn rename_passkey(
        &self,
        context: RequestContext,
        call: RenamePasskey,
    ) -> Result<Passkey, Problem> {
        let called = name("name", &call.name, NAME_LIMIT)?;
        let account = self.with_factors(context.viewer.member()?).await?.id;
        self.passkeys.rename(&context.vault_access(Purpose::Credentials), &account, &call.id, &called).await
    }

    pub(in crate::services::identity) async fn delete_passkey(
        &self,
        context: RequestContext,
        call: DeletePasskey,
    ) -> Result<(), Problem> {
        let account = self.with_factors(context.viewer.member()?).await?.id;
        self.check_confirmed(&context).await?;
        self.passkeys.remove(&context.vault_access(Purpose::Credentials), &account, &call.id).await?;
        tracing::info!(%account, passkey = %call.id, "a passkey was removed");
        Ok(())
    }

    pub(in crate::services::identity) async fn start_passkey_sign_in(
        &self,
        context: RequestContext,
        _: StartPasskeySignIn,
    ) -> Result<Ceremony, Problem> {
        self.check_passkey_sign_in()?;
        self.throttle.check(Counted::Passkeys(context.caller.address)).await?;
        self.challenges.ask(&self.relying_party(&context.caller)?, Question::ToEnter)
    }

    pub(in crate::services::identity) async fn finish_passkey_sign_in(
        &self,
        context: RequestContext,
        call: FinishPasskeySignIn,
    ) -> Result<Account, Problem> {
        self.check_passkey_sign_in()?;
        let guesses = Counted::Passkeys(context.caller.address);
        self.throttle.claim(guesses).await?;
        let answer = PasskeyAnswer { ceremony: call.ceremony, credential: call.credential };
        let account = match self.passkey_owner(&context, Question::ToEnter, answer, Purpose::SignIn).await? {
            Some(account) => self.accounts.get(&account).await?,
            None => None,
        };
        let account = account.filter(|account| !account.record.is_disabled && account.record.provider.is_none());
        let Some(account) = account else {
            let words = "This passkey is not known here, or not any more.";
            return Err(Problem::new(Code::WrongCredentials).with_detail(words));
        };
        self.throttle.right(guesses).await;
        let entered = self.enter(&context, account, None, WhenFull::of(call.replaces_oldest)).await;
        self.tell_of_sign_in(Method::Passkey, &entered);
        entered
    }

    /// Whose passkey answered a question, where it did; the question is answered from then on, also where it was wrongly.
    ///
    /// # Errors
    /// `invalid_request` where it is no answer; `not_found` where it was not asked, too long ago, or is answered; what the
    /// store says.
    pub(super) async fn passkey_owner(
        &self,
        context: &RequestContext,
        asked: Question,
        answer: PasskeyAnswer,
        purpose: Purpose,
    ) -> Result<Option<AccountId>, Problem> {
        let party = self.relying_party(&context.caller)?;
        let credential: PublicKeyCredential = read(answer.credential)?;
        let state = self.challenges.find(&party, asked, &answer.ceremony)?.ok_or_else(gone)?;
        if !self.challenges.is_first(&answer.ceremony).await? {
            return Err(gone());
        }
        self.passkeys.enter(&context.vault_access(purpose), &party, &state, &credential).await
    }

    /// The party that passkeys are made for, at the address that somebody asks.
    ///
    /// # Errors
    /// `not_allowed`, and why there are none.
    pub(super) fn relying_party(&self, caller: &Caller) -> Result<Webauthn, Problem> {
        let origin = self.origin.of(caller)?;
        relying_party::at(&origin).map_err(|why| Problem::new(Code::NotAllowed).with_detail(why.to_string()))
    }

    /// # Errors
    /// `not_allowed` where accounts do not sign in here.
    fn check_passkey_sign_in(&self) -> Result<(), Problem> {
        if !self.config.local {
            return Err(Problem::new(Code::NotAllowed).with_detail("Signing in with a passkey is switched off here."));
        }
        Ok(())
    }
}

/// A question as the browser takes it.
fn shown(id: CeremonyId, options: &impl Serialize) -> Result<Ceremony, Problem> {
    let options = serde_json::to_value(options).map_err(|error| {
        tracing::error!(%error, "a question for an authenticator cannot be written down");
        Problem::internal()
    })?;
    Ok(Ceremony { id, options })
}

fn read<T: serde::de::DeserializeOwned>(credential: serde_json::Value) -> Result<T, Problem> {
    serde_json::from_value(credential).map_err(|_| no_answer())
}

fn no_answer() -> Problem {
    Problem::invalid("credential", "an authenticator's answer to this question")
}

fn gone() -> Problem {
    Problem::new(Code::NotFound).with_detail("This was answered already, or took longer than five minutes: begin again.")
}

fn failed(error: &WebauthnError) -> Problem {
    tracing::error!(%error, "an authenticator cannot be asked");
    Problem::internal()
}
