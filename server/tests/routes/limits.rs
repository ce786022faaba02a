//! How much one viewer, one address and all together may ask at once, on the stack of `stack.rs`.

use std::time::Duration;

use axum::{body::Body, http::StatusCode};
use contract::Code;
use futures::StreamExt;
use server::config::{self, Bounded};

use crate::stack::Stack;

#[tokio::test]
async fn cookies_buy_an_address_no_more_than_its_own_limit() {
    let stack = Stack::new(|config| {
        config.limit = config::Limits {
            requests_per_second: Bounded::of(1),
            burst: Bounded::of(10),
            address_requests_per_second: Bounded::of(1),
            address_burst: Bounded::of(30),
            ..config::Limits::default()
        };
    });
    let mut passed = 0;
    let mut cookies = Vec::new();
    for _ in 0..6 {
        let answer = stack.get("/api/fine").await;
        passed += 1;
        cookies.push(answer.cookie().unwrap().split(';').next().unwrap().to_owned());
    }
    for cookie in &cookies {
        for _ in 0..10 {
            passed += u32::from(stack.get_with("/api/fine", &[("cookie", cookie)]).await.status == StatusCode::OK);
        }
    }
    // One more for each second that the machine takes for it.
    assert!((30..=50).contains(&passed), "{passed}");
    assert_eq!(stack.get("/api/fine").await.problem().code, Code::RateLimited);
}

#[tokio::test]
async fn an_address_brings_so_many_new_guests_who_write_and_those_who_are_known_go_on() {
    let stack =
        Stack::new(|config| config.limit = config::Limits { guests_per_hour: Bounded::of(3), ..config::Limits::default() });
    let reader = stack.get("/api/fine").await;
    let cookie = reader.cookie().unwrap().split(';').next().unwrap().to_owned();
    let write = async |cookie: Option<&str>| {
        let headers: Vec<(&str, &str)> = cookie.map(|cookie| ("cookie", cookie)).into_iter().collect();
        stack.post_with("/api/write", &headers).await.status.as_u16()
    };
    assert_eq!(write(Some(&cookie)).await, 200);
    let mut outcomes = Vec::new();
    for _ in 0..3 {
        outcomes.push(write(None).await);
    }
    assert_eq!(outcomes, [200, 200, 429], "one of the three is the one who has a cookie");
    assert_eq!(write(Some(&cookie)).await, 200, "known");
    assert_eq!(stack.get("/api/fine").await.status, StatusCode::OK, "reading leaves nothing behind");
}

