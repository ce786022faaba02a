//! `/metrics`, at its own address.

use std::{net::TcpListener, time::Duration};

use contract::identity::{GetBilling, PutBilling, SetUp};
use server::config::Bounded;

use crate::{
    process::{Running, get},
    support::TestApp,
};

/// The value of a series.
pub fn value(text: &str, series: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

#[test]
fn metrics_are_read_at_their_own_address_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    // Free a moment ago.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let server = Running::start(folder.path(), &[("MARQUEE_SERVER__METRICS_ADDRESS", &address)]);
    assert!(get(&server.address, "/metrics").unwrap().starts_with("HTTP/1.1 404"));
    for _ in 0..3 {
        get(&server.address, "/api/v1/titles/no-such-title").unwrap();
    }
    let answer = get(&address, "/metrics").unwrap();
    let (head, text) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("application/openmetrics-text; version=1.0.0"), "{head}");
    assert!(text.ends_with("# EOF\n"), "{text}");
    for store in ["documents", "keyvalue", "objects", "vault", "search", "disk"] {
        assert_eq!(value(text, &format!("marquee_store_answers{{store=\"{store}\"}}")), Some(1.0), "{text}");
    }
    let route = "route=\"GET /api/v1/titles/{id}\"";
    assert_eq!(value(text, &format!("marquee_request_duration_seconds_count{{{route}}}")), Some(3.0), "{text}");
    let all = format!("marquee_request_duration_seconds_bucket{{le=\"+Inf\",{route}}}");
    assert_eq!(value(text, &all), Some(3.0), "{text}");
    assert_eq!(value(text, &format!("marquee_request_errors_total{{{route},by=\"client\"}}")), Some(3.0), "{text}");
    assert_eq!(value(text, "marquee_vault_copy_lag_seconds"), None, "there is no copy");
    for task in ["index_follower", "housekeeping", "vault_housekeeping", "metrics_listener"] {
        assert_eq!(value(text, &format!("marquee_task_well{{task=\"{task}\"}}")), Some(1.0), "{text}");
    }
    assert!(get(&address, "/api/v1/titles").unwrap().starts_with("HTTP/1.1 404"));
    assert!(get(&address, "/readyz").unwrap().starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn reads_of_the_vault_out_of_the_ordinary_and_the_copys_lag_can_be_alerted_on() {
    let app = TestApp::with(|config| {
        config.vault.alert_reads_per_minute = Bounded::of(10);
        config.vault.copy = Some(format!("file:{}", config.data.with_file_name("copy").display()));
    })
    .await;
    app.send(SetUp { login: "ada".into(), name: "Ada".into(), password: "correct horse battery".into() }).await.unwrap();
    let [holder, street, postal_code, city, country, method] =
        ["Ada Lovelace", "12 St James's Square", "SW1Y 4JH", "London", "GB", "mandate 7"].map(str::to_owned);
    app.send(PutBilling { holder, street, postal_code, city, country, method }).await.unwrap();
    let mut before = app.server.metrics.text().await.unwrap();
    assert_eq!(value(&before, "marquee_vault_bulk_reads_total"), Some(0.0));
    // That it is in the copy is noted a moment after it is.
    for _ in 0..100 {
        if value(&before, "marquee_vault_copy_waiting_changes") == Some(0.0) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        before = app.server.metrics.text().await.unwrap();
    }
    assert_eq!(value(&before, "marquee_vault_copy_waiting_changes"), Some(0.0));
    assert_eq!(value(&before, "marquee_vault_copy_lag_seconds"), Some(0.0));
    for _ in 0..12 {
        app.send(GetBilling {}).await.unwrap();
    }
    let after = app.server.metrics.text().await.unwrap();
    assert_eq!(value(&after, "marquee_vault_bulk_reads_total"), Some(1.0), "{after}");
    let reads = |text| value(text, "marquee_vault_reads_total").unwrap();
    assert!(reads(&after) - reads(&before) >= 12.0);
    assert!(!after.contains("ada\"") && !after.contains("Ada"), "{after}");
}
