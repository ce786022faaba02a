//! Running wrk and reading what it says.

use std::{path::PathBuf, process::Command};

use anyhow::{Context, Result, bail};

use crate::process;

/// What wrk measured.
#[derive(Debug, PartialEq)]
pub struct Load {
    pub p99_milliseconds: f64,
    pub requests_per_second: f64,
    pub megabytes_per_second: f64,
}

/// Puts `url` under load from two threads.
///
/// # Errors
/// Where wrk fails, or some answers were no success.
pub fn run(url: &str, headers: &[(&str, &str)], connections: u32, seconds: u32) -> Result<Load> {
    loaded(command(headers, connections, seconds).arg(url), url)
}

/// Paths to be asked for, one to a line, each once before any is asked for again.
pub struct Paths {
    /// `bench/paths.lua`; or `bench/cookies.lua`, which asks for one path on behalf of many.
    pub script: PathBuf,
    pub file: PathBuf,
    /// Where it begins: moves on from one run to the next, so that what was asked for last comes again last.
    pub place: u64,
}

impl Paths {
    /// Asks `address` for them, as [`run`] asks for one.
    ///
    /// # Errors
    /// As [`run`].
    pub fn run(&mut self, address: &str, headers: &[(&str, &str)], connections: u32, seconds: u32) -> Result<Load> {
        self.ask(format!("http://{address}"), headers, (connections, seconds))
    }

    /// The same of one path, which the file says nothing of.
    ///
    /// # Errors
    /// As [`run`].
    pub fn run_at(&mut self, address: &str, path: &str, load: (u32, u32)) -> Result<Load> {
        self.ask(format!("http://{address}{path}"), &[("Accept", "application/json")], load)
    }

    fn ask(&mut self, url: String, headers: &[(&str, &str)], (connections, seconds): (u32, u32)) -> Result<Load> {
        let mut command = command(headers, connections, seconds);
        command.arg("--script").arg(&self.script).arg(&url).arg("--").arg(&self.file).arg(self.place.to_string());
        let load = loaded(&mut command, &self.file.display().to_string())?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some thousands a second")]
        let asked = (load.requests_per_second * f64::from(seconds) / f64::from(THREADS)) as u64;
        self.place += asked;
        Ok(load)
    }
}

/// The scripts know how many there are.
const THREADS: u32 = 2;

fn command(headers: &[(&str, &str)], connections: u32, seconds: u32) -> Command {
    let mut command = Command::new("wrk");
    command.args(["--threads", &THREADS.to_string(), "--latency"]);
    command.args(["--connections", &connections.to_string(), "--duration", &format!("{seconds}s")]);
    for (name, value) in headers {
        command.args(["--header", &format!("{name}: {value}")]);
    }
    command
}

fn loaded(command: &mut Command, what: &str) -> Result<Load> {
    parse(&process::capture(command)?).with_context(|| format!("while {what} was under load"))
}

fn parse(output: &str) -> Result<Load> {
    let after = |label: &str| output.lines().find_map(|line| line.trim().strip_prefix(label)).map(str::trim);
    if let Some(refused) = after("Non-2xx or 3xx responses:") {
        bail!("{refused} answers were no success");
    }
    let number = |label: &'static str| after(label).with_context(|| format!("wrk said nothing of `{label}`"));
    Ok(Load {
        p99_milliseconds: scaled(number("99%")?, &[("us", 0.001), ("ms", 1.0), ("s", 1000.0), ("m", 60_000.0)])?,
        requests_per_second: scaled(number("Requests/sec:")?, &[("", 1.0)])?,
        megabytes_per_second: scaled(
            number("Transfer/sec:")?,
            &[("KB", 0.001_024), ("MB", 1.048_576), ("GB", 1_073.741_824), ("B", 1e-6)],
        )?,
    })
}

/// A number with one of `units` behind it, times what the unit stands for.
fn scaled(text: &str, units: &[(&str, f64)]) -> Result<f64> {
    let read = |(unit, factor): &(&str, f64)| Some(text.strip_suffix(unit)?.trim().parse::<f64>().ok()? * factor);
    units.iter().find_map(read).with_context(|| format!("`{text}` is no number with a unit"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "Running 1s test @ http://127.0.0.1:1/\n  Latency Distribution\n     50%  640.00us\n     99%    1.24ms\n  \
        7 requests in 1.00s\nRequests/sec:   5943.21\nTransfer/sec:    512.00KB\n";

    #[test]
    fn figures_are_read_with_their_units() {
        let load = parse(OUTPUT).unwrap();
        assert_eq!((load.p99_milliseconds, load.requests_per_second), (1.24, 5943.21));
        assert!((load.megabytes_per_second - 0.524_288).abs() < 1e-9);
    }

    #[test]
    fn answers_that_are_no_success_are_an_error() {
        assert!(parse(&format!("{OUTPUT}  Non-2xx or 3xx responses: 12\n")).is_err());
        assert!(parse("").is_err());
    }
}
