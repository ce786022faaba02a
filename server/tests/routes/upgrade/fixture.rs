//! What commits left behind (`tests/fixtures/`, a folder for each), and what somebody would have to know to go on.
//!
//! Times are those of the day that it was made: services are given its clock, and what stores let expire by this machine's
//! clock is put off by as long as it is since. Must never change a value.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

use contract::ids::{AccountId, ProfileId, SessionId, TitleId};
use serde::Deserialize;

use crate::support::{Cookies, Hands};

/// What a test may take.
pub const SLACK_MILLIS: i64 = 10 * 60 * 1000;

/// Where Marquee was first upgraded from.
pub const FIRST: &str = "6101c31";
/// Before films had generations, titles numbers, and the search index and backups were swapped.
pub const BEFORE_GENERATIONS: &str = "e1030ad";

/// What the household of a fixture knows.
#[derive(Deserialize)]
pub struct Recorded {
    /// That made it.
    #[serde(skip)]
    pub commit: &'static str,
    /// When the last word was said, in milliseconds since 1970.
    pub made: u64,
    pub film: TitleId,
    pub titles: Vec<String>,
    /// By login.
    pub passwords: BTreeMap<String, String>,
    /// By login.
    pub accounts: BTreeMap<String, AccountId>,
    pub profiles: BTreeMap<String, ProfileId>,
    /// What browsers carry.
    pub cookies: BTreeMap<String, Cookies>,
    /// Of the profile `ada`.
    pub pin: String,
    /// An API token of ada's, that reads.
    pub token: String,
    /// Of bob's authenticator app, in base32.
    pub totp: String,
    pub recovery_codes: Vec<String>,
    /// Of ada's.
    pub passkey: Passkey,
    /// What the guest's player had open.
    pub playing: Playing,
    /// The operator said that guests may come in. Before, nobody had to say so.
    #[serde(default)]
    pub guests_are_in: bool,
}

/// What an authenticator keeps, in hexadecimal and base64url.
#[derive(Deserialize)]
pub struct Passkey {
    pub key: String,
    pub id: String,
    pub handle: String,
}

#[derive(Deserialize)]
pub struct Playing {
    pub session: SessionId,
    pub manifest: String,
}

impl Recorded {
    pub fn read(commit: &'static str, name: &str) -> Self {
        let told: Self = serde_json::from_slice(&fs::read(at(commit, &format!("{name}.json"))).unwrap()).unwrap();
        Self { commit, ..told }
    }

    /// A clock that stands at the moment when all was made.
    pub fn hands(&self) -> Hands {
        Hands::at(self.made)
    }

    /// By how many milliseconds to put off what stores let expire: as long as it is since, which is less than nothing where
    /// this machine's clock is behind, and what a test may take.
    pub fn delay(&self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        i64::try_from(now.as_millis()).unwrap() - i64::try_from(self.made).unwrap() + SLACK_MILLIS
    }
}

pub fn at(commit: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(commit).join(name)
}

/// Lays out `name`.tar.gz.
pub fn unpack(commit: &str, name: &str, folder: &Path) {
    let mut tar = Command::new("tar");
    tar.arg("--no-same-owner").arg("-xzf").arg(at(commit, &format!("{name}.tar.gz"))).arg("-C").arg(folder);
    assert!(tar.status().unwrap().success(), "{name} cannot be unpacked");
}

/// Puts off what expires in a database of SQLite's.
pub fn put_off(database: &Path, delay: i64) {
    let database = rusqlite::Connection::open(database).unwrap();
    let put_off = database.execute("UPDATE keyvalue SET expires = expires + ?1 WHERE expires IS NOT NULL", [delay]).unwrap();
    assert!(put_off > 0, "nobody was signed in");
}
