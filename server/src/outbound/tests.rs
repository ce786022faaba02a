//! Where requests may go, tried against a receiver on this machine.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::{Router, routing::post};
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
