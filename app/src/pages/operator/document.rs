//! A JSON document to edit: as text, with its lines numbered, and the line named that cannot be read.
//!
//! What is typed is never lost: a document that is refused stays as it is.

use contract::Problem;
use leptos::{html::Textarea, prelude::*};
use serde_json::{Map, Value};

use super::style;
use crate::{
    parts::{
        dom,
        icon::{Icon, icon},
    },
    store::library::change::quoted,
};

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
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(document)) => Ok(document),
        Ok(_) => Err(Unreadable { line: None, words: "A document begins with { and ends with }.".to_owned() }),
        Err(error) if error.is_eof() => {
            let line = text.trim_end().split('\n').count();
            let words = match missing(text) {
                Some(missing) => format!("Line {line}: a closing {missing} is missing."),
                None => format!("Line {line}: the text ends too early."),
            };
            Err(Unreadable { line: Some(line), words })
        }
        Err(error) => {
            let reason = error.to_string();
            let reason = reason.split(" at line ").next().unwrap_or_default();
            let words = format!("Line {}, character {}: {reason}.", error.line(), error.column());
            Err(Unreadable { line: Some(error.line()), words })
        }
    }
}

/// As [`read`], where a text of nothing but spaces is a document of nothing.
///
/// # Errors
/// As of [`read`].
pub fn read_or_nothing(text: &str) -> Result<Map<String, Value>, Unreadable> {
    if text.trim().is_empty() { Ok(Map::new()) } else { read(text) }
}

/// As `read` had it, but that an amount of money is a text: a number would be rounded on its way, and the server takes none.
///
/// # Errors
/// As `read` had it, or where one of these `amounts` is typed without quotes.
pub fn with_amounts(
    read: Result<Map<String, Value>, Unreadable>,
    text: &str,
    amounts: &[&str],
) -> Result<Map<String, Value>, Unreadable> {
    let document = read?;
    match amounts.iter().filter_map(|name| bare(text, name)).min_by_key(|(at, _)| *at) {
        None => Ok(document),
        Some((at, pair)) => {
            let line = text.get(..at).unwrap_or_default().split('\n').count();
            Err(Unreadable { line: Some(line), words: format!("Line {line}: an amount stands in quotes: {pair}.") })
        }
    }
}

/// Where the field `name` of a readable document has a number first, and how it would be written with a text.
fn bare(text: &str, name: &str) -> Option<(usize, String)> {
    let key = format!("\"{name}\"");
    text.match_indices(&key).find_map(|(at, key)| {
        let value = text.get(at + key.len()..)?.trim_start().strip_prefix(':')?.trim_start();
        let number = value.split(|letter: char| !matches!(letter, '0'..='9' | '-' | '+' | '.' | 'e' | 'E')).next()?;
        number.ends_with(|letter: char| letter.is_ascii_digit()).then(|| (at, format!("{key}: \"{number}\"")))
    })
}

/// What would close what is open last where a text ends.
fn missing(text: &str) -> Option<char> {
    let (mut open, mut is_quoted, mut is_escaped) = (Vec::new(), false, false);
    for letter in text.chars() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            '{' => open.push('}'),
            '[' => open.push(']'),
            '}' | ']' => {
                open.pop();
            }
            _ => {}
        }
    }
    if is_quoted { Some('"') } else { open.pop() }
}

/// The document that was typed into the editor `name`, to be sent. Where it cannot be read, that says why at its line, and the focus
/// goes there.
pub fn read_to_send(name: &str, text: RwSignal<String>, read: Reader) -> Option<Map<String, Value>> {
    let document = text.with_untracked(|text| read(text)).ok();
    if document.is_none()
        && let Some(lines) = leptos::prelude::document().get_element_by_id(name)
    {
        dom::focus_into_view(&lines);
    }
    document
}

/// What makes a document of a text: whether an empty one is one hangs on what the document is of.
pub type Reader = fn(&str) -> Result<Map<String, Value>, Unreadable>;

