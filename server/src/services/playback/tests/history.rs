//! What the history is told of what is played, and what "Continue watching" takes for begun.

use contract::playback::ContinueItem;

use super::*;

impl World {
    fn told(&self) -> Vec<String> {
        self.watched.lock().unwrap().drain(..).collect()
    }

    async fn offered(&self, seat: &Seat) -> Vec<String> {
        let items: Vec<ContinueItem> = self.call(seat, "GET", "/api/v1/continue-watching", Value::Null).await.json();
        items.into_iter().map(|item| item.card.id.to_string()).collect()
    }
}

#[tokio::test]
async fn a_film_that_comes_to_its_credits_or_its_end_is_watched_and_one_before_is_not() {
    let world = World::new().await;
    let seat = Seat::new("p1");
    let session = world.start(&seat, FILM).await;
    world.progress(&seat, &session, 300.0, "playing").await;
    assert_eq!(world.told(), [""; 0]);
    assert_eq!(world.progress(&seat, &session, 625.0, "playing").await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.told(), ["played film"]);
    assert_eq!(world.offered(&seat).await, [""; 0]);
    let session = world.start(&seat, OTHER).await;
    world.progress(&seat, &session, 100.0, "ended").await;
    assert_eq!(world.told(), ["played other"]);
}

#[tokio::test]
async fn what_is_said_to_be_finished_is_watched_and_taking_it_back_names_the_change_and_no_date() {
    let world = World::new().await;
    let seat = Seat::new("p1");
    let path = format!("/api/v1/titles/{FILM}/progress");
    let put = async |body: Value| assert_eq!(world.call(&seat, "PUT", &path, body).await.status, StatusCode::NO_CONTENT);
    put(json!({ "position": 100 })).await;
    put(json!({ "position": 634, "change": 1 })).await;
    assert_eq!(world.told(), ["said by 1 film"]);
    put(json!({ "position": 100, "restores": 1 })).await;
    assert_eq!(world.told(), ["take back 1 of film"]);
    assert_eq!(world.offered(&seat).await, [FILM]);
    let forget = format!("{path}?change=2");
    assert_eq!(world.call(&seat, "DELETE", &forget, Value::Null).await.status, StatusCode::NO_CONTENT);
    put(json!({ "position": 100, "restores": 2 })).await;
    assert_eq!(world.told(), ["take back 2 of film"], "of which the history knows nothing");
    assert_eq!(world.offered(&seat).await, [FILM]);
}

#[tokio::test]
async fn a_film_is_offered_from_a_minute_on_or_a_twentieth_and_resumed_from_anywhere() {
    let world = World::new().await;
    let seat = Seat::new("p1");
    let path = format!("/api/v1/titles/{FILM}/progress");
    for (position, offered) in [(20.0, false), (31.0, false), (33.0, true), (600.0, true), (20.0, false)] {
        world.pass(1);
        let body = json!({ "position": position });
        assert_eq!(world.call(&seat, "PUT", &path, body).await.status, StatusCode::NO_CONTENT);
        assert_eq!(world.offered(&seat).await.len(), usize::from(offered), "{position}");
        assert_eq!(world.resume_at(&seat, FILM).await, position);
    }
}
