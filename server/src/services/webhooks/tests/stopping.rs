//! What ends: webhooks that are gone, fail for days or are deleted, and deliveries that are too many or too old.

use contract::{
    Code,
    webhooks::{DeleteWebhook, RetryDelivery},
};

use super::*;

#[tokio::test]
async fn a_receiver_that_says_that_it_is_gone_is_asked_no_more_and_operators_see_why() {
    let (world, receiver) = (World::new().await, Receiver::begin(410).await);
    let node = world.node();
    let id = make(&node, "one", &receiver.url).await.webhook.id;
    tell(&node, [1]).await;
    send_all(&node).await;
    let webhook = shown(&node, &id).await;
    assert!(!webhook.is_enabled && webhook.stopped.as_ref().unwrap().contains("410"), "{webhook:?}");
    assert_eq!(deliveries(&node, &id, DeliveryState::Dead).await.len(), 1);
    tell(&node, [2]).await;
    world.forward(48 * HOUR);
    send_all(&node).await;
    assert_eq!((receiver.received().len(), shown(&node, &id).await.waiting), (1, 0));
    // Whoever switches it on again has seen it.
    let call = ReplaceWebhook { expected_version: webhook.version, ..new_webhook("one", &receiver.url) };
    let webhook = node.replace(context(), call).await.unwrap().webhook;
    assert!(webhook.is_enabled && webhook.stopped.is_none() && webhook.failing_since.is_none());
}

#[tokio::test]
async fn a_receiver_that_fails_for_five_days_on_end_is_switched_off_and_one_that_answered_once_in_between_is_not() {
    let (world, dead, moody) = (World::new().await, Receiver::begin(500).await, Receiver::begin(500).await);
    let node = world.node();
    let ids = [make(&node, "dead", &dead.url).await.webhook.id, make(&node, "moody", &moody.url).await.webhook.id];
    for day in 0..6 {
        moody.set(if day == 3 { 200 } else { 500 });
        tell(&node, [day]).await;
        node.send_due().await.unwrap();
        let is_on = shown(&node, &ids[0]).await.is_enabled;
        assert_eq!(is_on, day < 5, "day {day}");
        world.forward(24 * HOUR);
    }
    let webhook = shown(&node, &ids[0]).await;
    assert_eq!(webhook.stopped.as_deref(), Some("The receiver failed for five days on end."));
    assert!(webhook.waiting > 0, "what waits is delivered where somebody switches it on again");
    assert!(shown(&node, &ids[1]).await.is_enabled);
}

#[tokio::test]
async fn a_clock_that_is_set_ahead_or_back_and_a_server_that_rested_switch_no_webhook_off() {
    let (world, dead) = (World::new().await, Receiver::begin(500).await);
    let node = world.node();
    let id = make(&node, "dead", &dead.url).await.webhook.id;
    let fail = async |key: u64| {
        tell(&node, [key]).await;
        node.send_due().await.unwrap();
        shown(&node, &id).await.is_enabled
    };
    assert!(fail(0).await);
    world.forward(365 * 24 * HOUR);
    assert!(fail(1).await, "it fails for two tries");
    world.now.store(NOW, Ordering::SeqCst);
    assert!(fail(2).await);
    for day in 3..8 {
        assert!(fail(day).await, "{day}");
        world.forward(24 * HOUR);
    }
    assert!(!fail(8).await);
}

