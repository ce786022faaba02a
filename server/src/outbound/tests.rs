//! Where requests may go, tried against a receiver on this machine.

use std::{
    io::{Read, Write},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use axum::{Router, routing::post};
use futures::future::join_all;
use tokio::net::TcpListener;

use super::*;

/// A receiver; its port, and how often it was asked.
async fn receiver() -> (u16, Arc<AtomicUsize>) {
    let asked = Arc::<AtomicUsize>::default();
    let counting = Arc::clone(&asked);
    let answer = move || {
        counting.fetch_add(1, Ordering::SeqCst);
        async { "" }
    };
    let moved = || async { (http::StatusCode::FOUND, [(http::header::LOCATION, "/")]) };
    let router = Router::new().route("/", post(answer)).route("/moved", post(moved));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(axum::serve(listener, router).into_future());
    (port, asked)
}

async fn post_to(outbound: &Outbound, url: &str) -> Result<u16, OutboundError> {
    outbound.post(&Url::parse(url).unwrap(), HeaderMap::new(), Bytes::new(), Duration::from_secs(5)).await
}

fn none() -> Networks {
    Networks::new(Vec::new())
}

#[tokio::test]
async fn no_way_to_write_an_address_of_this_machine_or_its_networks_leads_there() {
    let (port, asked) = receiver().await;
    let outbound = Outbound::guarded(&none());
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "169.254.169.254",
        "10.0.0.1",
        "0.0.0.0",
        "[fd00:ec2::254]",
    ] {
        for scheme in ["http", "https"] {
            let refused = post_to(&outbound, &format!("{scheme}://{host}:{port}/")).await.unwrap_err();
            assert!(matches!(refused, OutboundError::Refused(_)), "{scheme} {host}: {refused:?}");
        }
    }
    for scheme in ["http", "https"] {
        let refused = post_to(&outbound, &format!("{scheme}://localhost:{port}/")).await.unwrap_err();
        assert_eq!(refused, OutboundError::RefusedName, "{scheme}");
    }
    assert_eq!(post_to(&outbound, "ftp://films.example/").await, Err(OutboundError::NotHttp));
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    // The same, where the operator named the network.
    let outbound = Outbound::guarded(&Networks::loopback());
    for host in ["127.0.0.1", "localhost"] {
        assert_eq!(post_to(&outbound, &format!("http://{host}:{port}/")).await, Ok(200), "{host}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_name_that_stood_for_a_public_address_when_it_was_checked_leads_nowhere_else_afterwards() {
    let (port, asked) = receiver().await;
    let (lookups, answers) = (Arc::<AtomicUsize>::default(), ["93.184.216.34", "127.0.0.1"]);
    let counting = Arc::clone(&lookups);
    let lookup: Lookup = Arc::new(move |_| {
        let at = counting.fetch_add(1, Ordering::SeqCst).min(1);
        async move { Ok(vec![answers[at].parse().unwrap()]) }.boxed()
    });
    let outbound = Outbound::with((Reach::PublicAnd(none()), Reach::PublicAnd(none())), lookup);
    let url = format!("http://rebinding.example:{port}/");
    // The first answer is public, and that is where the connection goes: nobody answers there in this time.
    let first = outbound.post(&Url::parse(&url).unwrap(), HeaderMap::new(), Bytes::new(), Duration::from_millis(50)).await;
    assert!(matches!(first, Err(OutboundError::Slow(_) | OutboundError::Silent(_))), "{first:?}");
    assert_eq!(post_to(&outbound, &url).await, Err(OutboundError::RefusedName));
    assert_eq!((lookups.load(Ordering::SeqCst), asked.load(Ordering::SeqCst)), (2, 0));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (port, asked) = receiver().await;
    let outbound = Outbound::anywhere();
    assert_eq!(post_to(&outbound, &format!("http://127.0.0.1:{port}/moved")).await, Ok(302));
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_error_names_no_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = post_to(&Outbound::anywhere(), &format!("http://127.0.0.1:{port}/secret-path")).await.unwrap_err().to_string();
    assert!(error.contains("refused") && !error.contains("secret-path"), "{error}");
}

/// A receiver that answers with interim answers without end, `at_once` of them after each pause; its port. On threads of its own.
fn endless(at_once: usize, pause: Duration) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let answers = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(at_once);
                let _ = stream.read(&mut [0; 1024]);
                while stream.write_all(&answers).is_ok() {
                    thread::sleep(pause);
                }
            });
        }
    });
    port
}

// On one thread: whoever keeps it to himself holds up everybody.
#[tokio::test]
async fn a_receiver_that_floods_with_interim_answers_holds_up_nobody_and_its_connection_ends() {
    let (port, asked) = receiver().await;
    let (outbound, here) = (Outbound::anywhere(), format!("http://127.0.0.1:{port}/"));
    // The certificates of the machine are read.
    assert_eq!(post_to(&outbound, &here).await, Ok(200));
    let (flood, begun) = (format!("http://127.0.0.1:{}/", endless(4096, Duration::ZERO)), Instant::now());
    let flooding = outbound.clone();
    let floods = tokio::spawn(async move { join_all((0..4).map(|_| post_to(&flooding, &flood))).await });
    let mut slowest = Duration::ZERO;
    while !floods.is_finished() || asked.load(Ordering::SeqCst) < 5 {
        let begun = Instant::now();
        assert_eq!(post_to(&outbound, &here).await, Ok(200));
        slowest = slowest.max(begun.elapsed());
    }
    assert_eq!(floods.await.unwrap(), vec![Err(OutboundError::TooLong(connection::LONGEST)); 4]);
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_receiver_that_never_comes_to_its_answer_is_given_up_when_its_time_is_over() {
    let outbound = Outbound::anywhere();
    let url = Url::parse(&format!("http://127.0.0.1:{}/", endless(1, Duration::from_millis(5)))).unwrap();
    let (patience, begun) = (Duration::from_millis(300), Instant::now());
    let given_up = outbound.post(&url, HeaderMap::new(), Bytes::new(), patience).await;
    assert_eq!(given_up, Err(OutboundError::Slow(patience)));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn an_answer_whose_body_nobody_reads_may_have_any_length_and_a_name_in_an_address_is_sent_as_credentials() {
    let answer = |headers: HeaderMap, body: String| async move {
        let (host, authorization) = (headers["host"].to_str().unwrap(), headers["authorization"].to_str().unwrap());
        assert!(host.starts_with("127.0.0.1:") && authorization == "Basic YWRhOnMgdA==" && body == "hello", "{headers:?} {body}");
        (http::StatusCode::ACCEPTED, vec![b'x'; 1 << 20])
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://ada:s%20t@{}/in?a=1#part", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, Router::new().route("/in", post(answer))).into_future());
    let url = Url::parse(&url).unwrap();
    let answered = Outbound::anywhere().post(&url, HeaderMap::new(), "hello".into(), Duration::from_secs(5)).await;
    assert_eq!(answered, Ok(202));
}
