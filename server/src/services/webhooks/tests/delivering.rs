//! From a delivery that is due to its receiver, which fails, is slow, and comes back.

use contract::webhooks::{RetryDeadLetters, RetryDelivery, RotateWebhookSecret, SendTestWebhook};
use standardwebhooks::Webhook as Verifier;

use super::{receiver::SILENT, *};

#[tokio::test]
async fn a_receiver_that_fails_is_slow_and_comes_back_gets_each_event_under_one_id_as_it_was_first_sent() {
    let (world, receiver) = (World::new().await, Receiver::begin(500).await);
    let node = world.node();
    let saved = make(&node, "one", &receiver.url).await;
    let id = saved.webhook.id;
    tell(&node, [1]).await;
    assert_eq!(node.send_due().await.unwrap(), 1);
    assert_eq!(node.send_due().await.unwrap(), 0, "it waits for its pause");
    receiver.set(SILENT);
    world.forward(6 * 1000);
    assert_eq!(node.send_due().await.unwrap(), 1);
    receiver.set(302);
    world.forward(6 * MINUTE);
    assert_eq!(node.send_due().await.unwrap(), 1);
    receiver.set(204);
    world.forward(29 * MINUTE);
    assert_eq!(node.send_due().await.unwrap(), 0, "the pause is 30 minutes at least");
    assert!(shown(&node, &id).await.failing_since.is_some());
    world.forward(4 * MINUTE);
    assert_eq!(node.send_due().await.unwrap(), 1);
    world.forward(48 * HOUR);
    assert_eq!(node.send_due().await.unwrap(), 0, "it was delivered");

    let received = receiver.received();
    assert_eq!(received.len(), 4);
    assert!(received.iter().all(|one| one.id == received[0].id && one.bytes == received[0].bytes), "{received:?}");
    assert_eq!(received[0].body["type"], "import.finished");
    assert_eq!(received[0].body["timestamp"], "2026-11-29T20:00:00.001Z");
    assert_eq!(received[0].body["data"], json!({ "number": 1 }));
    let delivered = deliveries(&node, &id, DeliveryState::Delivered).await;
    let attempts: Vec<_> = delivered[0].attempts.iter().map(|one| (one.status, one.error.clone())).collect();
    assert_eq!(attempts[0], (Some(500), Some("It answered with 500.".into())));
    assert_eq!(attempts[1], (None, Some("It was not reached: there was no answer within 0.3 s.".into())));
    assert_eq!(attempts[2], (Some(302), Some("It answered with 302, and redirects are not followed.".into())));
    assert_eq!(attempts[3], (Some(204), None));
    assert_eq!((delivered[0].tries, delivered[0].next_try), (4, None));
    assert_eq!(shown(&node, &id).await.failing_since, None);
}

