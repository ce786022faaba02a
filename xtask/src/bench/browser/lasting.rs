//! What a film does after something interrupted it, for real: how soon it plays on, where, and whether in full screen.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::{Subject, positions::Recorded};
use crate::bench::figure::Figure;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Titles of the catalogue.
    titles: u64,
    pause_seconds: u64,
    stopped_seconds: u64,
    offline_seconds: u64,
    resumed_seconds: f64,
    off_seconds: f64,
}

/// A pause, a stopped browser, no network, a restarted server.
const CAUSES: usize = 4;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Measured {
    causes: Vec<Recorded>,
}

/// # Errors
/// Where something cannot be measured.
pub fn measure(subject: &Subject<'_>, profile: &Profile) -> Result<Vec<Figure>> {
    figures(&subject.measure("lasting", profile.titles, profile)?, profile)
}

fn figures(Measured { causes }: &Measured, profile: &Profile) -> Result<Vec<Figure>> {
    ensure!(causes.len() == CAUSES, "{} causes were tried, not {CAUSES}", causes.len());
    let mut figures = Vec::new();
    let mut left = 0;
    for cause in causes {
        let outcome = cause.outcome()?;
        let (name, late) = (&cause.name, outcome.resumed_after);
        figures.push(Figure::at_most(&format!("{name}: plays on after"), late, "s", profile.resumed_seconds));
        figures.push(Figure::at_most(&format!("{name}: position off by"), outcome.off, "s", profile.off_seconds));
        left += usize::from(outcome.left_full_screen > 0);
    }
    #[expect(clippy::cast_precision_loss, reason = "four at most")]
    figures.push(Figure::at_most("full screen left", left as f64, "times", 0.0));
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn held(late: f64, is_full: bool, causes: usize) -> Result<Vec<bool>> {
        let samples: Vec<_> = (0..600)
            .map(|look| {
                let at = f64::from(look) * 0.05;
                let position = if at < 10.0 { at } else { 10.0 + (at - 15.0 - late).max(0.0) };
                json!({ "at": at * 1000.0, "position": position, "pictures": position * 24.0, "is_full": is_full })
            })
            .collect();
        let cause = json!({
            "name": "a pause", "since": 0, "begun": 10_000, "ended": 15_000, "stood_still": false, "samples": samples,
        });
        let measured: Measured = serde_json::from_value(json!({ "causes": vec![cause; causes] }))?;
        let profiles: serde_json::Value = serde_json::from_str(include_str!("../../../../bench/profiles.json"))?;
        let figures = figures(&measured, &serde_json::from_value(profiles["lasting"].clone())?)?;
        Ok(figures.iter().map(Figure::holds).collect())
    }

    #[test]
    fn a_film_that_plays_on_late_or_leaves_full_screen_misses_its_bound() {
        assert_eq!(held(0.0, true, 4).unwrap(), [true; 9]);
        assert_eq!(held(3.0, false, 4).unwrap(), [false, true, false, true, false, true, false, true, false]);
    }

    #[test]
    fn a_cause_that_was_not_tried_is_no_measurement() {
        assert!(held(0.0, true, 3).is_err());
    }
}
