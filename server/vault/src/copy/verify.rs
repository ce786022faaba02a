//! Whether the copy is complete: no number is missing, the chain is whole, and the newest change of every live record is in
//! it, byte for byte, with a key that opens it. Begins with the newest base; or with the first object, and holds every base
//! against the log.
//!
//! A server may go on writing meanwhile: what differs is looked at again. Must never change anything.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use storage::{
    StoreError,
    keyvalue::{KeyValue, SCAN_LIMIT},
};

use super::{Broken, Copy, Outbox, Page, Reader, failed};
use crate::{
    Begin, RECORDS,
    keys::{AccountKeys, Found},
    record::RecordKey,
    records::Records,
};

/// How often what differs is looked at again, and how long after.
const ROUNDS: u8 = 3;
const PAUSE: Duration = Duration::from_secs(1);
/// Problems that are named.
const NAMED: usize = 20;

/// What a complete copy came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    pub objects: u64,
    pub changes: u64,
    /// Live records whose newest change is in the copy.
    pub records: u64,
    pub accounts: u64,
    /// Records whose newest change is in the outbox only.
    pub waiting: u64,
    /// Objects that somebody hid, or put something over; the bucket has them all the same.
    pub covered: u64,
    /// The object with whose base it began.
    pub base: Option<u64>,
    /// Bases that were held against the log.
    pub bases: u64,
}

/// What is missing or differs.
#[derive(Debug, thiserror::Error)]
pub enum Incomplete {
    #[error(transparent)]
    Log(#[from] Broken),
    #[error("{count} problems:\n{}", named.join("\n"))]
    Records { count: usize, named: Vec<String> },
}

impl From<StoreError> for Incomplete {
    fn from(error: StoreError) -> Self {
        Self::Log(Broken::Store(error))
    }
}

/// The newest change of a record in the copy.
struct Newest {
    revision: u64,
    hash: blake3::Hash,
    is_live: bool,
}

struct Verifier<'a> {
    copy: &'a Copy,
    keys: &'a Arc<AccountKeys>,
    reader: Reader<'a>,
    /// Bases that are to be held against the log, by their number.
    bases: BTreeMap<u64, Option<String>>,
    /// What is wrong with those that were.
    wrong: Vec<String>,
    newest: HashMap<String, Newest>,
    proof: Proof,
}

/// # Errors
/// [`Incomplete`].
pub async fn verify(copy: &Copy, store: &Arc<dyn KeyValue>, keys: &Arc<AccountKeys>, begin: Begin) -> Result<Proof, Incomplete> {
    let (newest, proof, wrong) = (HashMap::new(), Proof::default(), Vec::new());
    let mut verifier = Verifier { copy, keys, reader: Reader::new(copy), bases: BTreeMap::new(), wrong, newest, proof };
    match begin {
        Begin::NewestBase => {
            if let Some(base) = copy.newest_base(keys, u64::MAX).await? {
                verifier.reader.go_on_from(&base);
                verifier.proof.base = Some(base.at.number);
                verifier.take(base.page);
            }
        }
        Begin::FirstObject => verifier.bases = copy.bases().await.map_err(|error| failed(&error))?,
    }
    verifier.read_on().await?;
    let sealed: HashSet<String> = verifier.newest.keys().filter_map(|record| account(record)).map(str::to_owned).collect();
    let mut problems = verify_keys(copy, keys, &sealed, &mut verifier.proof).await?;
    let records = Records::new(Arc::clone(store), Arc::clone(keys));
    let mut differing = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = store.scan(RECORDS, after.as_deref(), SCAN_LIMIT).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        for (key, _) in page {
            match key.strip_prefix(RECORDS).and_then(RecordKey::parse) {
                None => problems.push(format!("{key} is no record's place")),
                Some(record) => {
                    if let Err(problem) = verifier.compare(&records, &record).await? {
                        differing.push((record, problem));
                    }
                }
            }
        }
    }
    let lost = verifier.lost(keys).await?;
    differing.extend(lost.into_iter().map(|record| (record, "the live store has lost it".to_owned())));
    problems.extend(verifier.look_again(&records, store, differing).await?);
    problems.append(&mut verifier.wrong);
    problems.extend(verifier.bases.keys().map(|number| format!("base {number}: the log has no such object")));
    verifier.proof.objects = verifier.reader.at.number;
    verifier.proof.covered = verifier.reader.covered;
    if problems.is_empty() {
        return Ok(verifier.proof);
    }
    let count = problems.len();
    problems.truncate(NAMED);
    Err(Incomplete::Records { count, named: problems })
}

/// The account of a record, by its place.
fn account(record: &str) -> Option<&str> {
    record.split_once('/').map(|(account, _)| account)
}

