//! The lines of the journal: events, and beside them what accounts used.
//!
//! Whose an event is and which account used something stand on lines of their own, so that nobody who reads a journal joins the hash of a
//! profile with an account. Must never write both on one line.

use std::io;

use contract::ids::AccountId;
use serde::{Deserialize, Serialize};
use usage::event::{Event, Kind};

use super::{
    calendar,
    rollups::{AccountUse, AccountUses},
};

/// A line of the journal.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Line {
    Use(UseLine),
    Event(EventLine),
}

/// What an account used in a month, of what was journalled together.
#[derive(Debug, Serialize, Deserialize)]
pub struct UseLine {
    account: AccountId,
    month: String,
    #[serde(flatten)]
    used: AccountUse,
}

/// An event.
#[derive(Debug, Deserialize)]
pub struct EventLine {
    /// Whose use it is, in a journal of an older build.
    #[serde(default)]
    account: Option<AccountId>,
    #[serde(flatten)]
    event: Event,
}

/// What lines say.
#[derive(Debug, Default)]
pub struct Lines {
    pub events: Vec<Event>,
    pub uses: AccountUses,
    /// Lines that cannot be read.
    pub lost: u64,
}

impl Lines {
    /// Reads whole lines.
    pub fn read(bytes: &[u8]) -> Self {
        let mut lines = Self::default();
        for text in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match serde_json::from_slice(text) {
                Ok(Line::Use(UseLine { account, month, used })) => lines.uses.entry((account, month)).or_default().add(used),
                Ok(Line::Event(EventLine { account, event })) => {
                    if let Some(account) = account {
                        count(&mut lines.uses, account, &event);
                    }
                    lines.events.push(event);
                }
                Err(_) => lines.lost += 1,
            }
        }
        lines
    }
}

/// Adds what an event says that an account used.
pub fn count(uses: &mut AccountUses, account: AccountId, event: &Event) {
    let (playback, sessions) = match &event.kind {
        Kind::PlaybackStarted(playback) => (playback, 1),
        Kind::PlaybackRenewed(playback) | Kind::PlaybackStopped(playback) => (playback, 0),
        Kind::Quality(_) | Kind::Search { .. } | Kind::SignIn { .. } | Kind::ListChanged { .. } | Kind::ReviewWritten { .. } => {
            return;
        }
    };
    let (watched_millis, bytes) = (playback.watched_millis, playback.bytes);
    let used = uses.entry((account, calendar::month(event.at_millis))).or_default();
    used.add(AccountUse { sessions, watched_millis, bytes });
}

/// Appends a line for each event, and then for each account, in the order of their names: not in that of the events.
///
/// # Errors
/// Never, as things are: it is written to memory.
pub fn write(events: &[Event], uses: AccountUses) -> io::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for event in events {
        serde_json::to_writer(&mut lines, event)?;
        lines.push(b'\n');
    }
    let mut uses: Vec<_> = uses.into_iter().collect();
    uses.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    for ((account, month), used) in uses {
        serde_json::to_writer(&mut lines, &UseLine { account, month, used })?;
        lines.push(b'\n');
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_an_older_build_that_names_the_account_beside_the_event_is_read_as_both() {
        let playback = r#""session":"00000000000000000000000000000007","title":"heat","generation":"g","class":1080,"device":"tv","region":"","store":"objects","watched_millis":5,"bytes":50,"requests":1"#;
        let old = format!(
            "{{\"account\":\"ada\",\"at_millis\":1795982400000,\"kind\":\"playback_started\",{playback},\"profile\":\"{}\"}}\n",
            "01".repeat(16)
        );
        let lines = Lines::read(old.as_bytes());
        let used = AccountUse { sessions: 1, watched_millis: 5, bytes: 50 };
        assert_eq!((lines.events.len(), lines.lost), (1, 0));
        assert_eq!(lines.uses, AccountUses::from([(("ada".parse().unwrap(), "2026-11".to_owned()), used)]));
        let again = write(&lines.events, lines.uses.clone()).unwrap();
        let again = Lines::read(&again);
        assert_eq!((again.events, again.uses, again.lost), (lines.events, lines.uses, 0));
        assert_eq!(Lines::read(b"{\"at_millis\":17}\n\nx\n").lost, 2);
    }
}
