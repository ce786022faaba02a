//! From URLs in the config to open stores.
//!
//! What cannot be opened stops the start with the setting's name and what is allowed. Must never repeat a
//! password.

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    StoreError, disk,
    documents::{Documents, mongodb::MongoDocuments, sqlite::SqliteDocuments},
    events::{Events, Feed},
    guard::{GuardedDocuments, GuardedKeyValue},
    installation::Installation,
    keyvalue::{KeyValue, redis::RedisKeyValue, sqlite::SqliteKeyValue},
    objects::{AddressError, Objects, StoreIdentity, StorePlace, StoreRole, VideoStores},
    password::{with_password, without_password},
    private_folder::make_private_directory,
    redis,
    sqlite::Sqlite,
};

/// Where each kind of data is kept; the section `storage` of the config says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageUrls {
    /// Catalogue, progress, snapshots: `sqlite:PATH` or `mongodb://.../DATABASE`.
    pub documents: String,
    /// Sessions, leases: `sqlite:PATH`; the same file as `documents` is opened once. Or `redis://...`.
    pub keyvalue: String,
    /// Video and artwork: `file:DIRECTORY`, `s3://BUCKET/FOLDER`, `gs://...`, `az://...`.
    pub objects: String,
    /// The second store for video, of the same kinds.
    pub flat_objects: Option<String>,
}

impl StorageUrls {
    /// Everything in one folder, as it is kept where the config names nothing else.
    pub fn embedded(folder: &Path) -> Self {
        let database = format!("sqlite:{}", folder.join("marquee.db").display());
        let objects = format!("file:{}", folder.join("media").display());
        Self { documents: database.clone(), keyvalue: database, objects, flat_objects: None }
    }
}

/// The open stores. Cheap to clone.
#[derive(Clone)]
pub struct Stores {
    pub documents: Arc<dyn Documents>,
    pub keyvalue: Arc<dyn KeyValue>,
    pub objects: Objects,
    /// Where titles lie beside it; absent where the installation has one store.
    pub flat_objects: Option<Objects>,
}

impl Stores {
    /// Where titles lie.
    pub fn video(&self) -> VideoStores {
        VideoStores { per_view: self.objects.clone(), flat: self.flat_objects.clone() }
    }
}

/// What stands between the services and the stores that they were opened with.
pub trait StoreLayer: Send + Sync {
    /// Documents, entries and objects, as the services are to see them.
    fn stores(&self, stores: Stores) -> Stores;

    /// The vault's entries, as the vault is to see them.
    fn vault(&self, store: Arc<dyn KeyValue>) -> Arc<dyn KeyValue>;
}

/// The stores of one side of a move; what is absent is not moved.
#[derive(Clone, Default)]
pub struct Side {
    pub documents: Option<Arc<dyn Documents>>,
    pub entries: Option<Arc<dyn KeyValue>>,
    pub objects: Option<Objects>,
    pub flat_objects: Option<Objects>,
    pub vault: Option<Arc<dyn KeyValue>>,
}

/// Where they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SideUrls {
    pub documents: Option<String>,
    pub entries: Option<String>,
    pub objects: Option<String>,
    pub flat_objects: Option<String>,
    pub vault: Option<String>,
}

/// Why a store could not be opened, in words for whoever wrote the config.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{} is {given:?}, which names no store that this build knows; it can be {allowed}", named(.setting))]
    Unknown { setting: &'static str, given: String, allowed: &'static str },
    #[error("{} is {given:?}, which cannot be used: {reason}; it can be {allowed}", named(.setting))]
    Unusable { setting: &'static str, given: String, reason: String, allowed: &'static str },
}

const DOCUMENTS: &str = "sqlite:PATH (a file, made where it is missing) or mongodb://[USER:PASSWORD@]HOST[:PORT]/DATABASE \
    (mongodb+srv:// where DNS knows the hosts), with the options of MongoDB's own URLs, such as ?tls=true&tlsCAFile=FILE, and \
    with ?password_file=FILE in the password's place";
const KEYVALUE: &str = "sqlite:PATH (a file, made where it is missing), redis://[[USER]:PASSWORD@]HOST[:PORT][/NUMBER] \
    (rediss:// with TLS) or redis+cluster://[[USER]:PASSWORD@]HOST[:PORT],... (rediss+cluster:// with TLS), with ?prefix=NAME \
    where several installations share it, ?ca=FILE for an authority of your own and ?password_file=FILE in the password's place";
