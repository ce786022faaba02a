//! What nobody asked for before: single titles beside a peer, lists and searches while the catalogue is written, and films
//! while it is imported.
//!
//! On catalogues of its own. Must never quote a figure: what is compared is measured in the same run, in turn.

mod beside_import;
mod follower;
pub mod library;
mod peer;
pub mod titles;
pub mod writes;

use std::path::Path;

use anyhow::Result;
use serde::Deserialize;

use self::{
    library::{Folder, Served},
    peer::Peer,
};
use super::{
    figure::{self, Figure},
    wrk::Paths,
};
use crate::layout::Layout;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Titles of a large import.
    imported: u64,
    imported_a_second: f64,
    /// How much longer a segment may take beside that import.
    segment_p99_times_idle: f64,
    segment_seconds: u64,
    /// Titles that are asked for one by one: more than the server keeps replies of.
    asked: u64,
    rounds: usize,
    seconds: u32,
    connections: u32,
    percent_of_peer: f64,
    /// What the peer keeps of the rate of the same Fastify that reads nothing: less, and it is not fairly built.
    percent_of_constant: f64,
    /// Titles of the catalogue that is listed while it is written.
    listed: u64,
    lists_p99_milliseconds: f64,
    visible_milliseconds: f64,
    /// Until a single change is in the index, and until as many as `imported` are.
    indexed_milliseconds: f64,
    caught_up_seconds: f64,
    /// What the server holds at most while it catches up, beside what it holds when it is idle.
    caught_up_megabytes: f64,
}

pub fn measure(layout: &Layout, binary: &Path, profile: &Profile) -> Result<Vec<Figure>> {
    let parts = [follower::measure, single_titles, lists, beside_import::measure];
    let mut figures = Vec::new();
    for part in parts {
        let measured = part(layout, binary, profile)?;
        // It takes minutes: who waits sees what is known, also where a later part fails.
        figure::print(&measured);
        figures.extend(measured);
    }
    Ok(figures)
}

/// One title after the other that nobody asked for before, in turn with the peer, which holds the same titles.
fn single_titles(layout: &Layout, binary: &Path, profile: &Profile) -> Result<Vec<Figure>> {
    let folder = Folder::new(layout, "titles")?;
    folder.fill(binary, profile.asked)?;
    let served = Served::start(layout, binary, &folder, profile.asked)?;
    let ids = served.ids("&sort=title", usize::try_from(profile.asked)?)?;
    let replies = folder.path.join("replies.jsonl");
    served.replies(&ids, &replies)?;
    let peer = Peer::start(layout, &replies)?;

    let paths = || folder.paths("titles", ids.iter().map(|id| library::title(id)));
    let (mut ours, mut theirs) = (paths()?, paths()?);
    let mut constant = folder.paths("constant", ids.iter().map(|id| format!("/constant/{id}")))?;
    let peer_headers = [("Accept", "application/json"), ("Cookie", peer.cookies.as_str())];
    let (mut rates, mut peer_rates, mut constant_rates) = (Vec::new(), Vec::new(), Vec::new());
    // The first round warms all three up: code that is compiled as it runs, and the system's cache of both files.
    for round in 0..=profile.rounds {
        let run = |paths: &mut Paths, address: &str, headers: &[(&str, &str)]| {
            paths.run(address, headers, profile.connections, profile.seconds).map(|load| load.requests_per_second)
        };
        let measured = [
            run(&mut ours, served.address(), &served.headers())?,
            run(&mut theirs, &peer.address, &peer_headers)?,
            run(&mut constant, &peer.address, &peer_headers)?,
        ];
        if round > 0 {
            for (rates, rate) in [&mut rates, &mut peer_rates, &mut constant_rates].into_iter().zip(measured) {
                rates.push(rate);
            }
        }
    }
    let (ours, theirs, constant) = (median(&mut rates), median(&mut peer_rates), median(&mut constant_rates));
    let told = format!("{ours:.0} a second; Fastify with better-sqlite3 {theirs:.0}, answering a constant {constant:.0}");
    let (of_peer, of_constant) = (ours / theirs * 100.0, theirs / constant * 100.0);
    Ok(vec![
        Figure::at_least("a title nobody asked for", of_peer, "% of peer", profile.percent_of_peer).beside(&told),
        Figure::at_least("the peer beside a constant", of_constant, "%", profile.percent_of_constant).beside(&told),
    ])
}

/// Lists, people, searches and pages while titles are written: what nobody asked for before, the same few again and again,
/// and what many who browse ask for.
fn lists(layout: &Layout, binary: &Path, profile: &Profile) -> Result<Vec<Figure>> {
    let folder = Folder::new(layout, "lists")?;
    folder.fill(binary, profile.listed)?;
    let kinds = ["titles", "lists", "people", "searches", "pages of titles", "the home page"];
    let runs = kinds.len() * 2 + 1;
    // Twice as long as it should take, for the time between the runs.
    let writing = (runs * usize::try_from(profile.seconds)? + 30) * 2;
    writes::prepare(&folder, binary, writing)?;
    let served = Served::start(layout, binary, &folder, profile.listed + writes::prepared(writing))?;
    let ids = served.ids("&sort=oldest", usize::try_from(profile.listed)?)?;
    // Those that are deleted meanwhile are the newest.
    let ids = ids.get(..ids.len() / 2).unwrap_or(&ids);

    let cold = |kind: &str| -> Vec<String> {
        match kind {
            "titles" => ids.iter().map(|id| library::title(id)).collect(),
            "lists" => library::distinct_lists(),
            "people" => library::people().collect(),
            "searches" => library::searches(),
            "pages of titles" => ids.iter().map(|id| format!("/title/{id}")).collect(),
            // There is one: it is made anew where something was written.
            _ => vec!["/".to_owned(), "/".to_owned()],
        }
    };
    let (mut figures, written) = writes::beside(&served, &folder, binary, || {
        let mut figures = Vec::new();
        let run = |name: &str, paths: Vec<String>| {
            let mut paths = folder.paths(&name.replace([' ', ','], "-"), paths)?;
            paths.run(served.address(), &served.headers(), profile.connections, profile.seconds)
        };
        for kind in kinds {
            let paths = cold(kind);
            let few = paths.iter().take(FEW).cloned().collect();
            for (name, paths) in [(format!("{kind}, cold"), paths), (format!("{kind}, warm"), few)] {
                let load = run(&name, paths)?;
                let told = format!("{:.0} a second, beside writes", load.requests_per_second);
                figures.push(Figure::told(&format!("{name}, p99"), load.p99_milliseconds, "ms").beside(&told));
            }
        }
        let load = run("as users ask", library::as_users_ask(ASKED))?;
        let name = format!("lists as users ask, p99 at {}", profile.connections);
        let told = format!("{:.0} a second, beside writes", load.requests_per_second);
        figures.push(Figure::at_most(&name, load.p99_milliseconds, "ms", profile.lists_p99_milliseconds).beside(&told));
        Ok(figures)
    })?;
    let latest = written.latest.as_secs_f64() * 1000.0;
    let told = format!("{} writes", written.count);
    figures.push(Figure::at_most("a written title is in a list after", latest, "ms", profile.visible_milliseconds).beside(&told));
    #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
    let unseen = written.unseen as f64;
    figures.push(Figure::at_most("writes their writer did not see", unseen, "of all", 0.0).beside(&told));
    Ok(figures)
}

/// Paths that are asked for again and again where replies are to be kept.
const FEW: usize = 50;
/// Requests of many who browse, before the first comes again.
const ASKED: u64 = 20_000;

fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
