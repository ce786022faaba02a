//! What it costs to know who asks, and whether those who sign in keep the others waiting.
//!
//! On servers of its own: accounts are made, and many devices signed in, which is nothing for the demo's.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::json;

use super::{
    figure::Figure,
    http::{self, Connection, Reply},
    server::Server,
};
use crate::layout::Layout;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// A call that does next to nothing.
    path: String,
    /// Requests of each kind, for the medians.
    requests: usize,
    added_microseconds: f64,
    logins: usize,
    /// For the p99 while nobody signs in.
    quiet_seconds: u64,
    p99_growth_milliseconds: f64,
}

const LOGIN: &str = "bench";
const MEMBER: &str = "member";
const PASSWORD: &str = "correct horse battery";
/// Requests of one kind before it is the other's turn: what slows the machine down slows both down.
const TURN: usize = 200;

pub fn measure(layout: &Layout, binary: &Path, profile: &Profile) -> Result<Vec<Figure>> {
    let server = Server::start_empty(layout, binary, "identity", &[])?;
    let cookies = set_up(&server.address)?;
    let mut figures = added(layout, binary, profile, &server, &cookies)?;
    figures.extend(beside_logins(profile, &server, &cookies)?);
    Ok(figures)
}

/// Makes the operator's account; the `Cookie` of their session.
///
/// # Errors
/// Where there is one already.
pub fn set_up(address: &str) -> Result<String> {
    let call = json!({ "login": LOGIN, "name": "Bench", "password": PASSWORD });
    session(&http::post(address, "/api/v1/setup", &[], &call)?)
}

/// Makes an account that may change nothing; the `Cookie` of its session.
///
/// # Errors
/// Where `operator` is no operator's session.
pub fn add_member(address: &str, operator: &str) -> Result<String> {
    add(address, operator, MEMBER, "Member")
}

/// The same, of this login and name.
///
/// # Errors
/// As [`add_member`], and where the login is taken.
pub fn add(address: &str, operator: &str, login: &str, name: &str) -> Result<String> {
    let call = json!({ "login": login, "name": name, "password": PASSWORD, "role": "member" });
    http::post(address, "/api/v1/accounts", &[("Cookie", operator)], &call)?;
    enter(address, login)
}

/// The `Cookie` of a new session of who was added.
///
/// # Errors
/// Where nobody was.
pub fn enter_as_member(address: &str) -> Result<String> {
    enter(address, MEMBER)
}

/// The `Cookie` of a new session of the operator.
///
/// # Errors
/// Where there is none.
pub fn enter_as_operator(address: &str) -> Result<String> {
    enter(address, LOGIN)
}

fn enter(address: &str, login: &str) -> Result<String> {
    session(&http::post(address, "/api/v1/sign-in", &[], &json!({ "login": login, "password": PASSWORD }))?)
}

fn session(reply: &Reply) -> Result<String> {
    let pairs: Vec<&str> = reply.headers("set-cookie").filter_map(|line| line.split(';').next()).collect();
    ensure!(pairs.iter().any(|pair| pair.starts_with("marquee_access=")), "nobody was signed in");
    Ok(pairs.join("; "))
}

/// What is added to a request by knowing a session, checking it and setting who asks beside the call's access: the same
/// request, once to a server that does and once to one where that part of the gateway is switched off.
fn added(layout: &Layout, binary: &Path, profile: &Profile, server: &Server, cookies: &str) -> Result<Vec<Figure>> {
    let without = Server::start_empty(layout, binary, "nobody", &[("MARQUEE_GATEWAY__MIDDLEWARE__IDENTITY", "false")])?;
    let request = |address: &str| get(address, &profile.path, cookies);
    let (with_identity, without_identity) = (request(&server.address), request(&without.address));
    let (mut with, mut base) = (Vec::new(), Vec::new());
    // The first turn warms both up.
    for turn in 0..=profile.requests.div_ceil(TURN) {
        for (address, request, times) in
            [(&server.address, &with_identity, &mut with), (&without.address, &without_identity, &mut base)]
        {
            // One connection lives on one thread, and where that sleeps is no property of what it does.
            let mut connection = Connection::open(address)?;
            timed(&mut connection, request)?;
            for _ in 0..TURN {
                let took = timed(&mut connection, request)?;
                if turn > 0 {
                    times.push(took);
                }
            }
        }
    }
    let (with, base) = (quantile(&mut with, 0.5), quantile(&mut base, 0.5));
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    let added = micros(with) - micros(base);
    let peer = format!("{:.0} us with, {:.0} us without", micros(with), micros(base));
    Ok(vec![Figure::at_most("identity and access, added (median)", added, "us", profile.added_microseconds).beside(&peer)])
}

