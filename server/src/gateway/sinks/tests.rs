//! Sinks as middleware writes to them: what arrives, what is dropped, and what is refused at the start.

use std::{sync::Mutex as StdMutex, time::Duration};

use axum::{Router, http::StatusCode, routing::post};
use figment::{
    Figment,
    providers::{Format, Toml},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::*;

fn read(text: &str) -> Result<config::Gateway, Box<figment::Error>> {
    Figment::new().merge(Toml::string(text)).extract().map_err(Box::new)
}

fn opened(text: &str) -> Result<Sinks, SinkError> {
    Sinks::open(&read(text).unwrap(), &Clock::new(|| std::time::UNIX_EPOCH + Duration::from_millis(7)))
}

/// Runs a sink's other end until everything that was written is done with.
async fn finish(mut sinks: Sinks) -> Vec<SinkCounts> {
    let (reader, workers) = (sinks.reader(), sinks.workers());
    drop(sinks);
    for worker in workers {
        Arc::new(worker).run().await.unwrap();
    }
    reader.counts()
}

#[tokio::test]
async fn lines_of_a_sink_are_json_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.jsonl");
    let text = format!("sink_of.usage = \"file\"\n[sinks.file]\nkind = \"file\"\npath = {:?}\n", path.display().to_string());
    let mut sinks = opened(&text).unwrap();
    let sink = sinks.take("usage").unwrap();
    for number in 0..2500 {
        sink.write(json!({ "number": number }));
    }
    drop(sink);
    let counts = finish(sinks).await;
    assert_eq!(counts, [SinkCounts { name: "file".into(), written: 2500, dropped: 0 }]);
    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let expected: Vec<Value> = (0..2500).map(|number| json!({ "at": 7, "number": number })).collect();
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn a_receiver_is_posted_batches_again_where_it_is_busy_and_what_it_refuses_is_dropped_and_counted() {
    let received = Arc::<StdMutex<Vec<usize>>>::default();
    let (taking, busy) = (Arc::clone(&received), Arc::new(AtomicU64::new(1)));
    let take = move |body: String| {
        let lines = body.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok()).count();
        let is_busy = busy.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok();
        let status = match (is_busy, body.contains("refused")) {
            (true, _) => StatusCode::SERVICE_UNAVAILABLE,
            (false, true) => StatusCode::BAD_REQUEST,
            (false, false) => StatusCode::OK,
        };
        if status == StatusCode::OK {
            taking.lock().unwrap().push(lines);
        }
        async move { status }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, Router::new().route("/", post(take))).into_future());
    let text = format!("sink_of.trace = \"logs\"\n[sinks.logs]\nkind = \"http\"\nurl = {url:?}\nbatch = 10\n");
    let mut sinks = opened(&text).unwrap();
    let sink = sinks.take("trace").unwrap();
    for number in 0..25 {
        sink.write(json!({ "number": number, "word": if number >= 20 { "refused" } else { "taken" } }));
    }
    drop(sink);
    let counts = finish(sinks).await;
    assert_eq!(counts, [SinkCounts { name: "logs".into(), written: 20, dropped: 5 }]);
    assert_eq!(*received.lock().unwrap(), [10, 10]);
}

#[tokio::test]
async fn what_waits_when_the_server_ends_is_written_within_a_bound_and_the_rest_is_counted_as_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.jsonl");
    let text = format!("sink_of.usage = \"file\"\n[sinks.file]\nkind = \"file\"\npath = {:?}\n", path.display().to_string());
    // A receiver that never answers.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let silent = format!("sink_of.usage = \"logs\"\n[sinks.logs]\nkind = \"http\"\nurl = {url:?}\nbatch = 10\n");
    let mut counted = Vec::new();
    for (text, patience) in [(text, Duration::from_secs(30)), (silent, Duration::from_millis(100))] {
        let mut sinks = opened(&text).unwrap();
        let (sink, worker) = (sinks.take("usage").unwrap(), Arc::new(sinks.workers().remove(0)));
        let running = tokio::spawn(Arc::clone(&worker).run());
        // It is at work before anybody ends it.
        tokio::task::yield_now().await;
        for number in 0..2500 {
            sink.write(json!({ "number": number }));
        }
        // Whoever writes lines is still there.
        tokio::time::timeout(Duration::from_secs(20), worker.close(patience)).await.unwrap();
        running.await.unwrap().unwrap();
        sink.write(json!({ "number": "late" }));
        counted.extend(sinks.reader().counts().into_iter().map(|counts| (counts.written, counts.dropped)));
    }
    assert_eq!(counted, [(2500, 1), (0, 2501)]);
    assert_eq!(std::fs::read_to_string(path).unwrap().lines().count(), 2500);
}

