//! The demo library: what a new server shows before anybody brought films of their own.
//!
//! Owns the catalogue's records without video (`films`), the shorts that Marquee makes itself, and the opening of Big
//! Buck Bunny: what they are called and how they come into the store. Must never take part unless it was asked for,
//! and must never pretend that a short is more than it is. The videos never touch the catalogue: the caller makes
//! their titles and hears of each revision.

pub mod bunny;
pub mod captions;
pub mod films;
pub mod library;
pub mod listen;
mod render;
pub mod score;
pub mod shorts;

use contract::{catalog::v1::Role, ids::TitleId};
use media::{
    collect::source_at,
    error::ImportError,
    import::{Imported, Importer},
    progress::{Progress, Update},
    sink::CatalogueSink,
};
pub use shorts::{Short, shorts};

/// What the catalogue says of a demo film.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DemoTitle {
    /// Part of the title's id: `a-z` and `-`.
    pub key: &'static str,
    pub title: &'static str,
    pub year: u16,
    pub synopsis: &'static str,
    /// The most telling first.
    pub genres: &'static [&'static str],
    pub people: &'static [(&'static str, Role)],
    /// Who must be named, where the licence asks for it.
    pub attribution: Option<&'static str>,
    /// BCP 47 languages that are spoken in it.
    pub languages: &'static [&'static str],
}

impl DemoTitle {
    /// The title's id, the same on every machine.
    pub fn id(&self) -> Result<TitleId, ImportError> {
        format!("demo-{}", self.key).parse().map_err(|error: contract::ids::InvalidId| ImportError::Title(error.to_string()))
    }
}

/// Draws and packages one short, goes on with it, or finds that it is there. The caller has made its title.
pub async fn make(
    short: &'static Short,
    importer: &Importer,
    sink: &dyn CatalogueSink,
    progress: &dyn Progress,
) -> Result<Imported, ImportError> {
    let title = short.title.id()?;
    if let Some((placed, manifest)) = importer.playing(&title).await? {
        // What is packaged need not be drawn again to know so.
        if manifest.complete && manifest.source.file_name == render::file_name(short) {
            return importer.found(title, (&placed, &manifest), &manifest.source.file_name, sink).await;
        }
    }
    let mut at = |seconds: f64| {
        progress.update(&Update {
            file_name: short.title.title,
            step: "drawing",
            steps_done: 0,
            steps: 1,
            fraction: (seconds / f64::from(short.seconds)).clamp(0.0, 1.0) * 0.3,
            watchable: false,
        });
    };
    at(0.0);
    let path = render::render(importer.tools(), short, &importer.work().join("demo"), &mut at).await?;
    let film = importer.look(source_at(&path)?).await?;
    let imported = importer.package(&film, title, sink, progress).await?;
    if let Err(error) = tokio::fs::remove_file(&path).await {
        tracing::warn!(%error, short = short.title.key, "a packaged short's source stays in the work folder");
    }
    Ok(imported)
}

#[cfg(test)]
mod tests;
