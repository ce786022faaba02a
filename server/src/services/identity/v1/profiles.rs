//! Who watches with an account.

use contract::{
    Call, Code, Problem, bounds,
    identity::{
        AccountRole, CreateProfile, DeleteProfile, GetWatcher, ListProfiles, Profile, ReplaceProfile, SelectProfile, Watcher,
        Watching,
    },
    ids::{AccountId, ProfileId},
};
use serde_json::Map;
use vault::Purpose;

use super::name;
use crate::{
    context::{Member, RequestContext},
    services::identity::{
        Identity, guesses,
        passwords::Lock,
        pending::LEASE_MILLIS,
        record::{AccountRecord, FIRST_VERSION, ProfileRecord, random_id},
    },
};

const NAME_LIMIT: usize = bounds::PROFILE_NAME;

/// What is asked for, checked.
struct Facts {
    name: String,
    colour: String,
    maturity: Option<u8>,
    language: Option<String>,
}

impl Identity {
    pub(in crate::services::identity) async fn get_watcher(
        &self,
        context: RequestContext,
        _: GetWatcher,
    ) -> Result<Watching, Problem> {
        let viewer = context.viewer.key();
        let Some(member) = &context.viewer.member else { return Ok(Watching { viewer, ..Watching::default() }) };
        let record = self.own(member).await?;
        let profile = record.profiles.into_iter().find(|profile| profile.id == context.viewer.profile);
        let shown = |profile: ProfileRecord| Watcher {
            name: profile.name,
            colour: profile.colour,
            language: profile.language,
            has_age_limit: profile.maturity.is_some(),
            is_operator: profile.maturity.is_none() && member.role == AccountRole::Operator,
        };
        let may_not_watch = !context.viewer.authorization.may_watch;
        Ok(Watching { must_choose: profile.is_none(), watcher: profile.map(shown), may_not_watch, viewer })
    }

    pub(in crate::services::identity) async fn list_profiles(
        &self,
        context: RequestContext,
        _: ListProfiles,
    ) -> Result<Vec<Profile>, Problem> {
        let record = self.own(context.viewer.member()?).await?;
        Ok(record.profiles.iter().map(|profile| profile.shown(&context.viewer.profile)).collect())
    }

    pub(in crate::services::identity) async fn create_profile(
        &self,
        context: RequestContext,
        call: CreateProfile,
    ) -> Result<Profile, Problem> {
        let CreateProfile { name, colour, maturity, language, pin } = call;
        let (id, expected_version, current_pin) = (random_id(), Some(0), None);
        let call = ReplaceProfile { id, expected_version, name, colour, maturity, language, pin, current_pin };
        self.replace_profile(context, call).await
    }

    pub(in crate::services::identity) async fn replace_profile(
        &self,
        context: RequestContext,
        call: ReplaceProfile,
    ) -> Result<Profile, Problem> {
        let facts = Facts::check(&call)?;
        match call.expected_version {
            Some(0) => self.add_profile(context, call, facts).await,
            Some(_) | None => self.change_profile(context, call, facts).await,
        }
    }

    async fn add_profile(&self, context: RequestContext, call: ReplaceProfile, facts: Facts) -> Result<Profile, Problem> {
        let ReplaceProfile { id, pin, .. } = call;
        if !bounds::is_new_id(id.as_str()) {
            return Err(Problem::invalid("id", bounds::NEW_ID.words()));
        }
        let member = context.viewer.member()?;
        let (access, lock) = (context.vault_access(Purpose::Profile), Lock::Profile(&member.account, &id));
        let record = self.own(member).await?;
        may_manage(&record, &context.viewer.profile)?;
        // Before the account names it: a profile has one owner. One that is gone is not made again.
        if find(&record, &id).is_ok() || !self.owners.claim(&id, &member.account).await? {
            return Err(Problem::new(Code::VersionConflict));
        }
        // The PIN before what asks for it: a profile that asks for one that is not there is closed to everybody.
        let pin_to_keep = match pin.filter(|pin| !pin.is_empty()) {
            Some(pin) => {
                let is_made = async { Ok(find(&self.own(member).await?, &id).is_ok()) };
                let version = self.passwords.set_first(&access, lock, pin.clone(), is_made).await?;
                Some((pin, version))
            }
            None => None,
        };
        let new = facts.record(id.clone(), pin_to_keep.as_ref().map(|(_, version)| *version));
        let most = self.config.profiles_per_account.as_u32() as usize;
        let added = self.accounts.change(&member.account, |record| {
            if find(record, &id).is_ok() || record.is_to_be_forgotten(&id) {
                return Err(Problem::new(Code::VersionConflict));
            }
            if record.profiles.len() >= most {
                return Err(Problem::new(Code::LimitReached).with_detail(format!("An account has {most} profiles at most.")));
            }
            record.profiles.push(new.clone());
            Ok(())
        });
        // Where it is refused, the claim's time tells, and the PIN goes with it: another try for the same profile may count on
        // both.
        added.await?;
        if !self.owners.claim(&id, &member.account).await? {
            // Deleted while it was made: it is named, and nothing would be kept for it.
            let removed = self.accounts.change(&member.account, |record| {
                record.profiles.retain(|profile| profile.id != id);
                Ok(())
            });
            removed.await?;
            return Err(Problem::new(Code::VersionConflict));
        }
        if let Some((pin, version)) = pin_to_keep {
            self.passwords.keep(&access, lock, pin, version).await?;
        }
        Ok(new.shown(&context.viewer.profile))
    }

