//! What the vault adds to a password that is kept or read: sealing and opening, on one thread.
//!
//! The binary measures itself: a process that is asked over a socket would measure the socket.

use std::{path::Path, process::Command};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::figure::Figure;
use crate::process::capture;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// For each of the two.
    microseconds: f64,
}

pub fn measure(binary: &Path, profile: &Profile) -> Result<Vec<Figure>> {
    let said = capture(Command::new(binary).args(["vault", "measure"]))?;
    let figures = ["seal", "open"].map(|act| {
        let value = microseconds(&said, act).with_context(|| format!("`vault measure` says nothing of `{act}`: {said}"))?;
        Ok(Figure::at_most(&format!("vault: {act} a record"), value, "us", profile.microseconds))
    });
    figures.into_iter().collect()
}

/// Of a line like `seal 4.20 us`.
fn microseconds(said: &str, act: &str) -> Option<f64> {
    let line = said.lines().find_map(|line| line.strip_prefix(act))?;
    line.trim().strip_suffix(" us")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_binary_says_is_read() {
        let said = "seal 4.20 us\nopen 3.10 us";
        assert_eq!((microseconds(said, "seal"), microseconds(said, "open")), (Some(4.2), Some(3.1)));
        assert_eq!(microseconds(said, "shred"), None);
    }
}
