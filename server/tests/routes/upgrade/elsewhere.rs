//! The household that kept its data on real stores: what these held, put into the servers that all tests share, under a name
//! of this test's own.

use std::{collections::BTreeMap, path::Path, process::Command};

use base64::{Engine, engine::general_purpose::STANDARD};
use mongodb::{
    IndexModel,
    bson::{Document, doc},
    options::IndexOptions,
};
use object_store::{ObjectStoreExt, PutPayload, path::Path as StorePath};
use serde::Deserialize;
use server::config::Config;
use storage::objects::Objects;
use testing::server;

use super::fixture::{Recorded, SLACK_MILLIS, at as fixture};

/// What the stores held.
#[derive(Deserialize)]
struct Dump {
    keyvalue: Vec<Entry>,
    vault: Vec<Entry>,
    documents: BTreeMap<String, Rows>,
    /// By path; in base64.
    objects: BTreeMap<String, String>,
}

/// A key of Redis's: a string, or a sorted set.
#[derive(Deserialize)]
struct Entry {
    key: String,
    /// In base64.
    value: Option<String>,
    /// Milliseconds from when all was made.
    expires_in: Option<i64>,
    members: Option<Vec<(String, i64)>>,
}

/// A collection of MongoDB's: documents are BSON in base64.
#[derive(Deserialize)]
struct Rows {
    indexes: Vec<Index>,
    rows: Vec<String>,
}

#[derive(Deserialize)]
struct Index {
    name: String,
    path: String,
    unique: bool,
}

/// Where it is.
pub struct Elsewhere {
    redis: String,
    mongodb: String,
    s3: String,
    name: String,
}

impl Elsewhere {
    pub async fn load(told: &Recorded) -> Self {
        let place = Self {
            redis: server("MARQUEE_TEST_REDIS"),
            mongodb: server("MARQUEE_TEST_MONGODB"),
            s3: server("MARQUEE_TEST_S3"),
            name: format!("upgrade{:016x}", rand::random::<u64>()),
        };
        let unpacked = Command::new("gzip").arg("-dc").arg(fixture(told.commit, "elsewhere.stores.json.gz")).output().unwrap();
        assert!(unpacked.status.success());
        let dump: Dump = serde_json::from_slice(&unpacked.stdout).unwrap();
        place.load_entries(&place.name, &dump.keyvalue, told.delay());
        place.load_entries(&place.vault_name(), &dump.vault, told.delay());
        place.load_documents(&dump.documents).await;
        place.load_objects(&dump.objects).await;
        place
    }

    /// As that household had it, but for where its servers are.
    pub fn configure(&self, folder: &Path, config: &mut Config) {
        let at = |name: &str| Some(folder.join(name));
        config.data = folder.join("films");
        config.server.https = true;
        config.storage.search = at("films/index");
        config.storage.documents = Some(self.database());
        config.storage.keyvalue = Some(self.entries(&self.name));
        config.storage.events = Some(self.entries(&self.name));
        config.storage.objects = Some(self.objects("films"));
        config.vault.store = Some(self.entries(&self.vault_name()));
        (config.vault.key_file, config.vault.audit) = (at("keys/master"), at("log/audit"));
        config.vault.node = Some("cellar".to_owned());
        config.vault.copy = Some(self.objects("vault"));
        config.vault.copy_keys = Some(self.objects("keys"));
    }

    fn vault_name(&self) -> String {
        format!("{}vault", self.name)
    }

    fn entries(&self, prefix: &str) -> String {
        format!("{}?prefix={prefix}", self.redis)
    }

    fn database(&self) -> String {
        let (host, options) = self.mongodb.split_once("/?").unwrap();
        format!("{host}/{}?{options}", self.name)
    }

    fn objects(&self, part: &str) -> String {
        let (bucket, options) = self.s3.split_once('?').unwrap();
        format!("{bucket}/{}/{part}?{options}", self.name)
    }

    fn load_entries(&self, prefix: &str, entries: &[Entry], delay: i64) {
        let mut connection = redis::Client::open(self.redis.as_str()).unwrap().get_connection().unwrap();
        for entry in entries {
            let key = entry.key.replacen("{PREFIX:", &format!("{{{prefix}:"), 1);
            for (member, score) in entry.members.iter().flatten() {
                // All of an index have the same score; of expiries it is a time.
                let score = if key.ends_with("expiries") { score + delay } else { *score };
                redis::cmd("ZADD").arg(&key).arg(score).arg(member).query::<()>(&mut connection).unwrap();
            }
            if let Some(value) = &entry.value {
                let mut set = redis::cmd("SET");
                set.arg(&key).arg(STANDARD.decode(value).unwrap());
                if let Some(left) = entry.expires_in {
                    set.arg("PX").arg(left + SLACK_MILLIS);
                }
                set.query::<()>(&mut connection).unwrap();
            }
        }
    }

    async fn load_documents(&self, collections: &BTreeMap<String, Rows>) {
        let database = mongodb::Client::with_uri_str(&self.mongodb).await.unwrap().database(&self.name);
        for (name, stored) in collections {
            let collection = database.collection::<Document>(name);
            let row = |text: &String| Document::from_reader(STANDARD.decode(text).unwrap().as_slice()).unwrap();
            collection.insert_many(stored.rows.iter().map(row)).await.unwrap();
            for index in &stored.indexes {
                let options = IndexOptions::builder().name(index.name.clone()).unique(index.unique).sparse(true).build();
                let model = IndexModel::builder().keys(doc! { &index.path: 1 }).options(options).build();
                collection.create_index(model).await.unwrap();
            }
        }
    }

    async fn load_objects(&self, objects: &BTreeMap<String, String>) {
        for (path, value) in objects {
            let (part, path) = path.split_once('/').unwrap();
            let store = Objects::at(&self.objects(part)).await.unwrap().backend();
            let payload = PutPayload::from(STANDARD.decode(value).unwrap());
            store.put(&StorePath::parse(path).unwrap(), payload).await.unwrap();
        }
    }
}
