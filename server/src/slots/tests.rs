//! Who gets a place, and who loses one.

use std::net::IpAddr;

use super::*;

const GRACE: Duration = Duration::from_secs(1);

fn network(last: u8) -> Option<Network> {
    Some(Network::of(IpAddr::from([192, 0, 2, last])))
}

fn slots(most: usize, most_of_one: usize) -> Slots {
    Slots::new(Bounds { most, most_of_one, grace: GRACE })
}

/// Gives its place back as a body does: at once when it is told.
struct Body(Mutex<Option<Slot>>);

impl Ends for Body {
    fn end(&self) {
        drop(self.0.lock().unwrap().take());
    }
}

fn body(slots: &Slots, holder: Option<Network>) -> Arc<Body> {
    let slot = slots.claim(holder).unwrap();
    slot.entry().moved();
    let body = Arc::new(Body(Mutex::default()));
    let told: Weak<dyn Ends> = Arc::<Body>::downgrade(&body);
    slot.tell(told);
    *body.0.lock().unwrap() = Some(slot);
    body
}

impl Body {
    fn holds(&self) -> bool {
        self.0.lock().unwrap().is_some()
    }

    fn entry(&self) -> Arc<Entry> {
        Arc::clone(self.0.lock().unwrap().as_ref().unwrap().entry())
    }
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_gets_the_place_of_who_has_waited_longest() {
    let slots = slots(3, 3);
    let first = body(&slots, network(1));
    tokio::time::advance(GRACE).await;
    let second = body(&slots, network(2));
    tokio::time::advance(GRACE).await;
    let third = body(&slots, network(3));
    first.entry().moved();
    let fourth = body(&slots, network(4));
    assert_eq!([&first, &second, &third, &fourth].map(|body| body.holds()), [true, false, true, true]);
}

#[tokio::test(start_paused = true)]
async fn nobody_loses_a_place_that_is_worked_at_or_moved_a_moment_ago() {
    let slots = slots(2, 2);
    let working = body(&slots, network(1));
    working.entry().at_work();
    let moving = body(&slots, network(2));
    assert!(slots.claim(network(3)).is_err());
    tokio::time::advance(GRACE * 3600).await;
    moving.entry().moved();
    assert!(slots.claim(network(3)).is_err());
    assert!(working.holds() && moving.holds());
}

#[tokio::test(start_paused = true)]
async fn one_network_beyond_its_part_loses_its_own_places_alone() {
    let slots = slots(10, 2);
    let neighbour = body(&slots, network(1));
    tokio::time::advance(GRACE * 9).await;
    let of_one: Vec<_> = (0..2).map(|_| body(&slots, network(2))).collect();
    assert!(slots.claim(network(2)).is_err(), "its own are at it");
    tokio::time::advance(GRACE).await;
    let _third = body(&slots, network(2));
    assert!(neighbour.holds());
    assert_eq!(of_one.iter().filter(|body| body.holds()).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_network_that_holds_a_good_part_gives_way_before_others_and_even_while_it_moves() {
    let slots = slots(10, 10);
    let resting = body(&slots, network(1));
    tokio::time::advance(GRACE * 9).await;
    let flood: Vec<_> = (0..9).map(|_| body(&slots, network(2))).collect();
    let newcomer = body(&slots, network(3));
    assert!(!resting.holds(), "the flood moved a moment ago, so that who rests gives way");
    let another = body(&slots, network(4));
    assert!(newcomer.holds() && another.holds());
    assert_eq!(flood.iter().filter(|body| body.holds()).count(), 8);
    assert!(slots.claim(network(2)).is_err() || flood.iter().filter(|body| body.holds()).count() < 8);
}

#[tokio::test(start_paused = true)]
async fn a_place_that_is_given_back_later_is_waited_for() {
    let slots = slots(1, 1);
    let slot = slots.claim(network(1)).unwrap();
    slot.entry().moved();
    tokio::time::advance(GRACE).await;
    let connection = tokio::spawn(async move {
        slot.ended().await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        drop(slot);
    });
    assert!(slots.claim_within(network(2), Duration::from_millis(100)).await.is_ok());
    connection.await.unwrap();
    assert_eq!(slots.taken(), 0);
}

#[tokio::test(start_paused = true)]
async fn requests_under_way_hold_a_silent_connection_for_a_while() {
    let slots = slots(1, 1);
    let connection = body(&slots, network(1));
    connection.entry().requests().store(1, Relaxed);
    tokio::time::advance(GRACE * 2).await;
    assert!(slots.claim(network(2)).is_err());
    tokio::time::advance(WORKING).await;
    assert!(slots.claim(network(2)).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_half_sent_holds_nothing() {
    let slots = slots(1, 1);
    let connection = body(&slots, network(1));
    connection.entry().requests().store(2, Relaxed);
    connection.entry().arriving().store(1, Relaxed);
    tokio::time::advance(GRACE).await;
    assert!(slots.claim(network(2)).is_err(), "the other one is worked at");
    connection.entry().arriving().store(2, Relaxed);
    assert!(slots.claim(network(2)).is_ok());
}

#[tokio::test(start_paused = true)]
async fn each_who_waits_for_a_place_hears_of_one() {
    let slots = slots(8, 8);
    let taken: Vec<Slot> = (0..8).map(|_| slots.claim(network(1)).unwrap()).collect();
    taken.iter().for_each(|slot| slot.entry().moved());
    tokio::time::advance(GRACE).await;
    let waiting: Vec<_> = (0..8)
        .map(|_| {
            let slots = slots.clone();
            tokio::spawn(async move { slots.claim_within(network(2), GRACE / 2).await.map(std::mem::forget) })
        })
        .collect();
    tokio::task::yield_now().await;
    drop(taken);
    for outcome in waiting {
        assert_eq!(outcome.await.unwrap(), Ok(()));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_over_is_swept() {
    let slots = slots(4, 4);
    let old = body(&slots, network(1));
    tokio::time::advance(GRACE * 60).await;
    let young = body(&slots, network(1));
    slots.sweep(|entry| entry.rest().is_some_and(|rest| rest >= GRACE * 60));
    assert!(!old.holds() && young.holds());
    assert_eq!(slots.taken(), 1);
}