    async fn change_profile(&self, context: RequestContext, call: ReplaceProfile, facts: Facts) -> Result<Profile, Problem> {
        let member = context.viewer.member()?;
        let record = self.own(member).await?;
        may_manage(&record, &context.viewer.profile)?;
        let profile = find(&record, &call.id)?;
        check_version(profile, call.expected_version)?;
        if call.pin.is_some() && profile.has_pin && profile.id != context.viewer.profile {
            match call.current_pin.clone() {
                Some(pin) => self.check_pin(&context, &member.account, profile, pin).await?,
                None => self.check_confirmed(&context).await?,
            }
        }
        if call.id == context.viewer.profile {
            self.forget_confirmation_for(member, facts.maturity).await?;
        }
        let expected = self.claim_version(member, &call, &facts).await?;
        let (access, lock) = (context.vault_access(Purpose::Profile), Lock::Profile(&member.account, &call.id));
        let takes_pin_away = call.pin.as_deref() == Some("");
        let new_pin = match call.pin {
            Some(pin) if !pin.is_empty() => Some(self.passwords.set(&access, lock, pin).await?),
            Some(_) | None => None,
        };
        let old_pin = match takes_pin_away {
            true => self.passwords.version(&access, lock).await?,
            false => None,
        };
        // What the account says is what counts: of a PIN that is set and one that is taken away, whichever of the two is
        // broken off before this did not happen.
        let mut pin_to_remove = None;
        let changed = self.accounts.change(&member.account, |record| {
            let profile = find_mut(record, &call.id)?;
            check_version(profile, expected)?;
            facts.apply(profile);
            if takes_pin_away {
                pin_to_remove = profile.pin_version.take().or(old_pin);
                profile.has_pin = false;
            }
            if new_pin.is_some() {
                (profile.has_pin, profile.pin_version) = (true, new_pin);
            }
            keeps_an_unrestricted_one(record)
        });
        let account = changed.await?;
        if let Some(version) = pin_to_remove
            // It opens nothing any more: what is left of it goes with the profile.
            && let Err(error) = self.passwords.remove_version(&access, lock, version).await
        {
            tracing::warn!(account = %member.account, %error, "a PIN that was taken away is still in the vault");
        }
        // It may have an age limit now, and be the one that watches here.
        context.effects.refresh();
        Ok(find(&account.record, &call.id)?.shown(&context.viewer.profile))
    }

    /// The version that the profile has when it is changed. Where a PIN is to be set, it is counted up before: of several who
    /// read the same one, a single one goes on to set theirs. What is refused counts nothing up, and can be put right.
    async fn claim_version(&self, member: &Member, call: &ReplaceProfile, facts: &Facts) -> Result<Option<u64>, Problem> {
        let (Some(version), true) = (call.expected_version, call.pin.is_some()) else { return Ok(call.expected_version) };
        let claimed = self.accounts.change(&member.account, |record| {
            let mut changed = record.clone();
            facts.apply(find_mut(&mut changed, &call.id)?);
            keeps_an_unrestricted_one(&changed)?;
            let profile = find_mut(record, &call.id)?;
            check_version(profile, Some(version))?;
            profile.version += 1;
            Ok(())
        });
        claimed.await?;
        Ok(Some(version + 1))
    }

    pub(in crate::services::identity) async fn delete_profile(
        &self,
        context: RequestContext,
        call: DeleteProfile,
    ) -> Result<(), Problem> {
        let member = context.viewer.member()?;
        let due = self.clock.millis() + LEASE_MILLIS;
        self.accounts
            .change(&member.account, |record| {
                may_manage(record, &context.viewer.profile)?;
                find(record, &call.id)?;
                if record.profiles.len() == 1 {
                    return Err(Problem::new(Code::LimitReached).with_detail("An account keeps one profile at least."));
                }
                record.delete_profile(&call.id, due);
                keeps_an_unrestricted_one(record)
            })
            .await?;
        context.effects.refresh();
        self.finish(&member.account).await;
        Ok(())
    }

    pub(in crate::services::identity) async fn select_profile(
        &self,
        context: RequestContext,
        call: SelectProfile,
    ) -> Result<Profile, Problem> {
        let member = context.viewer.member()?;
        let record = self.own(member).await?;
        let profile = find(&record, &call.id)?;
        if profile.has_pin {
            self.check_pin(&context, &member.account, profile, call.pin.unwrap_or_default()).await?;
        } else if self.leaves_restricted(member, &record, &profile.id).await? {
            self.check_may_leave(&context).await?;
        }
        self.forget_confirmation_for(member, profile.maturity).await?;
        self.sign_ins.select(&member.account, &member.sign_in, &profile.id).await?;
        context.effects.refresh();
        Ok(profile.shown(&profile.id))
    }

