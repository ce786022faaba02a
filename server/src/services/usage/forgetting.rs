//! What can be known of a profile that is gone: noted as it is deleted, and made nobody's beside requests, within a minute.
//!
//! A deletion notes the hashes that the profile has by the keys of days that there are, one small document each. Every few seconds the node
//! with the lease takes all that are noted out of the queries and the events of their days, in one pass: of two that wrote one part anew each
//! would bring back whom the other took out. The notes stay for as long as a hash may be somebody's, so that what a journal tells late is
//! nobody's as it is taken in. Must never note a profile's id, and never keep a request waiting for the events of a day.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use contract::ids::ProfileId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use storage::{
    StoreError,
    documents::{Change, Collection, Document, Documents, Expect, Find, Index, PAGE_LIMIT, Write, all_of, parse, update},
    objects::ObjectKey,
};
use tokio::{task::spawn_blocking, time::Instant};
use usage::event::{Event, Kind, ProfileHash};

use super::{OF_A_DAY, Usage, calendar, day_keys, parts, queries};

/// Hashes of profiles that are gone, one document for each profile and day: `2026-11-29/{hash}`.
pub static FORGOTTEN: Collection = Collection::declared(
    "usage_forgotten",
    &[Index { name: BY_DUE, fields: &["due"], unique: false }, Index { name: BY_EXPIRY, fields: &["expires"], unique: false }],
);

const BY_DUE: &str = "by_due";
pub const BY_EXPIRY: &str = "by_expires";

/// How often it is looked for hashes that are noted, and how long after a pass that failed.
const LOOK_EVERY: Duration = Duration::from_secs(20);
const AGAIN_AFTER: Duration = Duration::from_secs(60);
/// Hashes of one pass.
const AT_ONCE: usize = 20_000;
/// Bytes of a part that is read as a whole: parts are of some segments of some MB.
const PART_AT_MOST: u64 = 256 * 1024 * 1024;
const LEASE: &str = "usage/forgetting";
/// Longer than one part takes to be read and written, at the store's own limits.
const LEASED_FOR: Duration = Duration::from_secs(3 * 60);
const RENEWED_EVERY: Duration = Duration::from_secs(10);

/// A document of [`FORGOTTEN`]. Instants are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForgottenRecord {
    /// `2026-11-29`: whose key makes the hash.
    pub day: String,
    pub profile: ProfileHash,
    /// Since when it is to be taken out of what is stored; nothing where that is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<u64>,
    /// From when on the hash is nobody's in any case.
    pub expires: u64,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Notes that a profile is gone: what it did becomes nobody's with the next pass.
///
/// # Errors
/// [`StoreError`]; it is to be called again.
pub async fn note(service: &Usage, profile: &ProfileId) -> Result<(), StoreError> {
    let now = service.clock.millis();
    // A day more than the youngest key may live.
    let lives = u64::try_from(day_keys::LIVES.as_millis()).unwrap_or(u64::MAX);
    let expires = now.saturating_add(lives).saturating_add(OF_A_DAY);
    for (day, key) in service.keys.all().await? {
        let hash = ProfileHash::new(&key, profile.as_str());
        let id = id(&day, hash);
        let noted = update(&*service.documents, &FORGOTTEN, &id, |stored: Option<ForgottenRecord>| {
            let rest = stored.map(|record| record.rest).unwrap_or_default();
            let record = ForgottenRecord { day: day.clone(), profile: hash, due: Some(now), expires, rest };
            Ok::<_, StoreError>(Change::Put(record))
        });
        noted.await?;
    }
    Ok(())
}

/// Makes events nobody's that are of profiles that are gone.
///
/// # Errors
/// [`StoreError`]; then none may be stored.
pub async fn take_out(documents: &dyn Documents, events: &mut [Event]) -> Result<(), StoreError> {
    let hashes: BTreeSet<(u64, ProfileHash)> =
        events.iter().filter_map(|event| Some((event.at_millis / OF_A_DAY, event.profile?))).collect();
    let noted = hashes.into_iter().map(|(day, hash)| (id(&calendar::day(day * OF_A_DAY), hash), hash));
    let noted: Vec<(String, ProfileHash)> = noted.collect();
    let mut gone = BTreeSet::new();
    for some in noted.chunks(PAGE_LIMIT as usize) {
        let ids: Vec<String> = some.iter().map(|(id, _)| id.clone()).collect();
        // That there is a note says it, whether or not it can be read.
        let found = documents.get_many(&FORGOTTEN, &ids).await?;
        let found: BTreeSet<&str> = found.iter().map(|document| document.id.as_str()).collect();
        gone.extend(some.iter().filter(|(id, _)| found.contains(id.as_str())).map(|(_, hash)| *hash));
    }
    for event in events.iter_mut().filter(|event| event.profile.is_some_and(|profile| gone.contains(&profile))) {
        event.profile = None;
        if let Kind::Search { query, .. } = &mut event.kind {
            *query = None;
        }
    }
    Ok(())
}

