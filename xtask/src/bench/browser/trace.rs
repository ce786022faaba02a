//! Chromium's trace of a page: how long its main thread ran scripts, computed styles and laid out, for each frame.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::samples::Samples;

/// What the page itself says at the beginning of each frame, by `performance.mark`.
const FRAME: &str = "bench-frame";
/// Events that are work. Some lie within others: a script that asks for a size has the page laid out.
const WORK: [&str; 6] = ["FunctionCall", "EvaluateScript", "RunMicrotasks", "v8.run", "UpdateLayoutTree", "Layout"];

#[derive(Deserialize)]
pub struct Trace {
    #[serde(rename = "traceEvents")]
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    name: String,
    /// Process and thread.
    pid: u64,
    tid: u64,
    /// Microseconds.
    #[serde(default)]
    ts: f64,
    /// Of those that last.
    #[serde(default)]
    dur: f64,
}

impl Event {
    fn is_on(&self, other: &Self) -> bool {
        (self.pid, self.tid) == (other.pid, other.tid)
    }
}

impl Trace {
    /// Milliseconds of work from the beginning of each frame to the next one's. What lies within other work counts once.
    ///
    /// # Errors
    /// Where the page says of no two frames that they began, or no work was recorded.
    pub fn work(&self) -> Result<Samples> {
        let first = self.events.iter().find(|event| event.name == FRAME).context("the trace has no frame")?;
        let mut begins: Vec<f64> =
            self.events.iter().filter(|event| event.name == FRAME && event.is_on(first)).map(|event| event.ts).collect();
        begins.sort_unstable_by(f64::total_cmp);
        ensure!(begins.len() > 1, "the trace has a single frame");

        let is_work = |event: &&Event| WORK.contains(&event.name.as_str()) && event.is_on(first);
        let mut work: Vec<(f64, f64)> =
            self.events.iter().filter(is_work).map(|event| (event.ts, event.ts + event.dur)).collect();
        ensure!(!work.is_empty(), "the trace has no work");
        work.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
        let mut done = f64::NEG_INFINITY;
        let mut apart = Vec::new();
        for (from, to) in work {
            if to > done {
                apart.push((from.max(done), to));
                done = to;
            }
        }

        let mut frames = vec![0.0; begins.len() - 1];
        for ((from, to), spent) in begins.iter().zip(begins.iter().skip(1)).zip(&mut frames) {
            let within = apart.iter().map(|(begun, ended)| (ended.min(*to) - begun.max(*from)).max(0.0));
            *spent = within.sum::<f64>() / 1000.0;
        }
        Ok(Samples::from(frames))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn trace(events: &[(&str, u64, u32, u32)]) -> Trace {
        let event = |(name, tid, ts, dur): &(&str, u64, u32, u32)| json!({ "name": name, "pid": 7, "tid": tid, "ts": ts, "dur": dur, "ph": "X", "cat": "devtools.timeline", "args": {} });
        serde_json::from_value(json!({ "traceEvents": events.iter().map(event).collect::<Vec<_>>() })).unwrap()
    }

    #[test]
    fn work_within_work_counts_once_and_that_of_other_threads_not_at_all() {
        let frames = [(FRAME, 1, 10_000, 0), (FRAME, 1, 30_000, 0), (FRAME, 1, 50_000, 0)];
        let work = [
            ("FunctionCall", 1, 9_000, 4_000),
            ("Layout", 1, 11_000, 1_000),
            ("UpdateLayoutTree", 1, 12_500, 1_500),
            ("FunctionCall", 2, 15_000, 9_000),
            ("Paint", 1, 20_000, 9_000),
            ("FunctionCall", 1, 31_000, 2_000),
            // After the last frame began.
            ("FunctionCall", 1, 51_000, 2_000),
        ];
        let samples = trace(&[&frames[..], &work[..]].concat()).work().unwrap();
        assert_eq!((samples.len(), samples.mean().unwrap(), samples.p95().unwrap()), (2, 3.0, 4.0));
    }

    #[test]
    fn a_trace_of_nothing_is_no_measurement() {
        assert!(trace(&[("FunctionCall", 1, 1, 1)]).work().is_err());
        assert!(trace(&[(FRAME, 1, 1, 0), ("FunctionCall", 1, 1, 1)]).work().is_err());
        assert!(trace(&[(FRAME, 1, 1, 0), (FRAME, 1, 9, 0)]).work().is_err());
    }
}
