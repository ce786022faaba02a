//! The catalogue under measurement: imported, served, and asked for what its readers will ask for.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::titles::{self, DECADES, Draws, FIRST_DECADE, GENRES, MATURITIES, PEOPLE};
use crate::{
    bench::{http::Connection, identity, server::Server, wrk::Paths},
    layout::Layout,
    process,
};

/// Until everything that was imported is found.
const INDEXING: Duration = Duration::from_secs(300);
const SORTS: [&str; 5] = ["popular", "newest", "oldest", "title", "added"];

/// A folder below target/bench with a data folder of its own.
pub struct Folder {
    pub name: &'static str,
    pub path: PathBuf,
    script: PathBuf,
}

impl Folder {
    /// An empty one.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn new(layout: &Layout, name: &'static str) -> Result<Self> {
        let path = layout.at("target/bench").join(name);
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        fs::create_dir_all(&path)?;
        Ok(Self { name, path, script: layout.at("bench/paths.lua") })
    }

    /// What imports `file` into it, beside whatever else is going on.
    pub fn import(&self, binary: &Path, file: &Path) -> Command {
        let mut command = Command::new(binary);
        command.args(["import-catalogue", "--data"]).arg(self.path.join("data")).arg(file).current_dir(&self.path);
        command
    }

    /// Imports so many titles; how many a second.
    ///
    /// # Errors
    /// Where the import fails, or does not take all.
    pub fn fill(&self, binary: &Path, count: u64) -> Result<f64> {
        let file = self.path.join("titles.jsonl");
        titles::write(&file, 0..count)?;
        let begun = Instant::now();
        let said = process::capture(&mut self.import(binary, &file))?;
        let took = begun.elapsed();
        ensure!(said.starts_with(&format!("{count} created")), "the import said `{said}`");
        #[expect(clippy::cast_precision_loss, reason = "some hundred thousands")]
        Ok(count as f64 / took.as_secs_f64())
    }

    /// Paths to ask for, in an order that is none.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn paths(&self, name: &str, paths: impl IntoIterator<Item = String>) -> Result<Paths> {
        let file = self.path.join(format!("{name}.txt"));
        let mut lines = BufWriter::new(File::create(&file)?);
        for path in paths {
            writeln!(lines, "{path}")?;
        }
        lines.flush()?;
        Ok(Paths { script: self.script.clone(), file, place: 0 })
    }
}

/// A server with two who are signed in: one who reads, and one who writes.
pub struct Served {
    pub server: Server,
    /// The `Cookie` of who reads: whoever wrote is given no reply from before, which is not what many readers ask of it.
    reader: String,
    /// The `Cookie` of who writes.
    operator: String,
}

impl Served {
    /// Serves `folder`, once `count` titles are found.
    ///
    /// # Errors
    /// Where they are not after five minutes.
    pub fn start(layout: &Layout, binary: &Path, folder: &Folder, count: u64) -> Result<Self> {
        let server = Server::start_kept(layout, binary, folder.name)?;
        let operator = identity::set_up(&server.address)?;
        let reader = identity::add_member(&server.address, &operator)?;
        let served = Self { server, reader, operator };
        let begun = Instant::now();
        while served.json("/api/v1/titles?limit=1")?["total"].as_u64() != Some(count) {
            ensure!(begun.elapsed() < INDEXING, "{count} titles are not found after {} s", INDEXING.as_secs());
            thread::sleep(Duration::from_millis(500));
        }
        Ok(served)
    }

    /// What was served before, to somebody who signs in anew.
    ///
    /// # Errors
    /// Where nobody can.
    pub fn again(server: Server) -> Result<Self> {
        let (reader, operator) = (identity::enter_as_member(&server.address)?, identity::enter_as_operator(&server.address)?);
        Ok(Self { server, reader, operator })
    }

    pub fn address(&self) -> &str {
        &self.server.address
    }

    pub fn headers(&self) -> [(&str, &str); 2] {
        [("Accept", "application/json"), ("Cookie", &self.reader)]
    }

    /// Those of who writes.
    pub fn operator_headers(&self) -> [(&str, &str); 2] {
        [("Accept", "application/json"), ("Cookie", &self.operator)]
    }

    /// One answer to who writes.
    ///
    /// # Errors
    /// Where it is no success.
    pub fn operator_json(&self, path: &str) -> Result<serde_json::Value> {
        self.json_as(path, &self.operator)
    }

    /// One answer to who reads.
    ///
    /// # Errors
    /// Where it is no success.
    pub fn json(&self, path: &str) -> Result<serde_json::Value> {
        self.json_as(path, &self.reader)
    }

    fn json_as(&self, path: &str, cookies: &str) -> Result<serde_json::Value> {
        Connection::open(self.address())?.get(&identity::get(self.address(), path, cookies))?.json()
    }

