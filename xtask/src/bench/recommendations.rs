//! What recommendations cost, and how good they are, on a million events that are made.
//!
//! The binary measures itself, as it trains and answers from memory. Then it serves a catalogue and histories of that size, and members
//! ask for their rows over sockets.

use std::{
    fs,
    path::Path,
    process::Command,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::Instant,
};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::{catalogue::library::Folder, figure::Figure, histories, http::Connection, identity, server::Server, wrk::Paths};
use crate::{layout::Layout, process::capture};

/// Of each stranger.
const EVENTS: u64 = 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    training_seconds: f64,
    megabytes: f64,
    answer_p99_milliseconds: f64,
    /// What is served: titles, strangers with histories, and members who ask.
    titles: u64,
    strangers: u64,
    members: usize,
    connections: u32,
    seconds: u32,
    /// Of the way from popularity to an oracle that knows the tastes, in NDCG@10.
    percent_of_the_way: f64,
}

pub fn measure(layout: &Layout, binary: &Path, profile: &Profile) -> Result<Vec<Figure>> {
    let said = capture(Command::new(binary).args(["discovery", "measure"]))?;
    let value = |name: &str, unit: &str| {
        figure(&said, name, unit).with_context(|| format!("`discovery measure` says nothing of `{name}`: {said}"))
    };
    let [served, first] = served(layout, binary, profile)?;
    Ok(vec![
        served,
        first,
        Figure::at_most("recommendations: training", value("training", "s")?, "s", profile.training_seconds),
        Figure::at_most("recommendations: memory", value("memory", "MB")?, "MB", profile.megabytes),
        Figure::at_most("recommendations: an answer, p99", value("answer", "ms")?, "ms", profile.answer_p99_milliseconds),
        Figure::at_least("recommendations: to the oracle", value("halfway", "%")?, "%", profile.percent_of_the_way),
    ])
}

/// How quickly members are told their rows over sockets, another one's each time.
fn served(layout: &Layout, binary: &Path, profile: &Profile) -> Result<[Figure; 2]> {
    let folder = Folder::new(layout, "recommendations")?;
    folder.fill(binary, profile.titles)?;
    histories::import(binary, &folder, profile.titles, (profile.strangers, EVENTS))?;
    let server = Server::start_kept(layout, binary, folder.name)?;
    let operator = identity::set_up(&server.address)?;
    let add = |number: usize| identity::add(&server.address, &operator, &format!("member-{number}"), &format!("Member {number}"));
    let members: Vec<String> = (0..profile.members).map(add).collect::<Result<_>>()?;
    histories::watch(&server.address, &members)?;
    let first = first_answers(&server.address, &members, profile.connections)?;
    let file = folder.path.join("members.txt");
    fs::write(&file, members.join("\n"))?;
    let mut paths = Paths { script: layout.at("bench/cookies.lua"), file, place: 0 };
    let mut ask = || paths.run_at(&server.address, "/api/v1/my-rows", (profile.connections, profile.seconds));
    let load = ask()?;
    let name = format!("recommendations: rows of {} members, p99 at {}", profile.members, profile.connections);
    let told = format!("{:.0} answers a second", load.requests_per_second);
    let name_first = format!("{name}, each for the first time");
    Ok([
        Figure::at_most(&name, load.p99_milliseconds, "ms", profile.answer_p99_milliseconds).beside(&told),
        Figure::told(&name_first, first, "ms"),
    ])
}

/// The 99th percentile of answers for which nothing was picked before, in milliseconds: each member asks once.
fn first_answers(address: &str, members: &[String], connections: u32) -> Result<f64> {
    let (next, times) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(members.len())));
    thread::scope(|scope| {
        let client = || {
            let mut connection = Connection::open(address)?;
            while let Some(member) = members.get(next.fetch_add(1, Relaxed)) {
                let request = identity::get(address, "/api/v1/my-rows", member);
                let begun = Instant::now();
                connection.get(&request)?;
                times.lock().unwrap_or_else(PoisonError::into_inner).push(begun.elapsed());
            }
            Ok(())
        };
        let clients: Vec<_> = (0..connections).map(|_| scope.spawn(client)).collect();
        clients.into_iter().try_for_each(|client| client.join().unwrap_or_else(|_| bail!("a client broke off")))
    })?;
    let mut times = times.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(identity::quantile(&mut times, 0.99).as_secs_f64() * 1_000.0)
}

/// Of a line like `training 13.2 s`.
fn figure(said: &str, name: &str, unit: &str) -> Option<f64> {
    let line = said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    line.strip_suffix(unit)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_binary_says_is_read() {
        let said = "training 13.2 s\nanswer 1.25 ms\nhalfway 57.9 %\nanswers 3 s";
        assert_eq!((figure(said, "training", "s"), figure(said, "answer", "ms")), (Some(13.2), Some(1.25)));
        assert_eq!((figure(said, "halfway", "%"), figure(said, "memory", "MB")), (Some(57.9), None));
    }
}