#[tokio::test]
async fn what_is_sent_is_verified_by_the_receivers_library_and_by_either_secret_after_a_rotation() {
    let (world, receiver) = (World::new().await, Receiver::begin(200).await);
    // Receivers refuse what was signed long ago.
    world.now.store(Clock::default().millis(), Ordering::SeqCst);
    let node = world.node();
    let saved = make(&node, "one", &receiver.url).await;
    let (id, first) = (saved.webhook.id, saved.secret.unwrap());
    let verifies = |secret: &str, at: usize| {
        let received = &receiver.received()[at];
        Verifier::new(secret).unwrap().verify(&received.bytes, &received.headers).is_ok()
    };
    tell(&node, [1]).await;
    send_all(&node).await;
    assert!(verifies(&first, 0) && !verifies("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 0));

    let rotated = node.rotate_secret(context(), RotateWebhookSecret { id: id.clone(), revokes_old: false }).await.unwrap();
    assert_eq!(shown(&node, &id).await.old_secret_until, Some(rotated.old_secret_until));
    tell(&node, [2]).await;
    send_all(&node).await;
    assert!(verifies(&first, 1) && verifies(&rotated.secret, 1));
    // The day after the old one signs no more; what is signed then is of a time that a library here takes for the future.
    world.forward(24 * HOUR);
    tell(&node, [3]).await;
    send_all(&node).await;
    let received = receiver.received();
    assert_eq!(received[1].headers["webhook-signature"].to_str().unwrap().split(' ').count(), 2);
    let (last, timestamp) = (&received[2], received[2].headers["webhook-timestamp"].to_str().unwrap().parse().unwrap());
    let expected = Verifier::new(&rotated.secret).unwrap().sign(&last.id, timestamp, &last.bytes).unwrap();
    assert_eq!(last.headers["webhook-signature"], expected.as_str());
}

#[tokio::test]
async fn a_secret_signs_for_as_long_as_was_promised_and_no_longer_than_until_it_is_revoked() {
    let (world, receiver) = (World::new().await, Receiver::begin(200).await);
    let node = world.node();
    let id = make(&node, "one", &receiver.url).await.webhook.id;
    let rotate = async |revokes_old| node.rotate_secret(context(), RotateWebhookSecret { id: id.clone(), revokes_old }).await;
    let signatures = async |number: u64| {
        tell(&node, [number]).await;
        send_all(&node).await;
        let received = receiver.received();
        received.last().unwrap().headers["webhook-signature"].to_str().unwrap().split(' ').count()
    };
    for _ in 1..signing::AT_ONCE {
        rotate(false).await.unwrap();
    }
    assert_eq!(signatures(1).await, signing::AT_ONCE);
    let refused = rotate(false).await.unwrap_err();
    assert_eq!(refused.code, contract::Code::LimitReached);
    assert_eq!(signatures(2).await, signing::AT_ONCE, "none was dropped for it");
    let revoked = rotate(true).await.unwrap();
    assert_eq!((signatures(3).await, revoked.old_secret_until), (1, NOW));
    assert_eq!(shown(&node, &id).await.old_secret_until, None);
    rotate(false).await.unwrap();
    assert_eq!(signatures(4).await, 2);
}

#[tokio::test]
async fn a_try_whose_process_is_killed_is_made_again_when_its_claim_has_run_out_and_counts() {
    let (world, receiver) = (World::new().await, Receiver::begin(200).await);
    let (killed, other) = (world.node(), world.node());
    let id = make(&killed, "one", &receiver.url).await.webhook.id;
    tell(&killed, [1]).await;
    let document = world.stores.documents.list(&record::DELIVERIES, None, 1).await.unwrap().documents.remove(0);
    let claim = killed.claim(&document).await.unwrap();
    assert!(claim.is_some());
    drop(claim);
    world.forward(send::CLAIMED_FOR - 1);
    assert_eq!(other.send_due().await.unwrap(), 0, "nobody tries what somebody may be trying");
    world.forward(1);
    assert_eq!(other.send_due().await.unwrap(), 1);
    let delivered = deliveries(&other, &id, DeliveryState::Delivered).await;
    assert_eq!((delivered[0].tries, receiver.received().len()), (2, 1));
    assert!(delivered[0].attempts[0].error.as_ref().unwrap().contains("not known"), "{delivered:?}");
    assert_eq!(receiver.received()[0].id, format!("msg_{}", delivered[0].id));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_at_once_deliver_each_event_once() {
    let (world, receiver) = (World::new().await, Receiver::begin(200).await);
    let nodes = [world.node(), world.node()];
    make(&nodes[0], "one", &receiver.url).await;
    // Both look at the feed before anything is written: what is written then is told.
    for node in &nodes {
        node.catch_up().await.unwrap();
    }
    for number in 0..40 {
        world.write(&format!("w{number}"), "new").await;
    }
    let work = nodes.clone().map(|node| {
        tokio::spawn(async move {
            for _ in 0..30 {
                // Whoever was slower finds what the other noted.
                let _ = node.catch_up().await;
                node.send_due().await.unwrap();
            }
        })
    });
    for one in work {
        one.await.unwrap();
    }
    let received = receiver.received();
    let mut ids: Vec<_> = received.iter().map(|one| one.body["data"]["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), received.len()), (40, 40));
}

#[tokio::test]
async fn of_two_nodes_that_found_the_same_delivery_one_tries_it() {
    let (world, receiver) = (World::new().await, Receiver::begin(200).await);
    let nodes = [world.node(), world.node()];
    make(&nodes[0], "one", &receiver.url).await;
    nodes[0].catch_up().await.unwrap();
    world.write("a", "new").await;
    nodes[0].catch_up().await.unwrap();
    let found = nodes[0].documents.list(&record::DELIVERIES, None, 10).await.unwrap().documents.remove(0);
    assert!(nodes[0].claim(&found).await.unwrap().is_some());
    assert!(nodes[1].claim(&found).await.unwrap().is_none());
}

#[tokio::test]
async fn a_receiver_that_never_answers_holds_up_no_other_and_is_asked_four_times_at_once_at_most() {
    let (world, slow, fast) = (World::new().await, Receiver::begin(SILENT).await, Receiver::begin(200).await);
    let node = world.node_with(|node| node.patience = Duration::from_secs(30));
    make(&node, "slow", &slow.url).await;
    make(&node, "tidy", &fast.url).await;
    tell(&node, 0..30).await;
    let work = tokio::spawn(Arc::clone(&node).run_sender());
    let all = async {
        while fast.received().len() < 30 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), all).await.unwrap();
    work.abort();
    assert_eq!((slow.received().len(), slow.most_at_once()), (4, 4));
    assert!(fast.most_at_once() <= 4);
    let mut numbers: Vec<u64> = fast.received().iter().map(|one| number(&one.body)).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..30).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_failed_ten_times_is_a_dead_letter_and_is_delivered_when_somebody_asks_for_it_again() {
    let (world, receiver) = (World::new().await, Receiver::begin(503).await);
    let node = world.node();
    let id = make(&node, "one", &receiver.url).await.webhook.id;
    tell(&node, [1, 2]).await;
    for _ in 0..12 {
        node.send_due().await.unwrap();
        world.forward(27 * HOUR);
        // Somebody switches it on again before five days are over.
        let webhook = shown(&node, &id).await;
        node.replace(context(), ReplaceWebhook { expected_version: webhook.version, ..new_webhook("one", &receiver.url) })
            .await
            .unwrap();
    }
    assert_eq!(receiver.received().len(), 20);
    let dead = deliveries(&node, &id, DeliveryState::Dead).await;
    assert_eq!((dead.len(), dead[0].tries, dead[0].attempts.len()), (2, 10, 10));
    assert_eq!(dead[0].given_up.as_deref(), Some("Every one of 10 tries failed."));
    assert_eq!((shown(&node, &id).await.dead_letters, shown(&node, &id).await.waiting), (2, 0));

    receiver.set(200);
    node.retry(context(), RetryDelivery { id: id.clone(), delivery: dead[0].id.clone() }).await.unwrap();
    send_all(&node).await;
    assert_eq!(receiver.received().len(), 21);
    let retried = node.retry_dead_letters(context(), RetryDeadLetters { id: id.clone(), since: NOW + 3 }).await.unwrap();
    assert_eq!((retried.retried, retried.left), (0, 0), "it was of an event before");
    let retried = node.retry_dead_letters(context(), RetryDeadLetters { id: id.clone(), since: NOW }).await.unwrap();
    assert_eq!((retried.retried, retried.left), (1, 0));
    send_all(&node).await;
    assert_eq!(deliveries(&node, &id, DeliveryState::Delivered).await.len(), 2);
    let delivered = RetryDelivery { id: id.clone(), delivery: dead[0].id.clone() };
    assert_eq!(node.retry(context(), delivered).await.unwrap_err().code, contract::Code::NotFound);
}

#[tokio::test]
async fn a_test_reaches_a_webhook_whatever_it_is_told_of_and_no_other() {
    let (world, one, other) = (World::new().await, Receiver::begin(200).await, Receiver::begin(200).await);
    let node = world.node();
    let call = ReplaceWebhook { events: vec!["title.deleted".into()], ..new_webhook("one", &one.url) };
    let id = node.replace(context(), call).await.unwrap().webhook.id;
    make(&node, "other", &other.url).await;
    let sent = node.send_test(context(), SendTestWebhook { id }).await.unwrap();
    tell(&node, [1]).await;
    send_all(&node).await;
    let received = one.received();
    assert_eq!((received.len(), received[0].body["type"].as_str()), (1, Some("webhook.test")));
    assert_eq!(received[0].id, format!("msg_{}", sent.id));
    assert_eq!(other.received().iter().map(|one| number(&one.body)).collect::<Vec<_>>(), [1]);
}

#[tokio::test]
async fn a_delivery_that_only_a_later_build_can_read_waits_for_it_and_holds_up_no_other() {
    let (world, receiver) = (World::new().await, Receiver::begin(200).await);
    let node = world.node();
    let id = make(&node, "one", &receiver.url).await.webhook.id;
    for number in 0..6 {
        let body =
            json!({ "webhook": id, "state": "waiting", "due": NOW, "created": NOW, "expires": record::NEVER, "of": number });
        let write = Write { id: format!("later{number}"), body, expect: Expect::Absent };
        world.stores.documents.put(&record::DELIVERIES, write).await.unwrap();
    }
    world.forward(1000);
    tell(&node, [1]).await;
    node.send_due().await.unwrap();
    send_all(&node).await;
    assert_eq!(receiver.received().len(), 1);
    let later = world.stores.documents.get(&record::DELIVERIES, "later5").await.unwrap().unwrap();
    assert_eq!((&later.body["of"], &later.body["due"]), (&json!(5), &json!(NOW + 1000 + HOUR)));
}