    /// The ids of so many titles of this list, from its beginning.
    ///
    /// # Errors
    /// Where it has fewer.
    pub fn ids(&self, query: &str, count: usize) -> Result<Vec<String>> {
        let (mut ids, mut next) = (Vec::with_capacity(count), String::new());
        while ids.len() < count {
            let page = self.json(&format!("/api/v1/titles?limit=100{query}{next}"))?;
            let items = page["items"].as_array().context("a page has no items")?;
            ids.extend(items.iter().filter_map(|item| item["id"].as_str().map(str::to_owned)));
            match page["next"].as_str() {
                Some(token) => next = format!("&page_token={token}"),
                None => break,
            }
        }
        ensure!(ids.len() >= count, "the list has {} titles, not {count}", ids.len());
        ids.truncate(count);
        Ok(ids)
    }

    /// The server's replies to these titles, as the peer wants them.
    ///
    /// # Errors
    /// Where one is not answered.
    pub fn replies(&self, ids: &[String], file: &Path) -> Result<()> {
        let mut connection = Connection::open(self.address())?;
        let mut lines = BufWriter::new(File::create(file)?);
        for id in ids {
            let reply = connection.get(&identity::get(self.address(), &title(id), &self.reader))?;
            writeln!(lines, "{}", json!({ "id": id, "body": String::from_utf8(reply.body)? }))?;
        }
        Ok(lines.flush()?)
    }
}

pub fn title(id: &str) -> String {
    format!("/api/v1/titles/{id}")
}

fn escaped(text: &str) -> String {
    text.replace(' ', "%20")
}

/// Lists of one genre and decade each, in every order and length: no two alike.
pub fn distinct_lists() -> Vec<String> {
    let mut lists = Vec::new();
    for limit in 20..30 {
        for decade in (0..DECADES).map(|at| FIRST_DECADE + at * 10) {
            for sort in SORTS {
                lists.extend(
                    GENRES.map(|genre| {
                        format!("/api/v1/titles?genre={}&decade={decade}&sort={sort}&limit={limit}", escaped(genre))
                    }),
                );
            }
        }
    }
    lists
}

/// The films of one person each.
pub fn people() -> impl Iterator<Item = String> {
    (0..PEOPLE).map(|number| format!("/api/v1/titles?person={}", escaped(&titles::person(number))))
}

/// Searches of which no two are alike.
pub fn searches() -> Vec<String> {
    let mut draws = Draws(1);
    (0..PEOPLE)
        .map(|number| {
            let (first, second) = titles::words(&mut draws);
            format!("/api/v1/search?q={first}%20{second}%20{number}")
        })
        .collect()
}

/// What many who browse ask for: the beginnings of popular lists most, then genres by decade, other orders, and people.
pub fn as_users_ask(count: u64) -> Vec<String> {
    let mut draws = Draws(2);
    let mut paths = Vec::new();
    for _ in 0..count {
        // The product of two draws is small more often than not: what is popular is asked for more.
        let popular = draws.below(GENRES.len() as u64 + 1) * draws.below(GENRES.len() as u64 + 1) / (GENRES.len() as u64 + 1);
        let genre = usize::try_from(popular).ok().and_then(|at| GENRES.get(at)).copied().unwrap_or("Drama");
        let genre = escaped(genre);
        let decade = u64::from(FIRST_DECADE) + draws.below(u64::from(DECADES)) * 10;
        paths.push(match draws.below(20) {
            0..8 => format!("/api/v1/titles?genre={genre}"),
            8..11 => format!("/api/v1/titles?genre={genre}&decade={decade}"),
            11..13 => format!("/api/v1/titles?genre={genre}&sort={}", draws.of(&SORTS)),
            13..15 => format!("/api/v1/titles?decade={decade}&maturity={}", draws.of(&MATURITIES)),
            15..17 => format!("/api/v1/titles?sort={}", draws.of(&SORTS)),
            _ => format!("/api/v1/titles?person={}", escaped(&titles::person(draws.below(PEOPLE / 10)))),
        });
    }
    paths
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn what_nobody_asked_before_is_never_asked_twice() {
        for paths in [distinct_lists(), people().collect(), searches()] {
            let distinct: HashSet<&String> = paths.iter().collect();
            assert!(distinct.len() == paths.len() && paths.len() >= 10_000, "{} of {}", distinct.len(), paths.len());
        }
    }

    #[test]
    fn many_who_browse_ask_for_some_lists_often_and_for_many_once() {
        let paths = as_users_ask(20_000);
        let distinct: HashSet<&String> = paths.iter().collect();
        assert!((1_000..10_000).contains(&distinct.len()), "{}", distinct.len());
        let drama = paths.iter().filter(|path| path.as_str() == "/api/v1/titles?genre=Drama").count();
        assert!(drama > 200, "{drama}");
    }
}