#[tokio::test]
async fn a_path_that_looks_like_a_file_is_limited_and_files_of_the_site_are_not() {
    let stack = Stack::new(|config| {
        config.limit =
            config::Limits { requests_per_second: Bounded::of(1), burst: Bounded::of(100), ..config::Limits::default() };
    });
    let mut refused = 0;
    for number in 0..1000 {
        let status = stack.get(&format!("/x{number}.y?n=1")).await.status;
        refused += u32::from(status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(refused > 800, "{refused}");
    assert_eq!(stack.get("/favicon.svg").await.status, StatusCode::OK);
    assert_eq!(stack.get("/art/t/v/poster.svg").await.status, StatusCode::OK);
    assert_eq!(stack.get("/media/video").await.status, StatusCode::OK);
}

#[tokio::test]
async fn tokens_that_are_refused_count_for_their_address() {
    for path in ["/api/fine", "/art/t/v/poster.svg"] {
        let stack = Stack::new(|_| {});
        let mut outcomes = Vec::new();
        for number in 0..1000 {
            let token = format!("Bearer wrong-{number}");
            outcomes.push(stack.get_with(path, &[("authorization", &token)]).await.status.as_u16());
        }
        let count = |status| outcomes.iter().filter(|one| **one == status).count();
        assert!((60..=120).contains(&count(401)), "{path}: {}", count(401));
        assert_eq!(count(401) + count(429), 1000, "{path}");
        assert_eq!(stack.get(path).await.status, StatusCode::OK, "others at the address are let in: {path}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_read_slowly_holds_its_place_until_its_end() {
    let stack = Stack::new(|config| {
        config.in_flight = Bounded::of(1);
        config.streams_in_flight = Bounded::of(1);
    });
    for path in ["/api/drip", "/media/drip"] {
        let slow = stack.open(path).await;
        assert_eq!(stack.get(path).await.problem().code, Code::Overloaded, "{path}");
        drop(slow);
        assert_eq!(stack.get(path).await.body, "onetwo", "{path}");
    }
    // Films and calls do not push each other out.
    let _film = stack.open("/media/drip").await;
    assert_eq!(stack.get("/api/drip").await.body, "onetwo");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_takes_gives_way_to_who_comes_and_ends_at_last() {
    let stack = Stack::new(|config| config.streams_in_flight = Bounded::of(1));
    let mut stalled = stack.open("/media/drip").await.into_body();
    tokio::time::advance(Duration::from_secs(4)).await;
    assert_eq!(stack.get("/media/drip").await.body, "onetwo");
    assert!(axum::body::to_bytes(std::mem::take(&mut stalled), 99).await.is_err(), "what was broken off is never whole");

    let stalled = stack.open("/media/drip").await.into_body();
    tokio::time::advance(Duration::from_secs(59)).await;
    stack.in_flight.sweep();
    tokio::time::advance(Duration::from_secs(1)).await;
    stack.in_flight.sweep();
    assert!(axum::body::to_bytes(stalled, 99).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_half_sent_gives_way_to_who_comes() {
    let stack = Stack::new(|config| config.in_flight = Bounded::of(1));
    let half = futures::stream::iter([Ok::<_, std::io::Error>("half")]).chain(futures::stream::pending());
    let half = stack.post_body("/api/echo", Body::from_stream(half));
    let honest = async {
        // What changes something is a task of its own, which is to be the first.
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(stack.get("/api/fine").await.problem().code, Code::Overloaded, "it may still come");
        tokio::time::sleep(Duration::from_secs(3)).await;
        stack.get("/api/fine").await.status
    };
    let (half, honest) = tokio::join!(half, honest);
    assert_eq!((half.problem().code, honest), (Code::Overloaded, StatusCode::OK));
    assert_eq!(stack.post_body("/api/echo", Body::from("whole")).await.body, "whole");
}

#[tokio::test(start_paused = true)]
async fn more_at_once_than_the_server_takes_are_asked_to_come_back() {
    let stack = Stack::new(|config| {
        config.in_flight = Bounded::of(1);
        config.timeout_seconds = Bounded::of(2);
    });
    let (under_way, refused) = tokio::join!(stack.get("/api/slow"), stack.get("/api/fine"));
    assert_eq!((refused.status.as_u16(), refused.problem().code), (503, Code::Overloaded));
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(under_way.problem().code, Code::TimedOut);
    assert_eq!(stack.get("/api/fine").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_viewer_beyond_the_limit_waits_and_others_do_not() {
    let stack = Stack::new(|config| {
        config.limit = config::Limits { requests_per_second: Bounded::of(1), burst: Bounded::of(3), ..config::Limits::default() };
    });
    let first = stack.get("/api/fine").await;
    let cookie = first.cookie().unwrap().split(';').next().unwrap().to_owned();
    let mut outcomes = Vec::new();
    for _ in 0..4 {
        outcomes.push(stack.get_with("/api/fine", &[("cookie", &cookie)]).await.status.as_u16());
    }
    assert_eq!(outcomes, [200, 200, 200, 429]);
    assert_eq!(stack.get("/api/fine").await.status, StatusCode::OK);
    let refused = stack.get_with("/api/fine", &[("cookie", &cookie)]).await;
    assert_eq!((refused.problem().code, refused.header("retry-after")), (Code::RateLimited, Some("1")));
    assert_eq!(stack.get_with("/media/video", &[("cookie", &cookie)]).await.status, StatusCode::OK);
}
