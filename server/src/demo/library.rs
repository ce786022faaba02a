//! The whole demo library, part by part: films to browse, then what can be watched, the quickest first.
//!
//! A part that is there already is passed over, so that a second run changes nothing and one that was broken
//! off goes on; what somebody deleted stays so. Must never take part unless it was asked for, and never let one part keep another from being
//! made.

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use media::{error::ImportError, import::Importer};

use super::{
    DemoTitle, Short, bunny, films,
    listen::{Both, Listener},
    make, shorts,
};
use crate::{
    catalogue_sink::Cataloguer,
    jobs::Jobs,
    services::catalog::{
        facts::{Credit, NewTitle, Role},
        ingest::{BATCH, Ingest, IngestError},
    },
};

/// The films of the dataset, and the opening of Big Buck Bunny, below the assets' folder.
const FILMS: &str = "movies.json";
const BUNNY: &str = "big-buck-bunny.mp4";

/// Makes the demo library.
pub struct Demo {
    pub ingest: Ingest,
    pub importer: Importer,
    pub sink: Cataloguer,
    pub jobs: Jobs,
    /// The folder with `movies.json` and `big-buck-bunny.mp4`; either may be missing.
    pub assets: Option<PathBuf>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Titles without video.
    pub films: usize,
    /// Films that can be watched.
    pub watchable: usize,
    pub failed: usize,
}

/// Why one part was not made. The others are.
#[derive(Debug, thiserror::Error)]
enum PartError {
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Ingest(#[from] IngestError),
}

/// One film to watch.
enum Part {
    Short(&'static Short),
    Bunny(PathBuf),
}

impl Part {
    fn title(&self) -> &'static DemoTitle {
        match self {
            Self::Short(short) => &short.title,
            Self::Bunny(_) => &bunny::TITLE,
        }
    }
}

impl Demo {
    /// Makes every part that is not there yet.
    pub async fn make(&self, listener: &dyn Listener) -> Summary {
        let mut summary = Summary::default();
        match self.films(listener).await {
            Ok(films) => summary.films = films,
            Err(reason) => listener.note(&format!("the demo's films: {reason}")),
        }
        let parts = self.parts(listener);
        let deleted = match self.ingest.deleted().await {
            Ok(deleted) => deleted,
            Err(error) => {
                listener.note(&format!("which titles of the demo were deleted is not known: {error}"));
                return Summary { failed: parts.len(), ..summary };
            }
        };
        let is_deleted = |part: &Part| part.title().id().is_ok_and(|id| deleted.contains(id.as_str()));
        for part in parts.iter().filter(|part| !is_deleted(part)) {
            match self.part(part, listener).await {
                Ok(()) => summary.watchable += 1,
                Err(error) => {
                    summary.failed += 1;
                    listener.note(&format!("{}: {error}", part.title().title));
                }
            }
        }
        summary
    }

    /// The real film comes second: something can be watched before it is packaged.
    fn parts(&self, listener: &dyn Listener) -> Vec<Part> {
        let mut parts: Vec<Part> = shorts().iter().map(Part::Short).collect();
        match self.asset(BUNNY) {
            Some(clip) => parts.insert(1.min(parts.len()), Part::Bunny(clip)),
            None => listener.note(&format!("Big Buck Bunny is left out: {}", missing(BUNNY))),
        }
        parts
    }

    fn asset(&self, name: &str) -> Option<PathBuf> {
        self.assets.as_deref().map(|assets| assets.join(name)).filter(|path| path.is_file())
    }

    /// Titles without video, from the dataset.
    async fn films(&self, listener: &dyn Listener) -> Result<usize, String> {
        let path = self.asset(FILMS).ok_or_else(|| missing(FILMS))?;
        let job = self.jobs.begin("Films to browse");
        job.report("reading", 0);
        let (films, skipped) = tokio::task::spawn_blocking(move || read_films(&path))
            .await
            .map_err(|error| error.to_string())?
            .map_err(|error| format!("{FILMS}: {error}"))?;
        for reason in skipped {
            tracing::debug!(reason, "a film of the dataset was passed over");
        }
        let deleted = self.ingest.deleted().await.map_err(|error| error.to_string())?;
        let films: Vec<NewTitle> = films.into_iter().filter(|film| !deleted.contains(&film.source)).collect();
        let count = films.len();
        let mut films = films.into_iter().peekable();
        let mut done = 0;
        while films.peek().is_some() {
            let batch: Vec<NewTitle> = films.by_ref().take(BATCH).collect();
            done += batch.len();
            self.ingest.upsert_many(batch).await.map_err(|error| error.to_string())?;
            job.report("adding", u8::try_from(done * 100 / count.max(1)).unwrap_or(100));
        }
        listener.note(&format!("{count} films to browse"));
        Ok(count)
    }

    async fn part(&self, part: &Part, listener: &dyn Listener) -> Result<(), PartError> {
        let title = part.title();
        let job = self.jobs.begin_title(title.id()?, title.title);
        let both = Both { job: &job, listener, name: title.title, drawn: AtomicBool::new(false) };
        let known = described(title);
        self.ingest.claim(&known.source, &title.id()?).await?;
        self.ingest.upsert_many(vec![known]).await?;
        let imported = match part {
            Part::Short(short) => make(short, &self.importer, &self.sink, &both).await?,
            Part::Bunny(clip) => bunny::import(clip, &self.importer, &self.sink, &both).await?,
        };
        listener.finished(title.title, imported.unchanged);
        Ok(())
    }
}

fn missing(name: &str) -> String {
    format!("{name} is not there; `cargo xtask run` fetches it, or name its folder with --assets or MARQUEE_DEMO_ASSETS")
}

fn described(title: &DemoTitle) -> NewTitle {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    NewTitle {
        source: format!("demo:{}", title.key),
        title: title.title.to_owned(),
        year: Some(title.year),
        synopsis: Some(title.synopsis.to_owned()),
        genres: texts(title.genres),
        people: title.people.iter().map(|(name, role)| credit(name, *role)).collect(),
        languages: texts(title.languages),
        attribution: title.attribution.map(str::to_owned),
        ..NewTitle::default()
    }
}

fn credit(name: &str, role: contract::catalog::Role) -> Credit {
    use contract::catalog::Role as Shown;
    let role = match role {
        Shown::Director => Role::Director,
        Shown::Writer => Role::Writer,
        Shown::Actor => Role::Actor,
        Shown::Composer => Role::Composer,
        Shown::Producer => Role::Producer,
        Shown::Author => Role::Author,
    };
    Credit { name: name.to_owned(), role, character: None }
}

type ReadFilms = (Vec<NewTitle>, Vec<String>);

fn read_films(path: &Path) -> std::io::Result<ReadFilms> {
    let (mut films, mut skipped) = (Vec::new(), Vec::new());
    for film in films::films(BufReader::new(File::open(path)?)) {
        match film {
            Ok(film) => films.push(film),
            Err(reason) => skipped.push(reason.to_string()),
        }
    }
    Ok((films, skipped))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_a_title_that_the_catalogue_takes_with_an_id_of_its_own() {
        let mut ids = std::collections::BTreeSet::new();
        for title in shorts().iter().map(|short| &short.title).chain([&bunny::TITLE]) {
            assert_eq!(described(title).check(), Ok(()), "{}", title.title);
            assert!(ids.insert(title.id().unwrap()), "{}", title.key);
        }
        assert!(ids.len() >= 13);
    }
}
