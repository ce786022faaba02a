//! Whether another server runs whose clock is not this one's: then nobody here can tell whose is wrong.
//!
//! Whoever looks at the mark says beside it what its clock says. A word that is new since this server looked last is of one that
//! runs now, and their clocks are compared; of a word that was there before nobody knows how old it is, or whether it is of a process
//! that was this server. So one that starts where somebody disputed takes that over for as long as it would have lasted there, and
//! says each minute for how long that is, so that it is over after a quarter of an hour also of one that starts again and again. Must
//! never believe either of two that differ.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// By how many milliseconds clocks of servers that run may differ.
const APART: u64 = 15 * 60 * 1000;
/// How long a server that differs has to be silent until it is taken to be off: three of its words.
const SILENT: Duration = Duration::from_secs(15 * 60);

/// Why the clock is doubted of a server that started after clocks differed, in words for operators.
const TAKEN_OVER: &str = "Shortly before this server started, clocks of servers differed, and which of them was right is not known: \
    nothing is deleted for its age, and nothing is decided, until the others are heard again and agree or have been off for a quarter \
    of an hour. There is nothing to do where this server's clock is right and no other one runs.";

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
    /// For how many milliseconds that one had not been heard.
    #[serde(default)]
    pub(super) unheard: u64,
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
    /// The other one; who spoke of the dispute, where it was taken over.
    with: String,
    /// When it is over, unless that one is heard again.
    until: Duration,
    /// Whether its end is all that is known of it.
    is_taken_over: bool,
    words: String,
}

impl Hearing {
    /// Why nobody's clock is to be believed, in words for operators.
    pub(super) fn dispute(&self) -> Option<&str> {
        self.dispute.as_ref().map(|dispute| dispute.words.as_str())
    }

    /// Whether a dispute goes on, and for how many milliseconds the other one has not been heard.
    pub(super) fn unheard(&self, uptime: Duration) -> Option<u64> {
        let left = self.dispute.as_ref()?.until.saturating_sub(uptime);
        Some(millis(SILENT.saturating_sub(left)))
    }

    /// Whether a dispute was taken over, whose end is to be told to whoever starts here next.
    pub(super) fn has_taken_over(&self) -> bool {
        self.dispute.as_ref().is_some_and(|dispute| dispute.is_taken_over)
    }

    /// Compares `clock` with what was said; whether somebody was heard who differs, and is to be answered.
    pub(super) fn hear(&mut self, node: &str, said: Option<&Said>, clock: u64, uptime: Duration) -> bool {
        let before = self.looked.replace((uptime, said.cloned()));
        self.dispute.take_if(|dispute| uptime >= dispute.until);
        let Some(said) = said.filter(|said| said.by != node) else { return false };
        match before {
            Some((_, last)) if last.as_ref() == Some(said) => false,
            Some((looked, _)) => {
                let is_apart = said.clock.abs_diff(clock) > APART.saturating_add(millis(uptime.saturating_sub(looked)));
                if is_apart {
                    self.begin(said, uptime.saturating_add(SILENT), Some(in_words(clock, said.clock)));
                } else {
                    self.dispute.take_if(|dispute| dispute.with == said.by);
                }
                is_apart
            }
            None => {
                let left = SILENT.saturating_sub(Duration::from_millis(said.unheard));
                if said.disputes && !left.is_zero() {
                    self.begin(said, uptime.saturating_add(left), None);
                }
                false
            }
        }
    }

    /// `words`: of one that was heard.
    fn begin(&mut self, said: &Said, until: Duration, words: Option<String>) {
        let (is_taken_over, words) = (words.is_none(), words.unwrap_or_else(|| TAKEN_OVER.to_owned()));
        if self.dispute.is_none() {
            tracing::error!(why = words, "the clock is in doubt");
        }
        self.dispute = Some(Dispute { with: said.by.clone(), until, is_taken_over, words });
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
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
