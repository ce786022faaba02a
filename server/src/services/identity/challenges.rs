//! Questions to whichever passkey there is: nothing is kept of one before it is answered.
//!
//! The challenge follows from the question's name and a key of this installation, so that whoever asks for a thousand
//! questions leaves nothing behind. An answer, which is counted as a guess, leaves a mark, so that it is good once. Must never be told to be another
//! question's: its purpose is part of what the challenge is made from.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use contract::{Problem, identity::Ceremony, ids::CeremonyId};
use rand::distr::{Alphanumeric, SampleString};
use runtime::clock::Clock;
use serde_json::Value;
use storage::{
    StoreError,
    keyvalue::{Expect, KeyValue},
};
use webauthn_rs::{Webauthn, prelude::DiscoverableAuthentication};

use crate::secret::MasterSecret;

/// As long as a browser waits for its user (Web Authentication, level 3, section 15.1), in seconds.
const GOOD: u64 = 5 * 60;
/// Longer than any question is good.
const MARKED: Duration = Duration::from_secs(2 * GOOD);
/// 119 random bits.
const RANDOM: usize = 20;

/// What a question is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    ToEnter,
    ToConfirm,
}

impl Asked {
    const fn as_str(self) -> &'static str {
        match self {
            Self::ToEnter => "enter",
            Self::ToConfirm => "confirm",
        }
    }
}

pub struct Challenges {
    store: Arc<dyn KeyValue>,
    clock: Clock,
    key: [u8; 32],
}

impl Challenges {
    pub fn new(secret: &MasterSecret, store: Arc<dyn KeyValue>, clock: Clock) -> Self {
        Self { store, clock, key: secret.derive("passkey challenges v1") }
    }

    /// A question, as the browser takes it.
    ///
    /// # Errors
    /// `internal` where it cannot be written down.
    pub fn ask(&self, party: &Webauthn, asked: Asked) -> Result<Ceremony, Problem> {
        let random = Alphanumeric.sample_string(&mut rand::rng(), RANDOM);
        let name = format!("{:x}-{random}", self.clock.seconds() + GOOD);
        let id = name.parse::<CeremonyId>().map_err(|error| failed(&error))?;
        let (question, _) = party.start_discoverable_authentication().map_err(|error| failed(&error))?;
        let mut options = serde_json::to_value(&question.public_key).map_err(|error| failed(&error))?;
        *options.pointer_mut("/challenge").ok_or_else(|| failed(&"no challenge"))? = self.challenge(asked, &id);
        Ok(Ceremony { id, options })
    }

    /// What was asked under this name; nothing where it was not asked here, or longer than five minutes ago.
    ///
    /// # Errors
    /// `internal`.
    pub fn find(&self, party: &Webauthn, asked: Asked, id: &CeremonyId) -> Result<Option<DiscoverableAuthentication>, Problem> {
        let until = id.as_str().split_once('-').and_then(|(until, _)| u64::from_str_radix(until, 16).ok());
        let left = until.and_then(|until| until.checked_sub(self.clock.seconds()));
        if !left.is_some_and(|left| (1..=GOOD).contains(&left)) {
            return Ok(None);
        }
        let (_, state) = party.start_discoverable_authentication().map_err(|error| failed(&error))?;
        let mut state = serde_json::to_value(state).map_err(|error| failed(&error))?;
        *state.pointer_mut("/ast/challenge").ok_or_else(|| failed(&"no challenge"))? = self.challenge(asked, id);
        serde_json::from_value(state).map(Some).map_err(|error| failed(&error))
    }

    /// Whether nobody answered it before.
    ///
    /// # Errors
    /// [`StoreError`]; then it is not.
    pub async fn is_first(&self, id: &CeremonyId) -> Result<bool, StoreError> {
        let key = format!("passkey-answered/{}", blake3::hash(id.as_str().as_bytes()).to_hex());
        match self.store.put(&key, Bytes::from_static(b"1"), Expect::Absent, Some(MARKED)).await {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn challenge(&self, asked: Asked, id: &CeremonyId) -> Value {
        // An id holds no space: no two pairs read alike.
        let hash = blake3::keyed_hash(&self.key, format!("{} {id}", asked.as_str()).as_bytes());
        URL_SAFE_NO_PAD.encode(hash.as_bytes()).into()
    }
}

fn failed(error: &dyn std::fmt::Display) -> Problem {
    tracing::error!(%error, "an authenticator cannot be asked");
    Problem::internal()
}
