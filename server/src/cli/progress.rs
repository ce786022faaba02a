//! How far an import is: bars where a person watches, plain lines elsewhere.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

use indicatif::{ProgressBar, ProgressStyle};
use media::{
    error::ImportError,
    import::Imported,
    progress::{Progress, Update},
};

use super::output;

/// Steps of a bar: finer than any terminal is wide.
const STEPS: u64 = 1000;
const STYLE: &str = "{prefix:40!} [{bar:30}] {percent:>3} % {msg}";

/// Tells a person how an import of files goes.
pub struct TerminalProgress {
    now: Mutex<Option<Film>>,
}

/// The film that is being imported.
struct Film {
    file_name: String,
    step: String,
    bar: Option<ProgressBar>,
}

impl Default for TerminalProgress {
    fn default() -> Self {
        Self { now: Mutex::new(None) }
    }
}

impl TerminalProgress {
    fn begin(update: &Update<'_>) -> Film {
        let bar = output::is_watched().then(|| bar(update.file_name));
        Film { file_name: update.file_name.to_owned(), step: String::new(), bar }
    }
}

impl TerminalProgress {
    /// Nothing more will be told: takes the bar away.
    pub fn stopped(&self) {
        let film = self.now.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(bar) = film.and_then(|film| film.bar) {
            bar.finish_and_clear();
        }
    }
}

impl Progress for TerminalProgress {
    fn found(&self, files: usize) {
        output::note(&match files {
            0 => "no video found".to_owned(),
            1 => "1 file".to_owned(),
            files => format!("{files} files"),
        });
    }

    fn update(&self, update: &Update<'_>) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let film = match now.take() {
            Some(film) if film.file_name == update.file_name => film,
            Some(_) | None => Self::begin(update),
        };
        let film = now.insert(film);
        match &film.bar {
            Some(bar) => advance(bar, update.step, update.fraction),
            None if film.step != update.step && !update.step.is_empty() => {
                output::note(&format!("{}: {} ({:.0} %)", update.file_name, update.step, update.fraction * 100.0));
            }
            None => {}
        }
        if film.step != update.step {
            film.step = update.step.to_owned();
        }
    }

    fn finished(&self, path: &Path, outcome: &Result<Imported, ImportError>) {
        self.stopped();
        let name = shown(path);
        match outcome {
            Ok(imported) if imported.unchanged => output::line(&format!("{name}: was there already")),
            Ok(imported) => {
                output::line(&format!("{name}: ready"));
                for warning in &imported.manifest.warnings {
                    output::line(&format!("{name}: {warning}"));
                }
            }
            Err(error) => output::error(&format!("{name}: {error}")),
        }
    }
}

/// A bar for one film.
pub fn bar(name: &str) -> ProgressBar {
    let bar = output::bars().add(ProgressBar::new(STEPS));
    // The template is a constant; where it were off, indicatif's own is as good.
    if let Ok(style) = ProgressStyle::with_template(STYLE) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_prefix(name.to_owned());
    bar
}

/// Moves a bar: `fraction` is 0 to 1.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
pub fn advance(bar: &ProgressBar, stage: &str, fraction: f64) {
    bar.set_position((fraction.clamp(0.0, 1.0) * STEPS as f64) as u64);
    bar.set_message(stage.to_owned());
}

/// A path as it can stand on a terminal: what could steer one is written out.
pub fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    text.chars().flat_map(|letter| if letter.is_control() { letter.escape_default().collect() } else { vec![letter] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_steer_a_terminal() {
        assert_eq!(shown(Path::new("a\u{1b}[2J\nb.mkv")), "a\\u{1b}[2J\\nb.mkv");
        assert_eq!(shown(Path::new("Amélie (2001).mkv")), "Amélie (2001).mkv");
    }
}
