//! Whether what is told of a title's stars is exact after a hundred clients changed their reviews of it at once, and the server was
//! killed among that.
//!
//! On a catalogue of its own, with an account for each client. What is right is what each client is told of its own review in the end.

use std::{
    path::Path,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    catalogue::library::Folder,
    figure::Figure,
    http::{self, Connection},
    identity,
    server::Server,
};
use crate::layout::Layout;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    titles: u64,
    clients: usize,
    seconds: u64,
    /// After the last change.
    exact_milliseconds: f64,
}

/// Ten counts, from half a star to five.
type Counts = [u64; 10];

/// As many writes as a profile may be allowed: nobody writes so much by hand.
const NO_LIMIT: [(&str, &str); 1] = [("MARQUEE_REVIEWS__WRITES_PER_HOUR", "10000")];
/// Between two tries to reach a server that is being started again.
const PAUSE: Duration = Duration::from_millis(50);
/// After which counts that are not exact never will be.
const PATIENCE: Duration = Duration::from_secs(30);

/// What became of a minute of changes.
#[derive(Default)]
struct Changes {
    made: AtomicU64,
    /// Those without an answer, or for which the server had no time.
    lost: AtomicU64,
}

pub fn measure(layout: &Layout, binary: &Path, profile: &Profile) -> Result<Vec<Figure>> {
    let folder = Folder::new(layout, "reviews")?;
    folder.fill(binary, profile.titles)?;
    let server = Server::start_with(layout, binary, folder.name, &NO_LIMIT)?;
    let operator = identity::set_up(&server.address)?;
    let clients = clients(&server.address, &operator, profile.clients)?;
    let page = http::get(&server.address, "/api/v1/titles?limit=1", &[("Cookie", &operator)])?.json()?;
    let title = page["items"][0]["id"].as_str().context("there is no title")?.to_owned();

    let (changes, address) = (Changes::default(), RwLock::new(server.address.clone()));
    let whole = Duration::from_secs(profile.seconds);
    let begun = Instant::now();
    let server = thread::scope(|scope| {
        let threads: Vec<_> = (0..)
            .zip(&clients)
            .map(|(number, cookie)| {
                let (address, changes, title) = (&address, &changes, title.as_str());
                scope.spawn(move || edit(address, (number, cookie), title, || begun.elapsed() < whole, changes))
            })
            .collect();
        thread::sleep(whole / 2);
        // SIGKILL: nothing is written on the way out.
        drop(server);
        let again = Server::start_with(layout, binary, folder.name, &NO_LIMIT)?;
        address.write().unwrap_or_else(PoisonError::into_inner).clone_from(&again.address);
        for thread in threads {
            thread.join().map_err(|_| anyhow::anyhow!("a client broke off"))??;
        }
        Ok::<_, anyhow::Error>(again)
    })?;

    let ended = Instant::now();
    let own = own(&server.address, &clients, &title)?;
    let exact = loop {
        let told = told(&server.address, &operator, &title)?;
        if is_exact(&told, &own) {
            break ended.elapsed();
        }
        if ended.elapsed() > PATIENCE {
            bail!("{PATIENCE:?} after the last change the server tells {told} of reviews that give {own:?}");
        }
        thread::sleep(PAUSE);
    };
    let (made, lost) = (changes.made.load(Relaxed), changes.lost.load(Relaxed));
    ensure!(made >= 1000, "{made} changes are too few");
    let name = format!("stars exact after {} clients and a kill", profile.clients);
    Ok(vec![
        Figure::at_most(&name, exact.as_secs_f64() * 1000.0, "ms", profile.exact_milliseconds)
            .beside(&format!("{made} changes, {lost} without an answer")),
    ])
}

/// So many accounts whose profiles have names for reviews; the `Cookie` of each.
fn clients(address: &str, operator: &str, count: usize) -> Result<Vec<String>> {
    (0..count)
        .map(|number| {
            let cookie = identity::add(address, operator, &format!("client-{number}"), &format!("Client {number}"))?;
            let name = json!({ "name": format!("Client {number}") });
            http::put(address, "/api/v1/reviewer-name", &[("Cookie", &cookie)], &name)?;
            Ok(cookie)
        })
        .collect()
}