#[tokio::test]
async fn deleting_a_webhook_deletes_what_was_to_be_delivered_at_once_and_what_came_in_between_ten_minutes_later() {
    let (world, receiver) = (World::new().await, Receiver::begin(200).await);
    let node = world.node();
    let id = make(&node, "one", &receiver.url).await.webhook.id;
    let kept = make(&node, "kept", &receiver.url).await.webhook.id;
    tell(&node, 0..5).await;
    let count = async || world.stores.documents.count(&record::DELIVERIES).await.unwrap();
    assert_eq!(count().await, 10);
    let known = node.known().await.unwrap().into_iter().find(|known| known.id == id).unwrap();
    node.delete(context(), DeleteWebhook { id: id.clone() }).await.unwrap();
    assert_eq!((count().await, shown(&node, &kept).await.waiting), (5, 5));
    assert_eq!(node.delete(context(), DeleteWebhook { id: id.clone() }).await.unwrap_err().code, Code::NotFound);
    assert_eq!(node.list(context(), ListWebhooks {}).await.unwrap().len(), 1);
    let stored = world.stores.documents.get(&record::WEBHOOKS, id.as_str()).await.unwrap().unwrap();
    assert_eq!(stored.body["secrets"], json!([]));
    // Another node had read it before it was deleted, and writes afterwards.
    let message = Message { key: "late".into(), kind: "import.finished".into(), data: json!({}), at: NOW };
    let body = json!(message.to(&known, NOW));
    let write = Write { id: message.delivery(id.as_str()), body, expect: Expect::Absent };
    world.stores.documents.put(&record::DELIVERIES, write).await.unwrap();
    world.forward(10 * MINUTE);
    node.sweep().await.unwrap();
    assert_eq!(count().await, 5);
    assert_eq!(world.stores.documents.get(&record::WEBHOOKS, id.as_str()).await.unwrap(), None);
}

#[tokio::test]
async fn what_waits_is_bounded_and_the_oldest_become_dead_letters_in_words() {
    let world = World::new().await;
    let node = world.node_with(|node| node.most = 5);
    let id = make(&node, "one", "https://receiver.example/").await.webhook.id;
    tell(&node, 0..8).await;
    let webhook = shown(&node, &id).await;
    assert_eq!((webhook.waiting, webhook.dead_letters), (5, 3));
    let dead = deliveries(&node, &id, DeliveryState::Dead).await;
    assert_eq!(dead.iter().map(|one| one.created - NOW).collect::<Vec<_>>(), [2, 1, 0]);
    assert!(dead[0].given_up.as_ref().unwrap().contains("waited for this webhook"));
    tell(&node, 8..20).await;
    let webhook = shown(&node, &id).await;
    assert_eq!((webhook.waiting, webhook.dead_letters), (5, 5), "dead letters are bounded as well");
}

#[tokio::test]
async fn what_cannot_be_read_beyond_the_bound_holds_up_no_event() {
    let world = World::new().await;
    let node = world.node_with(|node| node.most = 5);
    let id = make(&node, "one", "https://receiver.example/").await.webhook.id;
    let later = async |state: &str| {
        let body = json!({ "webhook": id, "state": state, "created": 0, "expires": record::NEVER });
        let write = Write { id: format!("later-{state}"), body, expect: Expect::Absent };
        world.stores.documents.put(&record::DELIVERIES, write).await.unwrap();
    };
    later("waiting").await;
    later("dead").await;
    tell(&node, 0..20).await;
    let webhook = shown(&node, &id).await;
    assert_eq!((webhook.waiting, webhook.dead_letters), (6, 5));
    let left = async |state: &str| world.stores.documents.get(&record::DELIVERIES, &format!("later-{state}")).await.unwrap();
    assert!(left("waiting").await.is_some() && left("dead").await.is_none());
}

