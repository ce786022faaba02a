//! Short notes that something was done, with Undo; and what is said to screen readers by the way.

use leptos::prelude::*;

use super::{
    button, dom,
    icon::{Icon, icon},
    reactive::{Keyed, each},
    use_store, words,
};
use crate::store::{Action, StateStoreFields, state::Toast};

stylance::import_crate_style!(style, "src/parts/toasts/toasts.module.scss");

/// The toasts, at the foot of the screen, or of the dialog that is open over it: what lies behind a dialog is dimmed and cannot be
/// pressed. There the last one stands below what the dialog offers, and covers nothing of it.
#[component]
pub fn Toasts(#[prop(optional)] is_in_dialog: bool) -> impl IntoView {
    let (state, dispatch) = use_store();
    let hold = move |is_held| dispatch.run(Action::ToastsHeld { is_held });
    let toasts = Memo::new(move |_| {
        state.notices().with(|notices| {
            let passed_over = if is_in_dialog { notices.toasts.len().saturating_sub(1) } else { 0 };
            notices.toasts.iter().skip(passed_over).cloned().collect::<Vec<_>>()
        })
    });
    if is_in_dialog {
        // With the dialog goes whatever the viewer was at.
        on_cleanup(move || hold(false));
    }
    view! {
        <div
            class=if is_in_dialog { style::in_dialog } else { style::toasts }
            role="region"
            aria-label="Notices"
            aria-live="polite"
            data-notices=(!is_in_dialog).then_some("")
            on:pointerenter=move |_| hold(true)
            on:pointerleave=move |_| hold(false)
            on:focusin=move |event| {
                dom::remember_focus(&event);
                hold(true);
            }
            on:focusout=move |_| hold(false)
        >
            {each(move || toasts.get().into_iter().map(|toast| note(toast, is_in_dialog)).collect())}
        </div>
    }
    .into_any()
}

fn note(toast: Toast, is_in_dialog: bool) -> Keyed {
    Keyed::new(toast.id.to_string(), move || view! { <Note toast=toast is_in_dialog=is_in_dialog/> }.into_any())
}

#[component]
fn Note(toast: Toast, is_in_dialog: bool) -> impl IntoView {
    let (_, dispatch) = use_store();
    let Toast { id, message, undo } = toast;
    let text = parts(&words::message(&message)).into_iter().map(draw).collect_view();
    // A dialog has a button of its own that is called so.
    let close = if is_in_dialog { "Dismiss" } else { "Close" };
    // With the toast its buttons go.
    let leave = move |action| {
        dispatch.run(action);
        dom::return_focus();
    };
    view! {
        <div class=style::toast>
            <p>{text}</p>
            {undo.map(|_| view! {
                <button
                    class=style::undo
                    type="button"
                    aria-keyshortcuts="Control+Z"
                    data-notice-action=""
                    on:click=move |_| leave(Action::UndoWanted { id, now: dom::now() })
                >
                    "Undo"
                </button>
            })}
            <button class=button::ROUND type="button" aria-label=close on:click=move |_| leave(Action::ToastDismissed { id })>
                {icon(Icon::Close)}
            </button>
        </div>
    }
}

/// A piece of what is said.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Words(String),
    /// What somebody called something, in its quotation marks, with what stands behind it without a space.
    Name {
        name: String,
        behind: String,
    },
}

/// What is said, with the names in it, which are found by the isolates around them (`library::change::quoted`).
fn parts(text: &str) -> Vec<Part> {
    let mut pieces = text.split("\u{201c}\u{2068}");
    let mut parts = vec![Part::Words(pieces.next().unwrap_or_default().to_owned())];
    for piece in pieces {
        let Some((name, rest)) = piece.rsplit_once("\u{2069}\u{201d}") else {
            parts.push(Part::Words(format!("\u{201c}\u{2068}{piece}")));
            continue;
        };
        let (behind, words) = rest.split_at(rest.find(' ').unwrap_or(rest.len()));
        parts.push(Part::Name { name: name.to_owned(), behind: behind.to_owned() });
        parts.push(Part::Words(words.to_owned()));
    }
    parts
}

/// The text stays what it was, for whoever reads it without seeing it.
fn draw(part: Part) -> AnyView {
    match part {
        Part::Words(words) => words.into_any(),
        Part::Name { name, behind } => view! {
            <span class=style::name>
                "\u{201c}"
                <span>{format!("\u{2068}{name}\u{2069}")}</span>
                {format!("\u{201d}{behind}")}
            </span>
        }
        .into_any(),
    }
}

/// Read out by screen readers when it changes; never seen.
#[component]
pub fn Announcer() -> impl IntoView {
    let (state, _) = use_store();
    let said = Memo::new(move |_| state.notices().with(|notices| notices.announcement.clone()));
    // The same words once more differ by a space that nobody sees or hears.
    let words = move || {
        said.get().map(|said| {
            let again = if said.is_again { "\u{a0}" } else { "" };
            format!("{}{again}", words::message(&said.message))
        })
    };
    view! { <p class=style::visually_hidden role="status">{words}</p> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::library::change::quoted;

    fn name(name: &str, behind: &str) -> Part {
        Part::Name { name: name.to_owned(), behind: behind.to_owned() }
    }

    fn said(words: &str) -> Part {
        Part::Words(words.to_owned())
    }

    #[test]
    fn the_names_in_what_is_said_are_told_from_the_sentence_around_them() {
        let text = format!("{} is on {}. It is the first.", quoted("Alien"), quoted("Films for \u{201c}Sunday\u{201d}"));
        let expected = [
            said(""),
            name("Alien", ""),
            said(" is on "),
            name("Films for \u{201c}Sunday\u{201d}", "."),
            said(" It is the first."),
        ];
        assert_eq!(parts(&text), expected);
        assert_eq!(parts("Done."), [said("Done.")]);
    }

    #[test]
    fn a_name_that_is_not_ended_is_said_as_it_stands() {
        assert_eq!(parts("Of \u{201c}\u{2068}A"), [said("Of "), said("\u{201c}\u{2068}A")]);
    }
}