/// Takes out what is noted for as long as it is asked to.
///
/// # Errors
/// Never; what fails is tried again.
pub async fn run(service: &Arc<Usage>) -> Result<(), String> {
    loop {
        let pause = match sweep(service).await {
            Ok(()) => LOOK_EVERY,
            Err(error) => {
                tracing::warn!(%error, "what profiles did that are gone is made nobody's later");
                AGAIN_AFTER
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Takes out of what is stored whoever is noted, where no other node is at it.
///
/// # Errors
/// [`StoreError`]; the rest is done by the next call.
pub async fn sweep(service: &Usage) -> Result<(), StoreError> {
    if due(service, 1).await?.is_empty() {
        return Ok(());
    }
    let Some(mut lease) = Lease::take(service).await? else { return Ok(()) };
    let swept = days(service, &mut lease).await;
    lease.release().await;
    swept
}

async fn days(service: &Usage, lease: &mut Lease<'_>) -> Result<(), StoreError> {
    let (mut days, mut outcome) = (BTreeMap::<String, Vec<Noted>>::new(), Ok(()));
    for noted in due(service, AT_ONCE).await? {
        days.entry(noted.record.day.clone()).or_default().push(noted);
    }
    for (day, noted) in days {
        let hashes: BTreeSet<ProfileHash> = noted.iter().map(|noted| noted.record.profile).collect();
        // Without the key nobody can say whose they were.
        let done = match service.keys.kept(&day).await? {
            Some(_) => take_out_of_day(service, lease, &day, hashes).await,
            None => Ok(()),
        };
        match done {
            Ok(()) => settle(service, noted).await?,
            Err(error) => outcome = Err(error),
        }
    }
    outcome
}

/// What is noted and not done, the longest due first.
async fn due(service: &Usage, most: usize) -> Result<Vec<Noted>, StoreError> {
    let (mut all, mut after) = (Vec::new(), None::<String>);
    loop {
        let limit = u32::try_from(most).unwrap_or(PAGE_LIMIT).min(PAGE_LIMIT);
        let find = Find { after: after.as_deref(), limit, ..all_of(BY_DUE, &[]) };
        let page = service.documents.find(&FORGOTTEN, find).await?;
        all.extend(page.documents.into_iter().filter_map(Noted::of));
        match page.next {
            Some(next) if all.len() < most => after = Some(next),
            Some(_) | None => return Ok(all),
        }
    }
}

/// Somebody who is noted, and not done.
struct Noted {
    id: String,
    /// Of the note as it was found.
    expect: Expect,
    record: ForgottenRecord,
}

impl Noted {
    /// Of a note that cannot be read the id says who it is: it keeps nobody from being forgotten.
    fn of(document: Document) -> Option<Self> {
        let record = parse::<ForgottenRecord>(&document);
        let (id, expect) = (document.id, Expect::Version(document.version));
        let record =
            record.inspect_err(|error| tracing::error!(%error, "who is to be forgotten is read from the id of the note"));
        let record = record.ok().or_else(|| ForgottenRecord::of_id(&id))?;
        Some(Self { id, expect, record })
    }
}

impl ForgottenRecord {
    /// What an id says, kept for as long as one that is noted as late as it can be.
    pub(super) fn of_id(id: &str) -> Option<Self> {
        let (day, profile) = id.split_once('/')?;
        let profile = ProfileHash::deserialize(Value::from(profile)).ok()?;
        let lives = u64::try_from(day_keys::LIVES.as_millis()).unwrap_or(u64::MAX);
        let expires = calendar::begin_of_day(day)?.saturating_add(lives.saturating_add(OF_A_DAY).saturating_mul(2));
        Some(Self { day: day.to_owned(), profile, due: None, expires, rest: Map::new() })
    }
}

async fn take_out_of_day(
    service: &Usage,
    lease: &mut Lease<'_>,
    day: &str,
    hashes: BTreeSet<ProfileHash>,
) -> Result<(), StoreError> {
    queries::forget(&*service.documents, day, &hashes).await?;
    let (hashes, mut outcome) = (Arc::new(hashes), Ok(()));
    for part in parts::of_day(&service.objects, day).await? {
        lease.renew().await?;
        // One that cannot be read keeps nobody in the others.
        outcome = outcome.and(take_out_of_part(service, &part, &hashes).await);
    }
    outcome
}

/// Writes a part anew without some profiles, where they are in it.
async fn take_out_of_part(service: &Usage, part: &ObjectKey, hashes: &Arc<BTreeSet<ProfileHash>>) -> Result<(), StoreError> {
    let Some(bytes) = service.objects.get(part, PART_AT_MOST).await? else { return Ok(()) };
    let hashes = Arc::clone(hashes);
    let rewritten = spawn_blocking(move || rewrite(bytes, &hashes)).await;
    let rewritten = rewritten.map_err(|error| StoreError::Invalid { reason: error.to_string() })?;
    match rewritten.map_err(|reason| StoreError::corrupt(part.as_str(), reason))? {
        Some(bytes) => service.objects.put(part, bytes.into()).await,
        None => Ok(()),
    }
}

/// Nothing where none of them is in it. Events of kinds that this build does not know stay as they are.
fn rewrite(bytes: Bytes, hashes: &BTreeSet<ProfileHash>) -> Result<Option<Vec<u8>>, String> {
    let is_in = |profile: Option<[u8; 16]>| profile.is_some_and(|profile| hashes.contains(&ProfileHash(profile)));
    let (mut columns, mut found) = (usage::Columns::default(), false);
    let mut batches = usage::Batches::open(bytes.clone(), &[usage::Name::Profile]).map_err(|error| error.to_string())?;
    while !found && batches.read(&mut columns).map_err(|error| error.to_string())? {
        found = columns.rows().any(|row| is_in(row.profile));
    }
    if !found {
        return Ok(None);
    }
    let mut batches = usage::Batches::open(bytes, usage::Name::ALL).map_err(|error| error.to_string())?;
    let mut writer = usage::Writer::new(Vec::new()).map_err(|error| error.to_string())?;
    while batches.read(&mut columns).map_err(|error| error.to_string())? {
        for mut row in columns.rows() {
            if is_in(row.profile) {
                (row.profile, row.query) = (None, None);
            }
            writer.push_row(&row).map_err(|error| error.to_string())?;
        }
    }
    writer.finish().map(Some).map_err(|error| error.to_string())
}

/// Notes that some are done. One that was noted again meanwhile is still due.
async fn settle(service: &Usage, noted: Vec<Noted>) -> Result<(), StoreError> {
    for some in noted.chunks(PAGE_LIMIT as usize) {
        let writes = some.iter().map(|Noted { id, expect, record }| {
            let body = serde_json::to_value(ForgottenRecord { due: None, ..record.clone() });
            let body = body.map_err(|error| StoreError::corrupt(id, error))?;
            Ok(Write { id: id.clone(), body, expect: *expect })
        });
        let writes = writes.collect::<Result<_, StoreError>>()?;
        for written in service.documents.put_many(&FORGOTTEN, writes).await? {
            match written {
                Ok(_) | Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

fn id(day: &str, profile: ProfileHash) -> String {
    format!("{day}/{profile}")
}

/// The right to write parts anew, among all nodes.
struct Lease<'a> {
    service: &'a Usage,
    version: u64,
    renewed: Instant,
}

impl<'a> Lease<'a> {
    /// Nothing where another node has it.
    async fn take(service: &'a Usage) -> Result<Option<Self>, StoreError> {
        match service.keyvalue.put(LEASE, Bytes::new(), Expect::Absent, Some(LEASED_FOR)).await {
            Ok(version) => Ok(Some(Self { service, version, renewed: Instant::now() })),
            Err(StoreError::Conflict { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// # Errors
    /// [`StoreError::Conflict`] where another node has it by now.
    async fn renew(&mut self) -> Result<(), StoreError> {
        if self.renewed.elapsed() >= RENEWED_EVERY {
            let renewed = self.service.keyvalue.put(LEASE, Bytes::new(), Expect::Version(self.version), Some(LEASED_FOR));
            (self.version, self.renewed) = (renewed.await?, Instant::now());
        }
        Ok(())
    }

    async fn release(self) {
        match self.service.keyvalue.delete(LEASE, Expect::Version(self.version)).await {
            Ok(_) | Err(StoreError::Conflict { .. }) => {}
            Err(error) => tracing::warn!(%error, "the lease of forgetting is left to run out"),
        }
    }
}