#[tokio::test]
async fn what_was_delivered_goes_after_a_week_what_was_given_up_after_thirty_days_and_what_waits_stays() {
    let (world, receiver) = (World::new().await, Receiver::begin(200).await);
    let node = world.node();
    make(&node, "one", &receiver.url).await;
    make(&node, "two", "https://127.0.0.1:1/").await;
    let gone = Receiver::begin(410).await;
    make(&node, "gone", &gone.url).await;
    tell(&node, [1]).await;
    node.send_due().await.unwrap();
    // As an older build left it: to go after thirty days, whatever became of it.
    let page = world.stores.documents.list(&record::DELIVERIES, None, 10).await.unwrap();
    for mut document in page.documents.into_iter().filter(|document| document.body.get("due").is_some()) {
        document.body["expires"] = json!(NOW + outbox::KEPT);
        let write = Write { id: document.id, body: document.body, expect: Expect::Anything };
        world.stores.documents.put(&record::DELIVERIES, write).await.unwrap();
    }
    let mut left = Vec::new();
    for days in [6, 2, 21, 2, 300] {
        world.forward(days * 24 * HOUR);
        node.sweep().await.unwrap();
        left.push(world.stores.documents.count(&record::DELIVERIES).await.unwrap());
    }
    assert_eq!(left, [3, 2, 2, 1, 1]);
}

#[tokio::test]
async fn what_a_clock_that_was_ahead_put_off_waits_no_longer_than_the_longest_pause() {
    let (world, receiver) = (World::new().await, Receiver::begin(500).await);
    let node = world.node();
    make(&node, "one", &receiver.url).await;
    world.forward(40 * 24 * HOUR);
    tell(&node, [1, 2]).await;
    node.send_due().await.unwrap();
    node.sweep().await.unwrap();
    // The clock is put right.
    world.now.store(NOW, Ordering::SeqCst);
    receiver.set(200);
    node.sweep().await.unwrap();
    assert_eq!(node.send_due().await.unwrap(), 0);
    world.forward(27 * HOUR);
    assert_eq!(node.send_due().await.unwrap(), 2);
    assert_eq!(receiver.received().len(), 4);
}

#[tokio::test]
async fn a_webhook_is_made_once_and_changed_from_the_version_that_was_read() {
    let world = World::new().await;
    let node = world.node();
    let saved = make(&node, "one", "https://receiver.example/").await;
    let secret = saved.secret.unwrap();
    assert!(secret.starts_with("whsec_"));
    let again = node.replace(context(), new_webhook("one", "https://receiver.example/")).await.unwrap_err();
    assert_eq!(again.code, Code::VersionConflict);
    let stored = world.stores.documents.get(&record::WEBHOOKS, saved.webhook.id.as_str()).await.unwrap().unwrap();
    assert!(!stored.body.to_string().contains(&secret["whsec_".len()..]), "it is sealed");
    let changed =
        ReplaceWebhook { expected_version: 1, description: "ours".into(), ..new_webhook("one", "https://other.example/") };
    let changed = node.replace(context(), changed).await.unwrap();
    assert_eq!((changed.webhook.version, changed.secret, changed.webhook.url.as_str()), (2, None, "https://other.example/"));
    let late = ReplaceWebhook { expected_version: 1, ..new_webhook("one", "https://other.example/") };
    assert_eq!(node.replace(context(), late).await.unwrap_err().code, Code::VersionConflict);
    let gone = ReplaceWebhook { expected_version: 3, ..new_webhook("other", "https://other.example/") };
    assert_eq!(node.replace(context(), gone).await.unwrap_err().code, Code::NotFound);
}

#[tokio::test]
async fn an_address_that_nothing_may_be_sent_to_is_refused_in_words() {
    let world = World::new().await;
    let node = world.node_with(|node| node.outbound = Outbound::guarded(&Networks::new(Vec::new())));
    for url in [
        "http://receiver.example/",
        "ftp://receiver.example/",
        "receiver.example",
        "https://ada:secret@receiver.example/",
        "https://169.254.169.254/latest",
        "https://[::1]/",
        "https://10.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[::ffff:10.0.0.1]/",
    ] {
        let refused = node.replace(context(), new_webhook("one", url)).await.unwrap_err();
        assert_eq!((refused.code, refused.fields[0].field.as_str()), (Code::InvalidRequest, "url"), "{url}");
    }
    let odd =
        ReplaceWebhook { events: vec!["title.*".into(), "titles".into()], ..new_webhook("one", "https://receiver.example/") };
    let refused = node.replace(context(), odd).await.unwrap_err();
    assert!(refused.fields[0].field == "events" && refused.fields[0].message.contains("titles"), "{refused:?}");
    // A name is looked at when something is sent.
    let id = make(&node, "one", "https://localhost/").await.webhook.id;
    tell(&node, [1]).await;
    node.send_due().await.unwrap();
    let waiting = deliveries(&node, &id, DeliveryState::Waiting).await;
    assert!(waiting[0].attempts[0].error.as_ref().unwrap().contains("private_networks"), "{waiting:?}");
}