    /// Before a child has the device: who showed a factor on it is not who watches from now on.
    async fn forget_confirmation_for(&self, member: &Member, maturity: Option<u8>) -> Result<(), Problem> {
        if maturity.is_some() {
            self.confirmations.clear(&member.account, &member.sign_in).await?;
        }
        Ok(())
    }

    /// Whether choosing `next` leaves a profile with an age limit, or takes the place of one that is gone and may have
    /// had one. Asked of the store: what the gateway knows may be five seconds old.
    async fn leaves_restricted(&self, member: &Member, record: &AccountRecord, next: &ProfileId) -> Result<bool, Problem> {
        let sign_in = self.sign_ins.get(&member.account, &member.sign_in).await?;
        let current = sign_in.ok_or_else(|| Problem::new(Code::SignInRequired))?.profile;
        Ok(current != *next && !goes_as_far_as_its_account(record, &current))
    }

    async fn check_pin(
        &self,
        context: &RequestContext,
        account: &AccountId,
        profile: &ProfileRecord,
        pin: String,
    ) -> Result<(), Problem> {
        let guesses = guesses::at_pin(&profile.id);
        self.passwords.check_room()?;
        self.throttle.claim(&guesses).await?;
        let (access, lock) = (context.vault_access(Purpose::Profile), Lock::Profile(account, &profile.id));
        if bounds::is_pin(&pin) && self.passwords.opens(&access, Some(lock), pin).await? {
            self.throttle.right(&guesses).await;
            return Ok(());
        }
        Err(Problem::new(Code::WrongCredentials).with_detail("The PIN is wrong."))
    }

    async fn own(&self, member: &Member) -> Result<AccountRecord, Problem> {
        let account = self.accounts.get(&member.account).await?;
        account.map(|account| account.record).ok_or_else(|| Problem::new(Code::SignInRequired))
    }
}

impl Facts {
    fn check(call: &ReplaceProfile) -> Result<Self, Problem> {
        let ReplaceProfile { name: called, colour, maturity, language, pin, .. } = call;
        let facts = serde_json::json!({ "colour": colour, "maturity": maturity, "language": language, "pin": pin });
        facts.as_object().map_or(Ok(()), |facts| bounds::check(ReplaceProfile::BOUNDS, facts))?;
        Ok(Self {
            name: name("name", called, NAME_LIMIT)?,
            colour: colour.to_ascii_lowercase(),
            maturity: *maturity,
            language: language.clone(),
        })
    }

    /// A profile that says this, and is new.
    fn record(self, id: ProfileId, pin_version: Option<u64>) -> ProfileRecord {
        ProfileRecord {
            id,
            name: self.name,
            colour: self.colour,
            maturity: self.maturity,
            language: self.language,
            has_pin: pin_version.is_some(),
            pin_version,
            version: FIRST_VERSION,
            unknown: Map::new(),
        }
    }

    /// Lets a profile say this.
    fn apply(&self, profile: &mut ProfileRecord) {
        profile.name.clone_from(&self.name);
        profile.colour.clone_from(&self.colour);
        profile.maturity = self.maturity;
        profile.language.clone_from(&self.language);
        profile.version += 1;
    }
}

fn check_version(profile: &ProfileRecord, expected: Option<u64>) -> Result<(), Problem> {
    match expected {
        Some(version) if version != profile.version => Err(Problem::new(Code::VersionConflict)),
        Some(_) | None => Ok(()),
    }
}

/// A child could otherwise lift its own limit, or take the PIN off another profile.
fn may_manage(record: &AccountRecord, current: &ProfileId) -> Result<(), Problem> {
    if goes_as_far_as_its_account(record, current) {
        return Ok(());
    }
    Err(Problem::new(Code::NotAllowed).with_detail("A children's profile cannot change profiles: choose another one first."))
}

/// With age limits alone nobody could change the account any more, nor lift a limit.
fn keeps_an_unrestricted_one(record: &AccountRecord) -> Result<(), Problem> {
    if record.profiles.iter().any(|profile| profile.maturity.is_none()) {
        return Ok(());
    }
    Err(Problem::new(Code::LimitReached)
        .with_detail("An account keeps one profile without an age limit: make another one first."))
}

/// Whether a profile is there and has no age limit.
fn goes_as_far_as_its_account(record: &AccountRecord, id: &ProfileId) -> bool {
    record.profiles.iter().any(|profile| profile.id == *id && profile.maturity.is_none())
}

fn find<'a>(record: &'a AccountRecord, id: &ProfileId) -> Result<&'a ProfileRecord, Problem> {
    record.profiles.iter().find(|profile| profile.id == *id).ok_or_else(|| Problem::not_found("profile"))
}

fn find_mut<'a>(record: &'a mut AccountRecord, id: &ProfileId) -> Result<&'a mut ProfileRecord, Problem> {
    record.profiles.iter_mut().find(|profile| profile.id == *id).ok_or_else(|| Problem::not_found("profile"))
}