/// The p99 of others while so many sign in at once, beside the p99 of before.
fn beside_logins(profile: &Profile, server: &Server, cookies: &str) -> Result<Vec<Figure>> {
    let request = get(&server.address, &profile.path, cookies);
    let begun = Instant::now();
    let quiet = Duration::from_secs(profile.quiet_seconds);
    let mut before = asked_while(&server.address, &request, || begun.elapsed() < quiet)?;

    let is_over = AtomicBool::new(false);
    let (during, logins) = thread::scope(|scope| {
        let logins = scope.spawn(|| {
            let outcome = sign_in(&server.address, profile.logins);
            is_over.store(true, Ordering::Relaxed);
            outcome
        });
        let during = asked_while(&server.address, &request, || !is_over.load(Ordering::Relaxed));
        (during, logins.join())
    });
    let (mut during, logins) = (during?, logins.map_err(|_| anyhow::anyhow!("signing in broke off"))??);
    ensure!(during.len() >= 100, "{} requests beside the logins are too few for a p99", during.len());

    let millis = |time: Duration| time.as_secs_f64() * 1000.0;
    let (before, during) = (millis(quantile(&mut before, 0.99)), millis(quantile(&mut during, 0.99)));
    let name = format!("p99 beside {} logins, growth", profile.logins);
    let peer =
        format!("{during:.1} ms beside them, {before:.1} ms before; {} let in, {} told to wait", logins.entered, logins.busy);
    Ok(vec![Figure::at_most(&name, during - before, "ms", profile.p99_growth_milliseconds).beside(&peer)])
}

/// What became of those who signed in.
struct Logins {
    entered: usize,
    /// Told when to come again: all come from one address, and most of them are one try too many for it.
    busy: usize,
}

/// Signs in so often at once: every request is under way before the first answer is read.
fn sign_in(address: &str, logins: usize) -> Result<Logins> {
    let body = json!({ "login": LOGIN, "password": PASSWORD }).to_string();
    let request = format!(
        "POST /api/v1/sign-in HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut under_way = Vec::with_capacity(logins);
    for _ in 0..logins {
        let mut stream = TcpStream::connect(address).context("the server takes no more connections")?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        stream.write_all(request.as_bytes())?;
        under_way.push(stream);
    }
    let mut outcome = Logins { entered: 0, busy: 0 };
    for mut stream in under_way {
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let reply = http::parse(&answer)?;
        match reply.status {
            201 => outcome.entered += 1,
            429 | 503 if !reply.header("retry-after").is_empty() => outcome.busy += 1,
            status => anyhow::bail!("a login was answered with {status}: {}", String::from_utf8_lossy(&reply.body)),
        }
    }
    Ok(outcome)
}

/// Asks over one connection, one request after the other, for as long as that holds; how long each took.
fn asked_while(address: &str, request: &str, goes_on: impl Fn() -> bool) -> Result<Vec<Duration>> {
    let mut connection = Connection::open(address)?;
    let mut times = Vec::new();
    while goes_on() {
        times.push(timed(&mut connection, request)?);
        // Somebody who browses, and not load of its own.
        thread::sleep(Duration::from_millis(1));
    }
    Ok(times)
}

fn timed(connection: &mut Connection, request: &str) -> Result<Duration> {
    let begun = Instant::now();
    let status = connection.ask(request)?;
    ensure!(status == 200, "answered with {status}");
    Ok(begun.elapsed())
}

/// The request of a browser that has these cookies.
pub fn get(address: &str, path: &str, cookies: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: application/json\r\nCookie: {cookies}\r\n\r\n")
}

/// The value below which this share of the times lies.
pub fn quantile(times: &mut [Duration], share: f64) -> Duration {
    times.sort_unstable();
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some thousands")]
    let at = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
    times.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_lies_where_it_says() {
        let mut times: Vec<Duration> = (1..=100).rev().map(Duration::from_millis).collect();
        assert_eq!(quantile(&mut times, 0.5), Duration::from_millis(51));
        assert_eq!(quantile(&mut times, 0.99), Duration::from_millis(100));
        assert_eq!(quantile(&mut [], 0.5), Duration::ZERO);
    }
}
