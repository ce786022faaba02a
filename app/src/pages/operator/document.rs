//! A JSON document to edit: as text, with its lines numbered, and the line named that cannot be read.
//!
//! What is typed is never lost: a document that is refused stays as it is.

use contract::Problem;
use leptos::prelude::*;
use serde_json::{Map, Value};

use super::style;
use crate::parts::icon::{Icon, icon};

/// A document as people read it.
pub fn as_text(document: &Map<String, Value>) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default()
}

/// Why a text is no document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// From 1; absent where no line is to blame.
    pub line: Option<usize>,
    pub words: String,
}

/// The document that a text is. Parsed here and not by the browser, which does not say which line is wrong.
///
/// # Errors
/// The line and what is wrong there.
pub fn read(text: &str) -> Result<Map<String, Value>, Unreadable> {
    match serde_json::from_str(text) {
        Ok(Value::Object(document)) => Ok(document),
        Ok(_) => Err(Unreadable { line: None, words: "A document begins with { and ends with }.".to_owned() }),
        Err(error) => {
            let reason = error.to_string();
            let reason = reason.split(" at line ").next().unwrap_or_default();
            let words = format!("Line {}, character {}: {reason}.", error.line(), error.column());
            Err(Unreadable { line: Some(error.line()), words })
        }
    }
}

/// What the server found wrong with the field `name`.
pub fn refusal_of(name: &str, problem: Signal<Option<Problem>>) -> Option<String> {
    problem.with(|problem| {
        let wrong =
            problem.as_ref()?.fields.iter().find(|wrong| wrong.field == name || wrong.field.starts_with(&format!("{name}.")))?;
        Some(wrong.message.clone())
    })
}

/// The text of a document. `refused` is what the server found wrong with it.
#[component]
pub fn DocumentEditor(
    label: &'static str,
    name: &'static str,
    hint: &'static str,
    text: RwSignal<String>,
    #[prop(into)] refused: Signal<Option<String>>,
) -> impl IntoView {
    let unreadable = Memo::new(move |_| text.with(|text| read(text).err()));
    let wrong =
        Memo::new(move |_| unreadable.with(|wrong| wrong.as_ref().map(|wrong| wrong.words.clone())).or_else(|| refused.get()));
    let lines = Memo::new(move |_| text.with(|text| text.split('\n').count()));
    let numbers = move || {
        let wrong = unreadable.with(|wrong| wrong.as_ref().and_then(|wrong| wrong.line));
        (1..=lines.get()).map(|line| view! { <span data-wrong=(wrong == Some(line)).then_some("")>{line}</span> }).collect_view()
    };
    let note = format!("{name}-note");
    view! {
        <p class=style::field>
            <label class=style::label for=name>{label}</label>
            <span class=style::editor>
                <span class=style::numbers aria-hidden="true">{numbers}</span>
                <textarea
                    class=style::text
                    id=name
                    name=name
                    wrap="off"
                    spellcheck="false"
                    autocomplete="off"
                    autocapitalize="none"
                    rows=move || lines.get().max(4)
                    aria-describedby=note.clone()
                    aria-invalid=move || wrong.with(Option::is_some).to_string()
                    prop:value=move || text.get()
                    on:input=move |event| text.set(event_target_value(&event))
                >
                    {text.get_untracked()}
                </textarea>
            </span>
            <span class=style::note id=note role="status" data-wrong=move || wrong.with(Option::is_some).then_some("")>
                {move || wrong.get().unwrap_or_else(|| hint.to_owned())}
            </span>
        </p>
    }
    .into_any()
}

/// The fields that this version knows, for whoever writes one.
#[component]
pub fn KnownFields() -> impl IntoView {
    let fields = [
        ("may_browse, may_watch", "true or false; for guests false unless it is there"),
        ("resolution", "\"SD\", \"HD\", \"4K\" or \"8K\""),
        ("devices", "devices signed in at once"),
        ("streams", "films at once"),
        ("viewing_minutes_per_day", "minutes"),
        ("viewing_hours", "{ \"from\": 960, \"to\": 1320 }, minutes after midnight UTC"),
        ("upload_minutes", "minutes, all together"),
        ("may_review, may_keep_favourites, may_keep_watchlists, gets_recommendations", "true or false"),
        ("regions", "[\"eu\"], whose servers may serve them"),
        ("maturity", "the age up to which films are shown"),
    ];
    let lines = fields.map(|(name, meaning)| view! { <dt><code>{name}</code></dt> <dd>{meaning}</dd> });
    view! {
        <details class=style::known>
            <summary>{icon(Icon::Down)} "Fields you can use"</summary>
            <dl>{lines.collect_view()}</dl>
            <p class=style::quiet>"Other fields are kept as they are and passed to every app. A field that is left out is not limited."</p>
        </details>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_cannot_be_read_is_named() {
        let wrong = read("{\n  \"streams\": 2,\n  \"devices\": ,\n}").unwrap_err();
        assert_eq!(wrong.line, Some(3));
        assert!(wrong.words.starts_with("Line 3, character 14: "), "{}", wrong.words);
        assert_eq!(read("[1]").unwrap_err().line, None);
    }

    #[test]
    fn a_document_is_the_same_after_it_was_read_and_written() {
        let text = "{\n  \"holodeck\": {\n    \"seats\": 4\n  },\n  \"streams\": 2\n}";
        assert_eq!(as_text(&read(text).unwrap()), text);
    }
}
