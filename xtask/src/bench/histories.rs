//! Histories: strangers', which a model is trained on, and members', who are recommended something because of them.
//!
//! Must never measure before the model is there: the first member waits for their rows.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::{
    catalogue::{
        library::Folder,
        titles::{Draws, imdb},
    },
    http,
};
use crate::process;

/// Kinds of titles, of which each stranger watches two.
const KINDS: u64 = 32;
/// Titles that each member has watched.
const WATCHED: usize = 5;
/// Until something is recommended.
const TRAINING: Duration = Duration::from_secs(300);

/// Imports events of `strangers` on the first `titles` of the catalogue, by Zipf's law: half of them of a stranger's own kinds.
///
/// # Errors
/// Where the import fails.
pub fn import(binary: &Path, folder: &Folder, titles: u64, (strangers, each): (u64, u64)) -> Result<()> {
    let file = folder.path.join("events.csv");
    let mut lines = BufWriter::new(File::create(&file)?);
    writeln!(lines, "user,title,timestamp,weight")?;
    for stranger in 0..strangers {
        let mut draws = Draws(stranger.wrapping_mul(0x2545_F491_4F6C_DD1D));
        let kinds = [draws.below(KINDS), draws.below(KINDS)];
        for at in 0..each {
            let title = by_zipf(&mut draws, titles);
            let kind = usize::try_from(draws.below(4)).ok().and_then(|one| kinds.get(one));
            let title = kind.map_or(title, |kind| (title / KINDS * KINDS + kind).min(titles - 1));
            writeln!(lines, "s{stranger},{},{},1", imdb(title), 1_700_000_000 + at)?;
        }
    }
    lines.flush()?;
    let mut import = Command::new(binary);
    process::run(import.args(["discovery", "import", "--data"]).arg(folder.path.join("data")).arg(&file))
}

/// A number below `bound`: each as often as one by its rank.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "some hundred thousands"
)]
fn by_zipf(draws: &mut Draws, bound: u64) -> u64 {
    let chance = draws.below(1 << 32) as f64 / f64::from(u32::MAX);
    ((bound as f64).powf(chance) as u64).saturating_sub(1).min(bound - 1)
}

/// Has each of them watch some of the titles, and waits until the first is recommended something.
///
/// # Errors
/// Where that is not so after five minutes.
pub fn watch(address: &str, members: &[String]) -> Result<()> {
    let first = members.first().context("there is nobody")?;
    let mut titles = Vec::new();
    for offset in (0..1_000).step_by(100) {
        let page = http::get(address, &format!("/api/v1/titles?limit=100&offset={offset}"), &[("Cookie", first)])?.json()?;
        let ids = page["items"].as_array().context("the list of titles has no items")?;
        titles.extend(ids.iter().filter_map(|item| item["id"].as_str()).map(str::to_owned));
    }
    for (number, member) in members.iter().enumerate() {
        for at in 0..WATCHED {
            let title = titles.get((number * WATCHED * 7 + at * 31) % titles.len()).context("there are no titles")?;
            http::put(address, &format!("/api/v1/history/{title}"), &[("Cookie", member)], &json!({}))?;
        }
    }
    let begun = Instant::now();
    while rows(address, first)? == 0 {
        ensure!(begun.elapsed() < TRAINING, "nothing is recommended after {} s", TRAINING.as_secs());
        thread::sleep(Duration::from_millis(500));
    }
    Ok(())
}

/// How many rows of their own somebody has.
///
/// # Errors
/// Where they are refused.
pub fn rows(address: &str, member: &str) -> Result<usize> {
    let answer = http::get(address, "/api/v1/my-rows", &[("Cookie", member)])?.json()?;
    Ok(answer["rows"].as_array().context("an answer without rows")?.len())
}