const EVENTS: &str = "redis://[[USER]:PASSWORD@]HOST[:PORT] (rediss:// with TLS) or redis+cluster://... (rediss+cluster:// with \
    TLS), with ?prefix=NAME where several installations share it, ?ca=FILE for an authority of your own and \
    ?password_file=FILE in the password's place";
const OBJECTS: &str =
    "file:PATH (a directory, made where it is missing), s3://BUCKET/FOLDER, gs://BUCKET/FOLDER or az://CONTAINER/FOLDER";

/// Opens every store, each behind its guard. Directories that are missing are made, for their owner only. Writes by other
/// processes are told to `events`. The second store for video may be away.
///
/// # Errors
/// [`OpenError`], for the first setting that names no store or one that cannot be opened.
pub async fn open(urls: &StorageUrls, events: &Events) -> Result<Stores, OpenError> {
    let stores = open_found(urls, events).await?;
    for role in StoreRole::ALL {
        begin(urls, &stores, role)?;
    }
    Ok(stores)
}

/// As [`open`], but a folder of objects that is missing or empty is away until it is begun ([`begin`]): for whoever knows whether
/// something is to be in it. A folder that is another store, by its marker, is away as well.
///
/// # Errors
/// As [`open`].
pub async fn open_found(urls: &StorageUrls, events: &Events) -> Result<Stores, OpenError> {
    let documents = Setting { name: "documents", url: &urls.documents, allowed: DOCUMENTS };
    let keyvalue = Setting { name: "keyvalue", url: &urls.keyvalue, allowed: KEYVALUE };
    let objects = Setting { name: "objects", url: &urls.objects, allowed: OBJECTS };

    let mut files = Databases::new(events);
    let (document_store, is_elsewhere) = open_documents(&documents, &mut files).await?;
    let document_store = Arc::new(GuardedDocuments::new(document_store, is_elsewhere).telling(events.clone()));
    let (entries, is_elsewhere) = open_keyvalue(&keyvalue, &mut files).await?;
    let entries = Arc::new(GuardedKeyValue::new("keyvalue", entries, is_elsewhere));
    let installation = Installation::of(&*document_store).await.map_err(|error| documents.unusable(&error))?;
    let identity = |role| installation.as_ref().map(|installation| installation.store(role));
    let found = Objects::found(objects.url, identity(StoreRole::PerView)).await;
    let objects = found.map_err(|error| objects.failed(error))?;
    let second = |url| open_second(url, &urls.objects, identity(StoreRole::Flat));
    let flat_objects = urls.flat_objects.as_deref().map(second).transpose()?;
    Ok(Stores { documents: document_store, keyvalue: entries, objects, flat_objects })
}

/// Begins the folder of objects of a role, where it is one that is missing or empty ([`Objects::begin`]). The second store may be
/// away: where its folder cannot be made now, that is done by whoever uses it later.
///
/// # Errors
/// [`OpenError`] where the first store's folder cannot be made.
pub fn begin(urls: &StorageUrls, stores: &Stores, role: StoreRole) -> Result<(), OpenError> {
    match role {
        StoreRole::PerView => {
            let setting = Setting { name: role.setting(), url: &urls.objects, allowed: OBJECTS };
            stores.objects.begin().map_err(|error| setting.failed(error))
        }
        StoreRole::Flat => {
            if let Some(Err(error)) = stores.flat_objects.as_ref().map(Objects::begin) {
                tracing::warn!(%error, "the folder of storage.flat_objects is made once it can be");
            }
            Ok(())
        }
    }
}

/// Opens the vault's store. Nothing that it said is remembered for while it is away: that would be in the clear.
///
/// # Errors
/// As [`open`].
pub async fn open_vault(url: &str) -> Result<Arc<dyn KeyValue>, OpenError> {
    let setting = Setting { name: "vault.store", url, allowed: KEYVALUE };
    let (store, _) = open_keyvalue(&setting, &mut Databases::new(&Events::default())).await?;
    Ok(Arc::new(GuardedKeyValue::new("vault", store, false)))
}

