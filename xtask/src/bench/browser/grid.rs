//! The grid of posters while it is scrolled: how long a frame takes beside a page that does nothing, what is done for it, and what
//! the page holds.

use std::{fs::File, io::BufReader, path::PathBuf};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::{Subject, samples::Samples, trace::Trace};
use crate::bench::figure::Figure;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Titles of the catalogue.
    titles: u64,
    pixels_a_second: u64,
    /// How long it is scrolled each time.
    seconds: u64,
    rounds: u64,
    /// Posters of the page that does nothing.
    posters: u64,
    /// Cards that are loaded when the heap is looked at.
    cards: u64,
    times_still: f64,
    work_milliseconds: f64,
    cards_in_document: f64,
    heap_megabytes: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Measured {
    /// Milliseconds from one frame to the next: while the posters are drawn by the server, when they were, and of the page that does
    /// nothing.
    cold: Samples,
    grid: Samples,
    still: Samples,
    /// Chromium's own account of one more time.
    trace: PathBuf,
    /// The most that were in the document.
    cards: u64,
    /// Those that the store held when the heap was looked at.
    loaded: u64,
    heap: Heap,
}

/// In bytes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Heap {
    javascript: f64,
    wasm: f64,
}

/// # Errors
/// Where something cannot be measured.
pub fn measure(subject: &Subject<'_>, profile: &Profile) -> Result<Vec<Figure>> {
    let measured: Measured = subject.measure("grid", profile.titles, profile)?;
    let trace: Trace = serde_json::from_reader(BufReader::new(File::open(&measured.trace)?)).context("Chromium's trace")?;
    figures(&measured, &trace.work()?, profile)
}

fn figures(measured: &Measured, work: &Samples, profile: &Profile) -> Result<Vec<Figure>> {
    let Measured { cold, grid, still, cards, loaded, heap, .. } = measured;
    ensure!(*loaded >= profile.cards, "{loaded} cards were loaded, not {}", profile.cards);
    ensure!(*cards > profile.posters, "{cards} cards were in the document, fewer than fill the window");
    ensure!(heap.wasm > 0.0, "the page's WebAssembly memory was not found");
    let (frame, beside) = (grid.p95()?, still.p95()?);
    let told = format!("{frame:.1} ms of {}; {beside:.1} ms of {} on a still page", grid.len(), still.len());
    let of_work = format!("mean of {}; p95 {:.1} ms", work.len(), work.p95()?);
    let (javascript, wasm) = (heap.javascript / 1e6, heap.wasm / 1e6);
    let of_heap = format!("{javascript:.1} MB JavaScript, {wasm:.1} MB WebAssembly; {loaded} cards loaded");
    #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
    let cards = *cards as f64;
    Ok(vec![
        Figure::at_most("grid scrolled, a frame's p95", frame / beside, "x still", profile.times_still).beside(&told),
        Figure::told("the same, posters drawn meanwhile", cold.p95()? / beside, "x still").beside(&format!("of {}", cold.len())),
        Figure::at_most("script, style, layout a frame", work.mean()?, "ms", profile.work_milliseconds).beside(&of_work),
        Figure::at_most("cards in the document", cards, "cards", profile.cards_in_document),
        Figure::at_most("heap of the page", javascript + wasm, "MB", profile.heap_megabytes).beside(&of_heap),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        let profiles: serde_json::Value = serde_json::from_str(include_str!("../../../../bench/profiles.json")).unwrap();
        serde_json::from_value(profiles["grid"].clone()).unwrap()
    }

    fn measured(frame: f64) -> Measured {
        let samples = |value| Samples::from(vec![value; 400]);
        let heap = Heap { javascript: 9e6, wasm: 20e6 };
        let (cold, grid, still) = (samples(40.0), samples(frame), samples(16.7));
        Measured { cold, grid, still, trace: PathBuf::new(), cards: 120, loaded: 3_000, heap }
    }

    fn held(measured: &Measured, work: f64) -> Vec<bool> {
        let figures = figures(measured, &Samples::from(vec![work; 400]), &profile()).unwrap();
        figures.iter().map(Figure::holds).collect()
    }

    #[test]
    fn each_bound_is_missed_by_what_it_bounds() {
        assert_eq!(held(&measured(16.7), 3.9), [true; 5]);
        assert_eq!(held(&measured(33.3), 4.1), [false, true, false, true, true]);
        let heap = Heap { javascript: 41e6, wasm: 20e6 };
        assert_eq!(held(&Measured { cards: 301, heap, ..measured(16.7) }, 1.0), [true, true, true, false, false]);
    }

    #[test]
    fn a_page_that_shows_less_than_a_window_or_hides_its_memory_is_no_measurement() {
        let none = |measured: &Measured| figures(measured, &Samples::from(vec![1.0]), &profile()).is_err();
        assert!(none(&Measured { cards: 8, ..measured(16.7) }));
        assert!(none(&Measured { loaded: 2_999, ..measured(16.7) }));
        assert!(none(&Measured { heap: Heap { javascript: 9e6, wasm: 0.0 }, ..measured(16.7) }));
    }
}