/// An event that tells of an account.
fn of_account(kind: &str, account: &str, key: u64) -> Message {
    Message { key: format!("{account} {key}"), kind: kind.to_owned(), data: json!({ "account": account }), at: NOW }
}

#[tokio::test]
async fn of_an_account_that_is_gone_nothing_tells_any_more_but_what_is_still_to_be_delivered() {
    let (world, receiver) = (World::new().await, Receiver::begin(200).await);
    let node = world.node();
    let id = make(&node, "one", &receiver.url).await.webhook.id;
    node.tell(&[of_account("account.created", "ada", 0)]).await.unwrap();
    send_all(&node).await;
    // More than a page that was delivered.
    let known = node.known().await.unwrap().remove(0);
    let delivered = (0..1100).map(|key| {
        let message = of_account("account.plan_changed", "bob", key);
        let (id, mut record) = (message.delivery(id.as_str()), message.to(&known, NOW));
        (record.state, record.due) = (DeliveryState::Delivered, None);
        Write { id, body: json!(record), expect: Expect::Absent }
    });
    let mut delivered: Vec<Write> = delivered.collect();
    let rest = delivered.split_off(550);
    for writes in [delivered, rest] {
        let written = node.documents.put_many(&record::DELIVERIES, writes).await.unwrap();
        assert!(written.iter().all(Result::is_ok));
    }
    node.tell(&[of_account("account.disabled", "bob", 0), of_account("account.deleted", "bob", 0)]).await.unwrap();
    node.forget_account(&"bob".parse().unwrap()).await.unwrap();
    assert_eq!(deliveries(&node, &id, DeliveryState::Delivered).await.len(), 1, "ada's");
    assert_eq!(deliveries(&node, &id, DeliveryState::Waiting).await.len(), 2);
    send_all(&node).await;
    assert_eq!(receiver.received().len(), 3);
    assert_eq!(world.stores.documents.count(&record::DELIVERIES).await.unwrap(), 1, "ada's");
}

#[tokio::test]
async fn what_waits_of_an_account_that_is_gone_goes_when_it_is_given_up_and_after_thirty_days_whoever_asks_for_it_again() {
    let (world, receiver) = (World::new().await, Receiver::begin(500).await);
    let node = world.node();
    let id = make(&node, "one", &receiver.url).await.webhook.id;
    node.tell(&[of_account("account.created", "bob", 0)]).await.unwrap();
    node.send_due().await.unwrap();
    // The account goes while it is being tried.
    world.forward(MINUTE);
    let document = world.stores.documents.list(&record::DELIVERIES, None, 1).await.unwrap().documents.remove(0);
    let claim = node.claim(&document).await.unwrap().unwrap();
    node.forget_account(&"bob".parse().unwrap()).await.unwrap();
    receiver.set(410);
    let known = node.known().await.unwrap().remove(0);
    node.attempt(&known, claim).await.unwrap();
    assert_eq!(world.stores.documents.count(&record::DELIVERIES).await.unwrap(), 0);

    let webhook = shown(&node, &id).await;
    let call = ReplaceWebhook { expected_version: webhook.version, ..new_webhook("one", &receiver.url) };
    node.replace(context(), call).await.unwrap();
    node.tell(&[of_account("account.deleted", "bob", 0)]).await.unwrap();
    let waiting = deliveries(&node, &id, DeliveryState::Waiting).await;
    for day in 0..31 {
        assert_eq!(world.stores.documents.count(&record::DELIVERIES).await.unwrap(), 1, "day {day}");
        let call = RetryDelivery { id: id.clone(), delivery: waiting[0].id.clone() };
        node.retry(context(), call).await.unwrap();
        world.forward(24 * HOUR);
        node.sweep().await.unwrap();
    }
    assert_eq!(world.stores.documents.count(&record::DELIVERIES).await.unwrap(), 0);
}