/// Opens stores of some kinds, for whoever moves what is in them. Nothing that they said is
/// remembered for while they are away.
///
/// # Errors
/// As [`open`].
pub async fn open_each(urls: &SideUrls) -> Result<Side, OpenError> {
    let side = open_each_found(urls).await?;
    let objects = [(StoreRole::PerView, &urls.objects, &side.objects), (StoreRole::Flat, &urls.flat_objects, &side.flat_objects)];
    for (role, url, objects) in objects {
        if let (Some(url), Some(objects)) = (url, objects) {
            objects.begin().map_err(|error| Setting { name: role.setting(), url, allowed: OBJECTS }.failed(error))?;
        }
    }
    Ok(side)
}

/// As [`open_each`], but a folder of objects that is missing or empty is away: for what is read alone.
///
/// # Errors
/// As [`open`].
pub async fn open_each_found(urls: &SideUrls) -> Result<Side, OpenError> {
    let events = Events::default();
    let mut files = Databases::new(&events);
    let mut side = Side::default();
    if let Some(url) = &urls.documents {
        let setting = Setting { name: "documents", url, allowed: DOCUMENTS };
        let (store, _) = open_documents(&setting, &mut files).await?;
        side.documents = Some(Arc::new(GuardedDocuments::new(store, false)));
    }
    if let Some(url) = &urls.entries {
        let setting = Setting { name: "keyvalue", url, allowed: KEYVALUE };
        let (store, _) = open_keyvalue(&setting, &mut files).await?;
        side.entries = Some(Arc::new(GuardedKeyValue::new("keyvalue", store, false)));
    }
    if let Some(url) = &urls.objects {
        let setting = Setting { name: "objects", url, allowed: OBJECTS };
        side.objects = Some(Objects::found(setting.url, None).await.map_err(|error| setting.failed(error))?);
    }
    if let Some(url) = &urls.flat_objects {
        let setting = Setting { name: StoreRole::Flat.setting(), url, allowed: OBJECTS };
        let objects = Objects::found(setting.url, None).await.map_err(|error| setting.failed(error))?;
        side.flat_objects = Some(objects.in_role(StoreRole::Flat));
    }
    if let Some(url) = &urls.vault {
        let setting = Setting { name: "vault.store", url, allowed: KEYVALUE };
        let (store, _) = open_keyvalue(&setting, &mut files).await?;
        side.vault = Some(Arc::new(GuardedKeyValue::new("vault", store, false)));
    }
    Ok(side)
}

/// The second store for video: another than the first. All that lies elsewhere plays without it, so that one that is away is no
/// reason not to start, and nothing is written to find out whether it is.
fn open_second(url: &str, first: &str, identity: Option<StoreIdentity>) -> Result<Objects, OpenError> {
    let setting = Setting { name: StoreRole::Flat.setting(), url, allowed: OBJECTS };
    let place = |url| StorePlace::of(url).map_err(|error| setting.failed(error));
    if place(url)?.is_same_as(&place(first)?) {
        return Err(setting.unusable(&"it is the store of storage.objects, from which titles move to this one"));
    }
    let objects = Objects::unasked(url, identity).map_err(|error| setting.failed(error))?;
    Ok(objects.in_role(StoreRole::Flat))
}

/// A setting of another section says which.
fn named(setting: &str) -> String {
    if setting.contains('.') { setting.to_owned() } else { format!("storage.{setting}") }
}

/// The store, and whether it is another machine's: then what it said is remembered for while it is away.
async fn open_documents(setting: &Setting<'_>, files: &mut Databases<'_>) -> Result<(Arc<dyn Documents>, bool), OpenError> {
    match setting.scheme() {
        Some("sqlite") => Ok((Arc::new(SqliteDocuments::new(files.open(setting)?)), false)),
        Some("mongodb" | "mongodb+srv") => {
            let store = MongoDocuments::open(&setting.with_password()?).await.map_err(|error| match error {
                StoreError::Unavailable { reason } | StoreError::Invalid { reason } => setting.unusable(&reason),
                StoreError::Conflict { .. }
                | StoreError::Contended { .. }
                | StoreError::Duplicate { .. }
                | StoreError::Full { .. }
                | StoreError::Denied { .. }
                | StoreError::Corrupt { .. } => setting.unusable(&error),
            })?;
            Ok((Arc::new(store), true))
        }
        Some(_) | None => Err(setting.unknown()),
    }
}

