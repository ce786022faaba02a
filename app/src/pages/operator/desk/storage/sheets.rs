//! The cost sheets, to be edited as a document.
//!
//! What is typed stays as it is typed: where somebody else stored other sheets meanwhile, saving says so, and only a press shows theirs.

use contract::{Problem, storage_plan::ReplaceCostSheets};
use leptos::{ev::SubmitEvent, prelude::*};
use serde_json::{Map, Value};

use super::style;
use crate::{
    pages::operator::{
        Refused, Save,
        document::{DocumentEditor, Unreadable, as_text, read, read_to_send, with_amounts},
    },
    store::{
        Submission,
        storage::{StorageAction, storage},
    },
};

/// What the document has of its own.
const FIELDS: [&str; 2] = ["per_view", "flat"];
/// Amounts, wherever they are in it.
const AMOUNTS: [&str; 6] = ["stored_gb_month", "reads_per_thousand", "writes_per_thousand", "gb", "month", "beyond_gb"];
/// Where nothing is written yet.
const EMPTY: &str = "{\n  \"per_view\": [],\n  \"flat\": []\n}";
const EXAMPLE: &str = r#"{
  "per_view": [
    {
      "from": "2026-01",
      "sheet": {
        "currency": "EUR",
        "stored_gb_month": "0.023",
        "reads_per_thousand": "0.0004",
        "writes_per_thousand": "0.005",
        "out": [
          { "up_to_gb": 10000, "gb": "0.09" },
          { "gb": "0.085" }
        ]
      }
    }
  ],
  "flat": [
    {
      "from": "2026-01",
      "sheet": {
        "currency": "EUR",
        "steps": [
          { "capacity_gb": 1000, "month": "4", "traffic_gb": 5000 },
          { "capacity_gb": 10000, "month": "35", "traffic_gb": 20000 }
        ],
        "beyond_gb": "0.001"
      }
    }
  ]
}"#;

type Document = Map<String, Value>;

/// What to do with what is typed once another version is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Follow {
    /// It gives way to what is stored.
    Fill,
    /// It goes on from what is stored.
    Rebase,
    /// It stays, and saving it will be refused.
    Keep,
}

/// `filled` is what the editor was last filled with, `sent` what was sent from it last.
fn follow(stored: &Document, typed: &str, filled: &str, sent: Option<&Document>) -> Follow {
    if typed == filled {
        Follow::Fill
    } else if sent == Some(stored) || read(typed).is_ok_and(|typed| typed == *stored) {
        Follow::Rebase
    } else {
        Follow::Keep
    }
}

