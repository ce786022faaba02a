//! From a click to the first picture, a seek, a title's page, a letter in the search field.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::{Subject, samples::Samples};
use crate::bench::figure::Figure;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Titles of the catalogue.
    titles: u64,
    /// Times that each film is begun, each by a browser that was never here.
    visits: u64,
    /// Places that each of them seeks.
    seeks: u64,
    /// Titles that are opened from the home page at most.
    pages: u64,
    /// Letters that are typed.
    keystrokes: u64,
    /// Cards that the store holds meanwhile.
    cards: u64,
    first_picture_milliseconds: f64,
    seek_milliseconds: f64,
    title_milliseconds: f64,
    keystroke_microseconds: f64,
}

/// All in milliseconds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Measured {
    first_pictures: Samples,
    seeks: Samples,
    titles: Samples,
    /// On the home page, which holds few cards.
    keystrokes_before: Samples,
    keystrokes: Samples,
    cards: u64,
}

/// # Errors
/// Where something cannot be measured.
pub fn measure(subject: &Subject<'_>, profile: &Profile) -> Result<Vec<Figure>> {
    figures(&subject.measure("player", profile.titles, profile)?, profile)
}

fn figures(measured: &Measured, profile: &Profile) -> Result<Vec<Figure>> {
    ensure!(measured.cards >= profile.cards, "{} cards were loaded, not {}", measured.cards, profile.cards);
    let mut figures = Vec::new();
    let waits = [
        ("Play to first picture", &measured.first_pictures, profile.first_picture_milliseconds),
        ("a seek outside of the buffer", &measured.seeks, profile.seek_milliseconds),
        ("home to title", &measured.titles, profile.title_milliseconds),
    ];
    for (name, samples, most) in waits {
        let told = format!("of {}", samples.len());
        figures.push(Figure::at_most(&format!("{name}, median"), samples.median()?, "ms", most).beside(&told));
        figures.push(Figure::at_most(&format!("{name}, p95"), samples.p95()?, "ms", most).beside(&told));
    }
    let (few, many) = (measured.keystrokes_before.mean()? * 1e3, measured.keystrokes.mean()? * 1e3);
    // The page's clock is coarse (0.1 ms): the mean of many is not.
    let told = format!("mean of {}; {few:.0} us on the home page", measured.keystrokes.len());
    let name = format!("a keystroke, {} cards loaded", measured.cards);
    figures.push(Figure::at_most(&name, many, "us", profile.keystroke_microseconds).beside(&told));
    let p95 = measured.keystrokes.p95()? * 1e3;
    figures.push(Figure::at_most(&format!("{name}, p95"), p95, "us", profile.keystroke_microseconds));
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        let profiles: serde_json::Value = serde_json::from_str(include_str!("../../../../bench/profiles.json")).unwrap();
        serde_json::from_value(profiles["player"].clone()).unwrap()
    }

    fn measured(wait: f64, keystroke: f64) -> Measured {
        let samples = |value| Samples::from(vec![value; 20]);
        let (keystrokes_before, keystrokes) = (samples(0.01), samples(keystroke));
        let waits = (samples(wait), samples(wait), samples(wait));
        Measured { first_pictures: waits.0, seeks: waits.1, titles: waits.2, keystrokes_before, keystrokes, cards: 10_000 }
    }

    #[test]
    fn what_is_slow_misses_its_bound() {
        let held = |wait, keystroke| {
            let figures = figures(&measured(wait, keystroke), &profile()).unwrap();
            figures.iter().map(Figure::holds).collect::<Vec<_>>()
        };
        assert_eq!(held(140.0, 0.9), [true; 8]);
        assert_eq!(held(400.0, 1.1), [true, true, true, true, false, false, false, false]);
        assert_eq!(held(800.0, 0.1), [false, false, false, false, false, false, true, true]);
    }

    #[test]
    fn a_list_that_was_not_loaded_is_no_measurement() {
        let few = Measured { cards: 9_999, ..measured(1.0, 0.1) };
        assert!(figures(&few, &profile()).is_err());
    }
}
