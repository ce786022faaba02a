//! What recommendations cost, and how good they are, on a million events that are made.
//!
//! The binary measures itself, as it trains and answers from memory: a request over a socket is the part `pages`.

use std::{path::Path, process::Command};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::figure::Figure;
use crate::process::capture;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    training_seconds: f64,
    megabytes: f64,
    answer_p99_milliseconds: f64,
    /// Of the way from popularity to an oracle that knows the tastes, in NDCG@10.
    percent_of_the_way: f64,
}

pub fn measure(binary: &Path, profile: &Profile) -> Result<Vec<Figure>> {
    let said = capture(Command::new(binary).args(["discovery", "measure"]))?;
    let value = |name: &str, unit: &str| {
        figure(&said, name, unit).with_context(|| format!("`discovery measure` says nothing of `{name}`: {said}"))
    };
    Ok(vec![
        Figure::at_most("recommendations: training", value("training", "s")?, "s", profile.training_seconds),
        Figure::at_most("recommendations: memory", value("memory", "MB")?, "MB", profile.megabytes),
        Figure::at_most("recommendations: an answer, p99", value("answer", "ms")?, "ms", profile.answer_p99_milliseconds),
        Figure::at_least("recommendations: to the oracle", value("halfway", "%")?, "%", profile.percent_of_the_way),
    ])
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
