//! The service on real stores in a temporary directory, and receivers on this machine that do as they are told.

mod delivering;
mod following;
mod receiver;
mod stopping;

use std::sync::atomic::{AtomicU64, Ordering};

use contract::{
    ids::WebhookId,
    webhooks::{Delivery, DeliveryState, ListDeliveries, ReplaceWebhook, SavedWebhook, Webhook},
};
use serde_json::{Value, json};
use storage::{
    StorageUrls, Stores,
    documents::{Collection, Expect, Write},
    open,
};

use self::receiver::Receiver;
use super::{outbox::Message, *};
use crate::{config::Networks, context::RequestContext, services::domain_events::DomainEvent};

/// 2026-11-29T20:00:00Z.
const NOW: u64 = 1_795_982_400_000;
const MINUTE: u64 = 60 * 1000;
const HOUR: u64 = 60 * MINUTE;
/// How long a receiver is waited for here.
const PATIENCE: Duration = Duration::from_millis(300);

/// What events follow from in these tests: documents with a `word`.
static WORDS: Collection = Collection::declared("words", &[]).numbered("words");

fn word_source() -> ChangeSource {
    ChangeSource {
        collection: &WORDS,
        note: |document| match document.body.get("word") {
            Some(Value::Object(_)) => Err(StoreError::corrupt(&document.id, "a word of a later build")),
            word => Ok(word.cloned()),
        },
        events: |id, before, after| {
            let kind = match (before, after) {
                (None, Some(_)) => "title.published",
                (Some(_), Some(_)) => "title.changed",
                (Some(_), None) => "title.deleted",
                (None, None) => return Vec::new(),
            };
            vec![DomainEvent::new(kind, json!({ "id": id, "word": after }))]
        },
        is_followed_here_alone: true,
    }
}

/// An installation of several nodes.
struct World {
    folder: tempfile::TempDir,
    stores: Stores,
    events: Events,
    secret: MasterSecret,
    now: Arc<AtomicU64>,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let events = Events::default();
        let stores = open(&StorageUrls::embedded(folder.path()), &events).await.unwrap();
        let secret = MasterSecret::open(folder.path()).unwrap();
        Self { folder, stores, events, secret, now: Arc::new(AtomicU64::new(NOW)) }
    }

    /// A process on these stores.
    fn node(&self) -> Arc<Webhooks> {
        self.node_with(|_| {})
    }

    fn node_with(&self, change: impl FnOnce(&mut Webhooks)) -> Arc<Webhooks> {
        let now = Arc::clone(&self.now);
        let parts = Dependencies {
            documents: Arc::clone(&self.stores.documents),
            keyvalue: Arc::clone(&self.stores.keyvalue),
            events: self.events.clone(),
            sources: vec![word_source()],
            outbound: Outbound::guarded(&Networks::loopback()),
            clock: Clock::new(move || std::time::UNIX_EPOCH + Duration::from_millis(now.load(Ordering::SeqCst))),
        };
        let mut node = Webhooks::new(&self.secret, parts);
        node.patience = PATIENCE;
        change(&mut node);
        Arc::new(node)
    }

    fn forward(&self, millis: u64) {
        self.now.fetch_add(millis, Ordering::SeqCst);
    }

    async fn write(&self, id: &str, word: &str) {
        let write = Write { id: id.to_owned(), body: json!({ "word": word }), expect: Expect::Anything };
        self.stores.documents.put(&WORDS, write).await.unwrap();
    }
}

fn context() -> RequestContext {
    use crate::{
        context::{Caller, SeenDevice, Viewer},
        mount::Dispatcher,
        session_effect::SessionEffects,
    };
    RequestContext {
        request_id: "test".into(),
        viewer: Viewer::guest("somebody".parse().unwrap(), true, Arc::default()),
        device: Arc::new(SeenDevice {
            profile: contract::device::DeviceProfile::default(),
            source: contract::device::DeviceSource::Default,
        }),
        caller: Caller::default(),
        effects: SessionEffects::default(),
        dispatcher: Dispatcher::default(),
    }
}

/// A webhook that is to be made, told of everything.
fn new_webhook(id: &str, url: &str) -> ReplaceWebhook {
    ReplaceWebhook {
        id: format!("{id:x<20}").parse().unwrap(),
        expected_version: 0,
        url: url.to_owned(),
        description: String::new(),
        events: vec!["*".to_owned()],
        is_enabled: true,
    }
}

async fn make(node: &Webhooks, id: &str, url: &str) -> SavedWebhook {
    node.replace(context(), new_webhook(id, url)).await.unwrap()
}

async fn shown(node: &Webhooks, id: &WebhookId) -> Webhook {
    let listed = node.list(context(), ListWebhooks {}).await.unwrap();
    listed.into_iter().find(|webhook| webhook.id == *id).unwrap()
}

async fn deliveries(node: &Webhooks, id: &WebhookId, state: DeliveryState) -> Vec<Delivery> {
    let call = ListDeliveries { id: id.clone(), state, page_token: None, limit: Some(100) };
    node.list_deliveries(context(), call).await.unwrap().items
}

/// Tells of some events that no feed has.
async fn tell(node: &Webhooks, keys: impl IntoIterator<Item = u64>) {
    let messages = keys.into_iter().map(|key| Message {
        key: key.to_string(),
        kind: "import.finished".into(),
        data: json!({ "number": key }),
        at: node.clock.millis() + key,
    });
    node.tell(&messages.collect::<Vec<_>>()).await.unwrap();
}

/// Tries what is due for as long as something is.
async fn send_all(node: &Arc<Webhooks>) {
    while node.send_due().await.unwrap() > 0 {}
}

fn number(body: &Value) -> u64 {
    body["data"]["number"].as_u64().unwrap()
}