/// What of an authorization Marquee reads, and what it is.
const FIELDS: [(&str, &str); 10] = [
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

fn is_known(name: &str) -> bool {
    FIELDS.iter().any(|(names, _)| names.split(", ").any(|known| known == name))
}

/// What is said of fields that Marquee does not read: they are kept, and a slip of the pen limits nothing.
fn unknown_words(text: &str, knows: fn(&str) -> bool, is_refused: bool) -> Option<String> {
    let document = read(text).ok()?;
    let unknown: Vec<_> = document.keys().filter(|name| !knows(name)).map(|name| quoted(name)).collect();
    // Nothing of what was refused is kept.
    match unknown.as_slice() {
        [] => None,
        some if is_refused => Some(format!("Marquee does not know {}. Is it spelled as meant?", some.join(", "))),
        [one] => Some(format!("Marquee does not know {one}: it is kept, but changes nothing here. Is it spelled as meant?")),
        [others @ .., last] => Some(format!(
            "Marquee does not know {} and {last}: they are kept, but change nothing here. Are they spelled as meant?",
            others.join(", ")
        )),
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

/// The text of a document. `refused` is what the server found wrong with it; `knows` says which of its fields Marquee reads.
#[component]
pub fn DocumentEditor(
    label: &'static str,
    name: &'static str,
    hint: &'static str,
    text: RwSignal<String>,
    #[prop(into)] refused: Signal<Option<String>>,
    #[prop(default = is_known)] knows: fn(&str) -> bool,
    #[prop(default = read)] read: Reader,
) -> impl IntoView {
    let unreadable = Memo::new(move |_| text.with(|text| read(text).err()));
    let area = NodeRef::<Textarea>::new();
    // Whoever saved it stands at the button: what is to be changed is here.
    Effect::new(move |before: Option<bool>| {
        let is_refused = refused.with(Option::is_some);
        if is_refused
            && before == Some(false)
            && let Some(area) = area.get_untracked()
        {
            dom::focus_into_view(&area);
        }
        is_refused
    });
    let wrong =
        Memo::new(move |_| unreadable.with(|wrong| wrong.as_ref().map(|wrong| wrong.words.clone())).or_else(|| refused.get()));
    let is_refused = Memo::new(move |_| wrong.with(Option::is_some));
    let unknown = Memo::new(move |_| text.with(|text| unknown_words(text, knows, is_refused.get())));
    let lines = Memo::new(move |_| text.with(|text| text.split('\n').count()));
    let numbers = move || {
        let wrong = unreadable.with(|wrong| wrong.as_ref().and_then(|wrong| wrong.line));
        (1..=lines.get()).map(|line| view! { <span data-wrong=(wrong == Some(line)).then_some("")>{line}</span> }).collect_view()
    };
    let note = format!("{name}-note");
    let unknown_note = format!("{name}-unknown");
    view! {
        <p class=style::field>
            <label class=style::label for=name>{label}</label>
            <span class=style::editor>
                <span class=style::numbers aria-hidden="true">{numbers}</span>
                <textarea
                    class=style::text
                    node_ref=area
                    id=name
                    name=name
                    wrap="off"
                    spellcheck="false"
                    autocomplete="off"
                    autocapitalize="none"
                    rows=move || lines.get().max(4)
                    aria-describedby=format!("{note} {unknown_note}")
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
            <span class=style::warning id=unknown_note role="status">{move || unknown.get()}</span>
        </p>
    }
    .into_any()
}

/// The fields that this version knows, for whoever writes one.
#[component]
pub fn KnownFields() -> impl IntoView {
    let lines = FIELDS.map(|(name, meaning)| view! { <dt><code>{name}</code></dt> <dd>{meaning}</dd> });
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
    use contract::authorization::{Authorization, ViewingHours};

    use super::*;

    #[test]
    fn the_fields_that_are_told_are_those_that_an_authorization_has() {
        let every = Authorization {
            devices: Some(1),
            streams: Some(1),
            viewing_minutes_per_day: Some(1),
            viewing_hours: Some(ViewingHours { from: 0, to: 1 }),
            upload_minutes: Some(1),
            regions: Some(Vec::new()),
            maturity: Some(1),
            ..Authorization::default()
        };
        let Ok(Value::Object(every)) = serde_json::to_value(every) else { panic!("an authorization is an object") };
        let told: Vec<_> = FIELDS.iter().flat_map(|(names, _)| names.split(", ")).collect();
        assert!(told.iter().all(|name| every.contains_key(*name)), "{told:?}");
        assert!(every.keys().all(|name| is_known(name)), "{every:?}");
        assert_eq!(told.len(), every.len(), "each once");
    }

    #[test]
    fn a_field_that_nobody_here_knows_is_named_and_what_cannot_be_read_is_not_searched() {
        assert_eq!(unknown_words("{ \"may_review\": false, \"streams\": null }", is_known, false), None);
        let one = unknown_words("{ \"may_reveiw\": false, \"streams\": 2 }", is_known, false).unwrap();
        assert!(one.starts_with("Marquee does not know \u{201c}\u{2068}may_reveiw\u{2069}\u{201d}: it is kept"), "{one}");
        let two = unknown_words("{ \"holodeck\": {}, \"sauna\": true }", is_known, false).unwrap();
        assert!(two.contains("holodeck\u{2069}\u{201d} and \u{201c}\u{2068}sauna"), "{two}");
        assert_eq!(unknown_words("{ \"may_reveiw\": ", is_known, true), None);
        let refused = unknown_words("{ \"prices\": [] }", is_known, true).unwrap();
        assert!(refused.contains("prices") && !refused.contains("kept"), "{refused}");
    }

    #[test]
    fn the_line_that_cannot_be_read_is_named() {
        let wrong = read("{\n  \"streams\": 2,\n  \"devices\": ,\n}").unwrap_err();
        assert_eq!(wrong.line, Some(3));
        assert!(wrong.words.starts_with("Line 3, character 14: "), "{}", wrong.words);
        assert_eq!(read("[1]").unwrap_err().line, None);
    }

    #[test]
    fn a_text_that_ends_too_early_says_what_closes_it() {
        let words = |text: &str| read(text).unwrap_err().words;
        assert_eq!(words("{ \"currency\": \"EUR\""), "Line 1: a closing } is missing.");
        assert_eq!(words("{\n  \"regions\": [\"eu\",\n"), "Line 2: a closing ] is missing.");
        assert_eq!(words("{ \"a}\\\"["), "Line 1: a closing \" is missing.");
        assert_eq!(words("{ \"a\": { } "), "Line 1: a closing } is missing.");
        assert_eq!(words(""), "Line 1: the text ends too early.");
    }

    #[test]
    fn an_empty_text_is_a_document_of_nothing_only_where_that_means_something() {
        assert_eq!(read_or_nothing(" \n"), Ok(Map::new()));
        assert!(read(" \n").is_err(), "a plan that allows everything is not made by emptying its box");
        assert!(read_or_nothing("{").is_err());
    }

    #[test]
    fn an_amount_that_is_typed_as_a_number_is_told_how_it_is_written_and_other_numbers_are_taken() {
        let of = |text: &str| with_amounts(read(text), text, &["month", "gb"]);
        let wrong = of("{\n  \"steps\": [{ \"capacity_gb\": 1000, \"month\" : 9.90 }]\n}").unwrap_err();
        assert_eq!(
            wrong,
            Unreadable { line: Some(2), words: "Line 2: an amount stands in quotes: \"month\": \"9.90\".".to_owned() }
        );
        assert!(of("{\n\"month\": \"4\",\n\"gb\":\n-1}").is_err_and(|wrong| wrong.line == Some(3)));
        assert!(of("{ \"month\": \"4\", \"capacity_gb\": 10, \"gb\": null }").is_ok());
        assert_eq!(of("{ \"month\": 4"), read("{ \"month\": 4"), "what cannot be read says so first");
    }

    #[test]
    fn a_document_is_the_same_after_it_was_read_and_written() {
        let text = "{\n  \"holodeck\": {\n    \"seats\": 4\n  },\n  \"streams\": 2\n}";
        assert_eq!(as_text(&read(text).unwrap()), text);
    }
}