/// The key of every account opens what is in the copy; a destroyed one has none there. Of an account of which nothing is in
/// the copy the key is not missed: one is made before the first record, and gets there with it.
async fn verify_keys(
    copy: &Copy,
    keys: &Arc<AccountKeys>,
    sealed: &HashSet<String>,
    proof: &mut Proof,
) -> Result<Vec<String>, Incomplete> {
    let mut problems = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = keys.page(after.as_deref()).await?;
        let Some(last) = page.last() else { return Ok(problems) };
        after = Some(last.clone());
        for account in &page {
            let copies = copy.keys_of(account).await.map_err(|error| failed(&error))?;
            match keys.find(account).await {
                Ok(Found::Destroyed) if !copies.is_empty() => {
                    problems.push(format!("{account}: its key was destroyed and is in the copy still: shred it again"));
                }
                Ok(Found::Destroyed | Found::Nothing) => {}
                Ok(Found::Key(key)) => {
                    proof.accounts += 1;
                    let mut is_there = false;
                    for wrapped in &copies {
                        is_there |= keys.unwrap(account, wrapped).await.is_ok_and(|copied| copied.bytes() == key.bytes());
                    }
                    if !is_there && sealed.contains(account) {
                        problems.push(format!("{account}: its key is not in the copy"));
                    }
                }
                Err(StoreError::Corrupt { reason, .. }) => {
                    problems.push(format!("{account}: its live key does not open: {reason}"))
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Verifier<'_> {
    async fn read_on(&mut self) -> Result<(), Broken> {
        while let Some(page) = self.reader.next().await? {
            self.take(page);
            let number = self.reader.at.number;
            if let Some(version) = self.bases.remove(&number) {
                self.hold_against(number, version).await?;
            }
        }
        Ok(())
    }

    fn take(&mut self, page: Page) {
        for (record, header, envelope) in page {
            self.proof.changes += 1;
            let new = Newest { revision: header.revision, hash: blake3::hash(&envelope), is_live: false };
            let known = self.newest.entry(record).or_insert(Newest { revision: 0, ..new });
            if new.revision >= known.revision {
                *known = Newest { is_live: known.is_live, ..new };
            }
        }
    }

    /// Whether a base says what the log came to, now that all up to its object was read.
    async fn hold_against(&mut self, number: u64, version: Option<String>) -> Result<(), StoreError> {
        let base = match self.copy.base(self.keys, number, version).await? {
            Ok(base) => base,
            Err(what) => {
                self.wrong.push(format!("base {number}: {what}"));
                return Ok(());
            }
        };
        self.proof.bases += 1;
        let mut there = HashSet::new();
        for (record, header, envelope) in base.page {
            let known = self.newest.get(&record);
            if known.is_none_or(|known| (known.revision, known.hash) != (header.revision, blake3::hash(&envelope))) {
                self.wrong.push(format!("base {number}: {record} is another than in the log"));
            }
            there.insert(record);
        }
        for record in self.newest.keys().filter(|record| !there.contains(*record)) {
            let Some(account) = account(record) else { continue };
            // What is left out cannot be opened by anybody.
            if matches!(self.keys.find(account).await?, Found::Key(_)) {
                self.wrong.push(format!("base {number}: {record} is missing"));
            }
        }
        Ok(())
    }

    /// Whether the copy holds a record as the live store does; if not, why.
    async fn compare(&mut self, records: &Records, record: &RecordKey) -> Result<Result<(), String>, StoreError> {
        let live = match records.find(record).await {
            Ok(Some(live)) => live,
            // Shredded, or gone by now.
            Ok(None) => return Ok(Ok(())),
            Err(StoreError::Corrupt { reason, .. }) => {
                if let Some(newest) = self.newest.get_mut(&record.to_string()) {
                    newest.is_live = true;
                }
                return Ok(Err(format!("the live one does not open: {reason}")));
            }
            Err(error) => return Err(error),
        };
        let Some(newest) = self.newest.get_mut(&record.to_string()) else { return Ok(Err("it is not in the copy".to_owned())) };
        newest.is_live = true;
        if newest.revision == live.header.revision && newest.hash == blake3::hash(&live.envelope) {
            self.proof.records += 1;
            return Ok(Ok(()));
        }
        Ok(Err(format!("revision {} is live, {} is in the copy", live.header.revision, newest.revision)))
    }

    /// Records of the copy that are not in the live store, though their account's key is.
    async fn lost(&self, keys: &Arc<AccountKeys>) -> Result<Vec<RecordKey>, StoreError> {
        let mut lost = Vec::new();
        for record in self.newest.iter().filter(|(_, newest)| !newest.is_live).map(|(record, _)| record) {
            let Some(record) = RecordKey::parse(record) else { continue };
            match keys.find(record.account()).await {
                Ok(Found::Destroyed) => {}
                Ok(Found::Key(_) | Found::Nothing) | Err(StoreError::Corrupt { .. }) => lost.push(record),
                Err(error) => return Err(error),
            }
        }
        Ok(lost)
    }

    /// What differs still after a while, and does not wait in the outbox.
    async fn look_again(
        &mut self,
        records: &Records,
        store: &Arc<dyn KeyValue>,
        mut differing: Vec<(RecordKey, String)>,
    ) -> Result<Vec<String>, Incomplete> {
        for _ in 0..ROUNDS {
            if differing.is_empty() {
                break;
            }
            tokio::time::sleep(PAUSE).await;
            self.read_on().await?;
            let mut still = Vec::new();
            for (record, problem) in differing {
                let is_there = store.get(&super::super::records::at(&record)).await?.is_some();
                match self.compare(records, &record).await? {
                    Ok(()) if is_there => {}
                    Ok(()) => still.push((record, problem)),
                    Err(problem) => still.push((record, problem)),
                }
            }
            differing = still;
        }
        let waiting = Outbox::new(Arc::clone(store)).names().await?;
        let (late, wrong): (Vec<_>, Vec<_>) =
            differing.into_iter().partition(|(record, _)| waiting.contains(&record.to_string()));
        self.proof.waiting = late.len() as u64;
        Ok(wrong.into_iter().map(|(record, problem)| format!("{record}: {problem}")).collect())
    }
}