#[tokio::test]
async fn what_waits_for_a_sink_that_nobody_runs_and_what_is_written_when_its_work_is_dropped_is_counted_as_dropped() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let mut sinks = opened(&format!("sink_of.usage = \"x\"\n[sinks.x]\nkind = \"http\"\nurl = {url:?}\nbatch = 10\n")).unwrap();
    let (sink, worker) = (sinks.take("usage").unwrap(), Arc::new(sinks.workers().remove(0)));
    for number in 0..25 {
        sink.write(json!({ "number": number }));
    }
    let running = tokio::spawn(Arc::clone(&worker).run());
    // It asks, and is not answered.
    let _asked = listener.accept().await.unwrap();
    running.abort();
    let _ = running.await;
    tokio::time::timeout(Duration::from_secs(20), worker.close(Duration::from_secs(10))).await.unwrap();
    assert_eq!(sinks.reader().counts(), [SinkCounts { name: "x".into(), written: 0, dropped: 25 }]);
}

#[tokio::test]
async fn what_finds_the_queue_full_is_dropped_and_counted_and_nobody_waits() {
    let mut sinks = opened("sink_of.usage = \"out\"\nsinks.out.kind = \"stdout\"\n").unwrap();
    let sink = sinks.take("usage").unwrap();
    for number in 0..CAPACITY + 3 {
        sink.write(json!({ "number": number }));
    }
    assert_eq!(sinks.reader().counts(), [SinkCounts { name: "out".into(), written: 0, dropped: 3 }]);
}

#[test]
fn a_name_that_is_not_there_and_a_file_that_cannot_be_are_refused_in_words() {
    let error = opened("sink_of.usage = \"acess\"\nsinks.access.kind = \"stdout\"\n").err().unwrap().to_string();
    assert_eq!(error, "`gateway.sink_of.usage` names the sink `acess`, which is not there; there is: access");
    let error = opened("sink_of.usage = \"x\"\n[sinks.x]\nkind = \"file\"\npath = \"/no/such/folder/x\"\n").err().unwrap();
    assert!(error.to_string().starts_with("gateway.sinks.x: "), "{error}");
    let sinks = opened("sink_of.trce = \"out\"\nsinks.out.kind = \"stdout\"\n").unwrap();
    let error = sinks.check_taken(["trace", "usage"].into_iter()).unwrap_err().to_string();
    assert_eq!(error, "`gateway.sink_of` names `trce`, which takes no sink; these do: trace, usage");
    for odd in [
        "sinks.x.kind = \"fiel\"",
        "[sinks.x]\nkind = \"stdout\"\npath = \"x\"",
        "[sinks.x]\nkind = \"http\"\nurl = \"logs.example\"",
        "[sinks.x]\nkind = \"file\"",
    ] {
        assert!(read(odd).is_err(), "{odd}");
    }
}

#[tokio::test]
async fn a_plug_in_is_given_the_sink_that_the_config_names_for_it_and_one_that_takes_none_is_not() {
    use axum::{
        extract::{Request, State},
        middleware::{Next, from_fn_with_state},
        response::Response,
        routing::get,
    };
    use tower::ServiceExt;

    async fn audit(State(sink): State<Option<Sink>>, request: Request, next: Next) -> Response {
        sink.unwrap().write(json!({ "audited": request.uri().path() }));
        next.run(request).await
    }

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let text = format!("sink_of.audit = \"file\"\n[sinks.file]\nkind = \"file\"\npath = {:?}\n", path.display().to_string());
    let plugins = || super::super::Plugins::default().with_sink("audit", |sink| from_fn_with_state(sink, audit));
    let router = || Router::new().route("/films", get(async || "films"));
    let mut sinks = opened(&text).unwrap();
    let layered = plugins().apply(router(), &["audit".to_owned()], &mut sinks).unwrap();
    layered.oneshot(Request::get("/films").body(axum::body::Body::empty()).unwrap()).await.unwrap();
    assert_eq!(finish(sinks).await[0].written, 1);
    assert_eq!(std::fs::read_to_string(path).unwrap(), "{\"at\":7,\"audited\":\"/films\"}\n");

    let deaf = super::super::Plugins::default().with("audit", tower::layer::util::Identity::new());
    let error = deaf.apply(router(), &["audit".to_owned()], &mut opened(&text).unwrap()).unwrap_err().to_string();
    assert_eq!(error, "`gateway.sink_of` names `audit`, which takes no sink; these do: trace, usage");
}