/// Changes one client's review for as long as it goes on, wherever the server is.
fn edit(
    address: &RwLock<String>,
    (number, cookie): (usize, &str),
    title: &str,
    goes_on: impl Fn() -> bool,
    changes: &Changes,
) -> Result<()> {
    let mut connection = None;
    let mut turn = number;
    while goes_on() {
        let address = address.read().unwrap_or_else(PoisonError::into_inner).clone();
        let request = change(&address, cookie, title, turn);
        turn += 1;
        let answer = match &mut connection {
            Some(open) => Connection::ask(open, &request),
            None => Connection::open(&address).and_then(|open| connection.insert(open).ask(&request)),
        };
        match answer {
            Ok(200 | 204) => {
                changes.made.fetch_add(1, Relaxed);
            }
            Ok(503) => {
                changes.lost.fetch_add(1, Relaxed);
            }
            Ok(status) => bail!("a change was answered with {status}"),
            Err(_) => {
                changes.lost.fetch_add(1, Relaxed);
                connection = None;
                thread::sleep(PAUSE);
            }
        }
    }
    Ok(())
}

/// Stars with a text, stars alone, other stars, and none, in turn.
fn change(address: &str, cookie: &str, title: &str, turn: usize) -> String {
    let head =
        |method: &str| format!("{method} /api/v1/titles/{title}/review HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\n");
    if turn % 5 == 4 {
        return format!("{}\r\n", head("DELETE"));
    }
    let text = if turn.is_multiple_of(2) { format!("Seen {turn} times.") } else { String::new() };
    let body = json!({ "half_stars": 1 + turn * 7 % 10, "text": text }).to_string();
    format!("{}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", head("PUT"), body.len())
}

/// What everybody gives in the end, as each is told of their own.
fn own(address: &str, clients: &[String], title: &str) -> Result<Counts> {
    let mut counts = Counts::default();
    for cookie in clients {
        let mine = http::get(address, &format!("/api/v1/titles/{title}/review"), &[("Cookie", cookie)])?.json()?;
        let Some(half_stars) = mine["review"]["half_stars"].as_u64() else { continue };
        let place = usize::try_from(half_stars)?.checked_sub(1).and_then(|place| counts.get_mut(place));
        *place.with_context(|| format!("there are no {half_stars} half stars"))? += 1;
    }
    Ok(counts)
}

fn told(address: &str, cookie: &str, title: &str) -> Result<Value> {
    http::get(address, &format!("/api/v1/titles/{title}/review-summary"), &[("Cookie", cookie)])?.json()
}

/// Whether mean, count and distribution are those of these stars.
fn is_exact(told: &Value, own: &Counts) -> bool {
    let count: u64 = own.iter().sum();
    let half_stars: u64 = (1..).zip(own).map(|(half_stars, count)| half_stars * count).sum();
    #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
    let mean = (count > 0).then(|| half_stars as f64 / (2.0 * count as f64));
    let is_mean = match (told["mean"].as_f64(), mean) {
        (Some(told), Some(mean)) => (told - mean).abs() < 1e-9,
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    is_mean && told["count"] == json!(count) && told["distribution"] == json!(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_star_that_is_counted_twice_is_not_exact() {
        let own = [0, 0, 1, 0, 0, 0, 0, 0, 0, 2];
        let told = json!({ "mean": 23.0 / 6.0, "count": 3, "distribution": own });
        assert!(is_exact(&told, &own));
        for (field, value) in [("mean", json!(3.8)), ("count", json!(4)), ("distribution", json!([0, 0, 2, 0, 0, 0, 0, 0, 0, 1]))]
        {
            let mut off = told.clone();
            off[field] = value;
            assert!(!is_exact(&off, &own), "{field}");
        }
        let none = Counts::default();
        assert!(is_exact(&json!({ "count": 0, "distribution": none }), &none));
    }
}