#[tokio::test]
async fn what_was_noted_of_what_is_gone_is_gone_when_a_service_that_keeps_nothing_itself_is_told_to_forget() {
    let world = World::new().await;
    let node = world.node();
    world.write("title/profile", "one").await;
    node.catch_up().await.unwrap();
    assert_eq!(world.stores.documents.count(&record::NOTES).await.unwrap(), 1);
    world.stores.documents.delete(&WORDS, "title/profile", Expect::Anything).await.unwrap();
    node.forget(&"profile".parse().unwrap()).await.unwrap();
    assert_eq!(world.stores.documents.count(&record::NOTES).await.unwrap(), 0);
}

#[tokio::test]
async fn however_many_webhooks_were_deleted_a_moment_ago_those_that_live_are_known() {
    let (world, receiver) = (World::new().await, Receiver::begin(200).await);
    let node = world.node();
    let id = make(&node, "one", &receiver.url).await.webhook.id;
    let known = node.known().await.unwrap();
    let gone = record::WebhookRecord { deleted: Some(1), ..known[0].record.clone() };
    // By their ids they come first.
    let writes = (0..1_100).map(|number| {
        let id = format!("{number:020}");
        Write { id, body: serde_json::to_value(&gone).unwrap(), expect: Expect::Absent }
    });
    let writes: Vec<Write> = writes.collect();
    for some in writes.chunks(500) {
        for written in world.stores.documents.put_many(&record::WEBHOOKS, some.to_vec()).await.unwrap() {
            written.unwrap();
        }
    }
    assert_eq!(node.known().await.unwrap().len(), 1_101);
    assert!(shown(&node, &id).await.is_enabled);
    tell(&node, [1]).await;
    send_all(&node).await;
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test]
async fn a_delivery_that_is_no_json_any_more_is_lost_and_keeps_no_other_waiting() {
    let (world, receiver) = (World::new().await, Receiver::begin(500).await);
    let node = world.node();
    let ids = [make(&node, "one", &receiver.url).await.webhook.id, make(&node, "two", &receiver.url).await.webhook.id];
    tell(&node, 0..3).await;
    node.send_due().await.unwrap();
    for id in &ids {
        assert_eq!(deliveries(&node, id, DeliveryState::Waiting).await.len(), 3);
    }
    for delivery in deliveries(&node, &ids[0], DeliveryState::Waiting).await {
        crate::test_support::damage(world.folder.path(), &record::DELIVERIES, delivery.id.as_str());
    }
    assert!(deliveries(&node, &ids[0], DeliveryState::Waiting).await.is_empty(), "and the page is shown");
    receiver.set(200);
    world.forward(24 * HOUR);
    send_all(&node).await;
    tell(&node, [9]).await;
    send_all(&node).await;
    assert_eq!(deliveries(&node, &ids[1], DeliveryState::Delivered).await.len(), 4);
    assert_eq!(deliveries(&node, &ids[0], DeliveryState::Delivered).await.len(), 1, "what is told since");
    assert_eq!(shown(&node, &ids[0]).await.waiting, 0);

    // What came to its end, too: it is not in the way of what is swept after it, or told again.
    crate::test_support::damage(world.folder.path(), &record::DELIVERIES, "%");
    world.forward(31 * 24 * HOUR);
    node.sweep().await.unwrap();
    assert_eq!(world.stores.documents.count(&record::DELIVERIES).await.unwrap(), 0);
}
