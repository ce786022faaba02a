//! Webhooks from an operator's call to a receiver on this machine: what happens here, told as Standard Webhooks says.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{Router, body::Bytes, http::HeaderMap, routing::post};
use contract::{
    Code,
    catalog::DeleteTitle,
    entitlements::{PutAccountEntitlements, PutPlan},
    identity::{SetUp, UpdateAccount},
    ids::WebhookId,
    webhooks::{DeliveryState, ListDeliveries, ListWebhooks, ReplaceWebhook, SendTestWebhook},
};
use serde_json::{Value, json};
use server::{
    config::{Config, Networks},
    services::{catalog::facts::NewTitle, domain_events::EventOutbox},
};
use standardwebhooks::Webhook as Verifier;
use tokio::net::TcpListener;

use crate::support::{TestApp, new_account, new_id};

/// A receiver that answers with success, and what it was sent.
#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Vec<(HeaderMap, Bytes)>>>);

impl Receiver {
    /// With its address.
    async fn begin() -> (Self, String) {
        let receiver = Self::default();
        let received = Arc::clone(&receiver.0);
        let take = move |headers: HeaderMap, body: Bytes| {
            received.lock().unwrap().push((headers, body));
            async {}
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, Router::new().route("/", post(take))).into_future());
        (receiver, url)
    }

    /// What was received, once there is so much.
    async fn bodies(&self, count: usize) -> Vec<Value> {
        for _ in 0..1000 {
            if self.0.lock().unwrap().len() >= count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.0.lock().unwrap().iter().map(|(_, body)| serde_json::from_slice(body).unwrap()).collect()
    }
}

/// Receivers may be on this machine.
pub fn allow_here(config: &mut Config) {
    config.webhooks.private_networks = Networks::loopback();
}

async fn set_up(app: &TestApp) {
    app.send(SetUp { login: "ada".into(), name: "Ada".into(), password: "correct horse battery".into() }).await.unwrap();
}

fn everything(id: WebhookId, url: &str) -> ReplaceWebhook {
    let events = vec!["*".to_owned()];
    ReplaceWebhook { id, expected_version: 0, url: url.into(), description: "tests".into(), events, is_enabled: true }
}

#[tokio::test]
async fn what_happens_to_titles_accounts_and_plans_reaches_a_receiver_signed_and_names_nobody() {
    let (receiver, url) = Receiver::begin().await;
    let app = TestApp::with(allow_here).await;
    set_up(&app).await;
    // What there is by now is no news.
    app.server.webhooks.catch_up().await.unwrap();
    let id: WebhookId = new_id();
    let secret = app.send(everything(id.clone(), &url)).await.unwrap().secret.unwrap();

    let title = NewTitle { source: "test:1".into(), title: "Metropolis".into(), year: Some(1927), ..NewTitle::default() };
    let title = app.server.catalog.ingest().upsert_many(vec![title]).await.unwrap().remove(0).id;
    receiver.bodies(1).await;
    let bob = app.send(new_account("bob@films.example", "Bob")).await.unwrap();
    receiver.bodies(2).await;
    let nothing =
        PutPlan { id: "family".parse().unwrap(), name: "Family".into(), authorization: Default::default(), expected_version: 0 };
    app.send(nothing).await.unwrap();
    let plan = PutAccountEntitlements {
        account: bob.id.clone(),
        plan: "family".parse().unwrap(),
        overrides: Default::default(),
        expected_version: 0,
    };
    app.send(plan).await.unwrap();
    receiver.bodies(3).await;
    app.send(UpdateAccount { id: bob.id.clone(), role: None, is_disabled: Some(true), removes_factors: false }).await.unwrap();
    receiver.bodies(4).await;
    app.server.identity.delete_from_here("bob@films.example").await.unwrap();
    receiver.bodies(5).await;
    app.send(DeleteTitle { id: title.clone() }).await.unwrap();
    receiver.bodies(6).await;
    let outbox = EventOutbox::new(Arc::clone(&app.server.stores.documents), Default::default());
    outbox.storage_moved("1", title.as_str(), "disk", "bucket").await.unwrap();
    app.server.webhooks.catch_up().await.unwrap();
    receiver.bodies(7).await;
    app.send(SendTestWebhook { id: id.clone() }).await.unwrap();
    let bodies = receiver.bodies(8).await;

    let told: Vec<_> = bodies.iter().map(|body| (body["type"].as_str().unwrap(), body["data"].clone())).collect();
    let film = json!({ "id": title, "title": "Metropolis", "year": 1927, "is_watchable": false });
    let account = json!({ "account": bob.id, "role": "member" });
    assert_eq!(
        told,
        [
            ("title.published", film.clone()),
            ("account.created", account.clone()),
            ("account.plan_changed", json!({ "account": bob.id, "plan": "family", "plan_before": "member" })),
            ("account.disabled", account.clone()),
            ("account.deleted", account),
            ("title.deleted", film),
            ("storage.moved", json!({ "title": title, "from": "disk", "to": "bucket" })),
            ("webhook.test", json!({ "webhook": id })),
        ]
    );
    let verifier = Verifier::new(&secret).unwrap();
    let received = receiver.0.lock().unwrap().clone();
    for (headers, body) in &received {
        verifier.verify(body, headers).unwrap();
        assert!(!String::from_utf8_lossy(body).contains("bob@films.example"));
    }
    // A receiver has what came before it is noted that it came.
    let begun = Instant::now();
    let mut listed = app.send(ListWebhooks {}).await.unwrap();
    while listed[0].waiting > 0 && begun.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(50)).await;
        listed = app.send(ListWebhooks {}).await.unwrap();
    }
    let delivered = ListDeliveries { id: id.clone(), state: DeliveryState::Delivered, page_token: None, limit: Some(3) };
    let page = app.send(delivered.clone()).await.unwrap();
    let rest = app.send(ListDeliveries { page_token: page.next, ..delivered }).await.unwrap();
    assert_eq!((page.items.len(), rest.next), (3, None));
    let mut kept: Vec<_> = page.items.iter().chain(&rest.items).map(|delivery| delivery.event.as_str()).collect();
    kept.sort_unstable();
    // What told of the account went with it; that it is deleted may have waited until after that.
    kept.retain(|event| *event != "account.deleted");
    assert_eq!(kept, ["storage.moved", "title.deleted", "title.published", "webhook.test"]);
    assert_eq!((listed.len(), listed[0].waiting, listed[0].failing_since), (1, 0, None));
    assert!(!serde_json::to_string(&listed).unwrap().contains("whsec_"));
}

#[tokio::test]
async fn a_receiver_within_this_machines_networks_is_refused_unless_the_config_names_them() {
    let app = TestApp::start().await;
    set_up(&app).await;
    for url in ["http://127.0.0.1:9/", "https://127.0.0.1/", "https://169.254.169.254/", "http://receiver.example/"] {
        let refused = app.send(everything(new_id(), url)).await.unwrap_err();
        assert_eq!((refused.code, refused.fields[0].field.as_str()), (Code::InvalidRequest, "url"), "{url}");
    }
    assert!(app.send(everything(new_id(), "https://receiver.example/")).await.is_ok());
}
