//! Whether another server runs whose clock is not this one's: then nobody here can tell whose is wrong.
//!
//! Whoever looks at the mark says beside it what its clock says. A word that is new since this server looked last is of one that
//! runs now, and their clocks are compared; of a word that was there before nobody knows how old it is. Must never believe
//! either of two that differ.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// By how many milliseconds clocks of servers that run may differ.
const APART: u64 = 15 * 60 * 1000;
/// How long a server that differs has to be silent until it is taken to be off: three of its words.
const SILENT: Duration = Duration::from_secs(15 * 60);

/// A server's word of its clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Said {
    /// Names the process.
    pub(super) by: String,
    /// Milliseconds since 1970.
    pub(super) clock: u64,
    /// Whether it differed from another one then: a server that starts meanwhile believes none of them.
    #[serde(default)]
    pub(super) disputes: bool,
}

/// What one server heard of the others. Times without a unit are by its monotonic clock.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    /// When it looked last, and what was said then.
    looked: Option<(Duration, Option<Said>)>,
    dispute: Option<Dispute>,
}

#[derive(Debug)]
struct Dispute {
    with: String,
    heard: Duration,
    words: String,
}

impl Hearing {
    /// Why nobody's clock is to be believed, in words for operators.
    pub(super) fn dispute(&self) -> Option<&str> {
        self.dispute.as_ref().map(|dispute| dispute.words.as_str())
    }

    /// Compares `clock` with what was said; whether somebody was heard who differs, and is to be answered.
    pub(super) fn hear(&mut self, node: &str, said: Option<&Said>, clock: u64, uptime: Duration) -> bool {
        let before = self.looked.replace((uptime, said.cloned()));
        self.dispute.take_if(|dispute| uptime.saturating_sub(dispute.heard) >= SILENT);
        let Some(said) = said.filter(|said| said.by != node) else { return false };
        let is_apart = match before {
            Some((_, last)) if last.as_ref() == Some(said) => return false,
            Some((looked, _)) => {
                let passed = u64::try_from(uptime.saturating_sub(looked).as_millis()).unwrap_or(u64::MAX);
                said.clock.abs_diff(clock) > APART.saturating_add(passed)
            }
            None => said.disputes,
        };
        if is_apart {
            let words = in_words(clock, said.clock);
            if self.dispute.is_none() {
                tracing::error!(why = words, "the clock is in doubt");
            }
            self.dispute = Some(Dispute { with: said.by.clone(), heard: uptime, words });
        } else {
            self.dispute.take_if(|dispute| dispute.with == said.by);
        }
        is_apart
    }
}

fn in_words(clock: u64, other: u64) -> String {
    let time = |millis: u64| {
        let time = i64::try_from(millis).ok().and_then(chrono::DateTime::from_timestamp_millis).unwrap_or_default();
        time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    };
    format!(
        "By the clock of this server it is {}, and another server said {}: nothing is deleted for its age, and nothing is decided, \
         by either, until they agree or one of them has been off for a quarter of an hour.",
        time(clock),
        time(other),
    )
}
