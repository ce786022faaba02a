//! A receiver of webhooks that does as it is told, and remembers what it was sent.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::Value;
use tokio::net::TcpListener;

/// What makes it never answer.
pub const SILENT: u16 = 0;

#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    answer: Arc<AtomicU16>,
    received: Arc<Mutex<Vec<Received>>>,
    under_way: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

#[derive(Clone, Debug)]
pub struct Received {
    pub id: String,
    pub headers: HeaderMap,
    pub bytes: Bytes,
    pub body: Value,
}

impl Receiver {
    pub async fn begin(answer: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let receiver = Self {
            url,
            answer: Arc::new(AtomicU16::new(answer)),
            received: Arc::default(),
            under_way: Arc::default(),
            most: Arc::default(),
        };
        let receiving = receiver.clone();
        let take = move |headers: HeaderMap, bytes: Bytes| async move { receiving.take(headers, bytes).await };
        tokio::spawn(axum::serve(listener, Router::new().route("/hook", post(take))).into_future());
        receiver
    }

    /// From now on it answers with this status.
    pub fn set(&self, answer: u16) {
        self.answer.store(answer, Ordering::SeqCst);
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Requests that were under way at once, at most.
    pub fn most_at_once(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    async fn take(self, headers: HeaderMap, bytes: Bytes) -> StatusCode {
        struct Leaves(Arc<AtomicUsize>);
        impl Drop for Leaves {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        self.most.fetch_max(self.under_way.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let _leaves = Leaves(Arc::clone(&self.under_way));
        let id = headers["webhook-id"].to_str().unwrap().to_owned();
        let body = serde_json::from_slice(&bytes).unwrap();
        self.received.lock().unwrap().push(Received { id, headers, bytes, body });
        match self.answer.load(Ordering::SeqCst) {
            SILENT => std::future::pending().await,
            // Long enough that requests that are sent together are under way together.
            status => {
                tokio::time::sleep(Duration::from_millis(5)).await;
                StatusCode::from_u16(status).unwrap()
            }
        }
    }
}
