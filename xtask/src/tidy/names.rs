//! Names that readers from the field would not search for, with what they are called instead: DESIGN's table of words.

use super::{Finding, Sources, sources::names};

/// Where a name is refused, the name, and the term of the field.
const TERMS: [(&str, &str, &str); 42] = [
    ("server/", "Door", "SessionEffects"),
    ("server/", "Standing", "Principal"),
    ("server/", "Standings", "PrincipalResolver"),
    ("server/", "UNASKED", "ANONYMOUS"),
    ("server/", "Peers", "Dispatcher"),
    ("server/", "Seed", "LayerState"),
    ("server/", "Shelf", "CatalogueSink"),
    ("server/", "Lane", "Bulkhead"),
    ("server/", "SILENCE", "what is waited for"),
    ("server/", "or_last", "stale_if_error"),
    ("server/", "HotPieces", "ChunkCache"),
    ("server/", "PIECE", "CHUNK"),
    ("server/", "Beat", "Heartbeat"),
    ("server/", "Ledger", "UsageWindow"),
    ("server/", "Held", "what it holds"),
    ("server/", "Holder", "SlotOwner"),
    ("server/", "turn_out", "disable"),
    ("server/", "erase", "purge"),
    ("server/", "Leaving", "PendingDeletion"),
    ("server/", "from_here", "local_admin"),
    ("server/", "come_back", "callback"),
    ("server/", "way_out", "logout_url"),
    ("server/", "Going", "ReturnTo"),
    ("server/", "Ring", "KeyRing or PasskeySet"),
    ("server/", "Wall", "PosterVariety"),
    ("server/", "keep_house", "maintenance"),
    ("server/", "ears", "subscriber"),
    ("server/", "mouth", "publisher"),
    ("server/", "Head", "Header, or ChainHead"),
    ("server/", "Known", "what it holds"),
    ("server/", "Kept", "what it keeps"),
    ("app/", "Question", "Request"),
    ("app/", "Deck", "Controller"),
    ("app/", "Stage", "what it is"),
    ("app/", "Trouble", "PlayerError"),
    ("app/", "MENDS", "MAX_RECOVERIES"),
    ("app/", "Kept", "Snapshot"),
    ("app/", "Elsewhere", "ResumeOffer"),
    ("app/", "Sheet", "ShortcutsDialog"),
    ("app/", "when_approached", "on_intent"),
    ("app/", "when_near", "on_intersection"),
    ("app/", "doze", "idle"),
];

/// The field's terms are used, where the table has one.
pub fn are_the_fields(sources: &Sources) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.under("", &["rs"]) {
        for (line, code) in source.code() {
            let code = without_texts(code);
            for (_, name, term) in TERMS.iter().filter(|(home, name, _)| source.path.starts_with(home) && names(&code, name)) {
                findings.push(Finding::new(&source.path, line, format!("`{name}` is called {term}")));
            }
        }
    }
    findings
}

/// A line without what stands between quotation marks: stored and shown words stay as they are.
fn without_texts(code: &str) -> String {
    code.split('"').step_by(2).collect::<Vec<_>>().join("\"\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_name_is_found_where_it_is_refused_and_left_in_texts_and_longer_words() {
        let text = "struct Lane;\nlet key = \"Lane\"; // Lane\nstruct PlaneLanes;\n";
        let findings = are_the_fields(&Sources::of(&[("server/storage/src/a.rs", text), ("xtask/src/a.rs", text)]));
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!((findings[0].path.as_str(), findings[0].line), ("server/storage/src/a.rs", 1));
    }
}