/// As [`open_documents`].
async fn open_keyvalue(setting: &Setting<'_>, files: &mut Databases<'_>) -> Result<(Arc<dyn KeyValue>, bool), OpenError> {
    match setting.scheme() {
        Some("sqlite") => {
            let store = SqliteKeyValue::open(files.open(setting)?).await.map_err(|error| setting.unusable(&error))?;
            Ok((Arc::new(store), false))
        }
        Some(scheme) if redis::SCHEMES.contains(&scheme) => {
            let store = RedisKeyValue::open(&setting.with_password()?).await.map_err(|error| setting.unusable(&error))?;
            Ok((Arc::new(store), true))
        }
        Some(_) | None => Err(setting.unknown()),
    }
}

/// Joins the nodes that tell each other what changed over `url`. To be run beside requests ([`Feed::run`]).
///
/// # Errors
/// [`OpenError`], where it names no Redis or one that cannot be reached.
pub async fn follow(url: &str, events: &Events) -> Result<Feed, OpenError> {
    let setting = Setting { name: "events", url, allowed: EVENTS };
    match setting.scheme() {
        Some(scheme) if redis::SCHEMES.contains(&scheme) => {
            Feed::open(&setting.with_password()?, events.clone()).await.map_err(|error| setting.unusable(&error))
        }
        Some(_) | None => Err(setting.unknown()),
    }
}

/// Tells the nodes that listen over `url` once that something changed, for who is none of them.
///
/// # Errors
/// As [`follow`].
pub async fn announce(url: &str) -> Result<(), OpenError> {
    let feed = follow(url, &Events::default()).await?;
    let setting = Setting { name: "events", url, allowed: EVENTS };
    feed.announce().await.map_err(|error| setting.unusable(&error))
}

/// SQLite's files, each opened once however many settings name it.
struct Databases<'a> {
    events: &'a Events,
    open: Vec<(PathBuf, Sqlite)>,
}

impl<'a> Databases<'a> {
    fn new(events: &'a Events) -> Self {
        Self { events, open: Vec::new() }
    }

    fn open(&mut self, setting: &Setting<'_>) -> Result<Sqlite, OpenError> {
        let path = setting.path()?;
        if let Some((_, file)) = self.open.iter().find(|(known, _)| *known == path) {
            return Ok(file.clone());
        }
        if let Some(folder) = path.parent() {
            make_private_directory(folder).map_err(|error| setting.unusable(&disk::words(&error)))?;
        }
        let file = Sqlite::open(&path, self.events.clone()).map_err(|error| match error {
            StoreError::Unavailable { reason } | StoreError::Corrupt { reason, .. } => setting.unusable(&reason),
            StoreError::Conflict { .. }
            | StoreError::Contended { .. }
            | StoreError::Duplicate { .. }
            | StoreError::Full { .. }
            | StoreError::Denied { .. }
            | StoreError::Invalid { .. } => setting.unusable(&error),
        })?;
        self.open.push((path, file.clone()));
        Ok(file)
    }
}

/// One line of the config, and what it may say.
struct Setting<'a> {
    name: &'static str,
    url: &'a str,
    allowed: &'static str,
}

impl Setting<'_> {
    fn scheme(&self) -> Option<&str> {
        self.url.split_once(':').map(|(scheme, _)| scheme)
    }

    /// The path in `scheme:path`, `scheme:/path` or `scheme:///path`.
    fn path(&self) -> Result<PathBuf, OpenError> {
        let rest = self.url.split_once(':').map_or("", |(_, rest)| rest);
        match rest.strip_prefix("//").unwrap_or(rest) {
            path if !path.is_empty() && !path.contains('\0') => Ok(PathBuf::from(path)),
            _ => Err(self.unknown()),
        }
    }

    fn with_password(&self) -> Result<Cow<'_, str>, OpenError> {
        with_password(self.url).map_err(|error| self.unusable(&error))
    }

    fn unknown(&self) -> OpenError {
        OpenError::Unknown { setting: self.name, given: without_password(self.url), allowed: self.allowed }
    }

    fn failed(&self, error: AddressError) -> OpenError {
        match error {
            AddressError::UnknownScheme | AddressError::NoDirectory => self.unknown(),
            error => self.unusable(&error),
        }
    }

    fn unusable(&self, reason: &impl ToString) -> OpenError {
        OpenError::Unusable {
            setting: self.name,
            given: without_password(self.url),
            reason: reason.to_string(),
            allowed: self.allowed,
        }
    }
}

#[cfg(test)]
mod tests;