#[component]
pub fn Sheets() -> impl IntoView {
    let slice = storage();
    let (dispatch, ask) = (slice.dispatcher(), slice.again());
    let problem: Signal<Option<Problem>> = slice.select(|slice| slice.saving_sheets.failed().cloned()).into();
    let is_busy = slice.select(|slice| slice.saving_sheets == Submission::Pending);
    let stored =
        slice.select(|slice| slice.plan.latest().map(|plan| (plan.sheets_version, plan.sheets.clone())).unwrap_or_default());
    let as_typed = |sheets: &Option<Document>| sheets.as_ref().map_or_else(|| EMPTY.to_owned(), as_text);
    let (version, sheets) = stored.get_untracked();
    let first = as_typed(&sheets);
    let (text, base) = (RwSignal::new(first.clone()), StoredValue::new(version));
    let (filled, sent) = (StoredValue::new(first), StoredValue::new(None::<Document>));
    let fill = move || {
        let (version, sheets) = stored.get_untracked();
        let now = as_typed(&sheets);
        filled.set_value(now.clone());
        text.set(now);
        base.set_value(version);
    };
    Effect::new(move || {
        let (version, sheets) = stored.get();
        if version == base.get_value() {
            return;
        }
        let what = filled.with_value(|filled| {
            sent.with_value(|sent| text.with_untracked(|text| follow(&sheets.unwrap_or_default(), text, filled, sent.as_ref())))
        });
        match what {
            Follow::Fill => fill(),
            Follow::Rebase => base.set_value(version),
            Follow::Keep => {}
        }
    });
    let again = Callback::new(move |()| {
        // As far as it is known here; what is asked for now fills it anew.
        fill();
        ask.run(());
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        // What cannot be read says so at its line.
        let Some(sheets) = read_to_send("sheets", text, read_sheets) else { return };
        sent.set_value(Some(sheets.clone()));
        dispatch.run(StorageAction::SheetsWanted(ReplaceCostSheets { sheets, expected_version: base.get_value() }));
    };
    let refused = Signal::derive(move || problem.with(|problem| problem.as_ref().and_then(refusal)));
    view! {
        <form id="cost-sheets" class=style::form on:submit=submit>
            <h3>"What the stores cost"</h3>
            <DocumentEditor
                label="Cost sheets"
                name="sheets"
                hint="As JSON. Each price list applies from its month on. Write prices in quotes: \"0.023\"."
                text=text
                refused=refused
                knows=is_known
                read=read_sheets
            />
            <details class=super::desk_style::more>
                <summary>"What a sheet looks like"</summary>
                <pre class=style::example tabindex="0" role="region" aria-label="An example of cost sheets">{EXAMPLE}</pre>
            </details>
            <Refused fields=&["sheets"] problem=plain(problem)/>
            <Save is_busy=is_busy.into() problem=problem again=again label="Save the cost sheets"/>
        </form>
    }
    .into_any()
}

fn is_known(name: &str) -> bool {
    FIELDS.contains(&name)
}

fn read_sheets(text: &str) -> Result<Document, Unreadable> {
    with_amounts(read(text), text, &AMOUNTS)
}

/// A refusal that stands at no place of the document.
fn plain(problem: Signal<Option<Problem>>) -> Signal<Option<Problem>> {
    Signal::derive(move || problem.get().filter(|problem| refusal(problem).is_none()))
}

/// What the server found wrong, with the place in the document.
fn refusal(problem: &Problem) -> Option<String> {
    problem.fields.iter().find_map(|wrong| {
        let place = wrong.field.strip_prefix("sheets")?;
        let place = place.trim_start_matches('.');
        Some(if place.is_empty() { wrong.message.clone() } else { format!("{place}: {}", wrong.message) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Document {
        read(text).unwrap()
    }

    #[test]
    fn what_somebody_typed_never_gives_way_to_what_somebody_else_stored() {
        let theirs = document("{ \"flat\": [1] }");
        assert_eq!(follow(&theirs, "{ \"flat\": [2", "{}", None), Follow::Keep);
        assert_eq!(follow(&theirs, "{}", "{}", None), Follow::Fill, "nothing was typed");
        assert_eq!(follow(&theirs, "{ \"flat\": [1]}", "{}", None), Follow::Rebase, "the same, written otherwise");
        let own = document("{ \"flat\": [1] }");
        assert_eq!(follow(&theirs, "{ \"flat\": [1, 2] }", "{}", Some(&own)), Follow::Rebase, "typed on while it was saved");
    }

    #[test]
    fn a_price_without_quotes_is_told_to_have_some() {
        let wrong = read_sheets(&EXAMPLE.replace("\"35\"", "35")).unwrap_err();
        assert!(wrong.words.ends_with("an amount stands in quotes: \"month\": \"35\"."), "{}", wrong.words);
    }

    #[test]
    fn a_refusal_names_the_place_in_the_document() {
        let at = |field: &str| refusal(&Problem::invalid(field, "is no price"));
        assert_eq!(at("sheets.flat[0].month").as_deref(), Some("flat[0].month: is no price"));
        assert_eq!(at("sheets").as_deref(), Some("is no price"));
        assert_eq!(at("expected_version"), None);
    }

    #[test]
    fn the_documents_that_are_shown_can_be_read() {
        assert!(read_sheets(EXAMPLE).unwrap().keys().all(|name| is_known(name)));
        assert_eq!(document(EMPTY).len(), FIELDS.len());
    }
}
