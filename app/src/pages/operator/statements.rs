//! What all accounts owe for a month, as a file for whoever writes invoices.

use leptos::{ev::SubmitEvent, prelude::*};

use super::style;
use crate::{
    parts::{button, dom, months, select_field::SelectField, words},
    store::{
        Submission,
        statement_files::{StatementFilesAction, statement_files},
    },
};

/// Months that are offered, the one under way among them.
const MONTHS: usize = 12;
/// Accounts that are named on the page; all of them are in the file.
const NAMED: usize = 10;

#[component]
pub fn StatementsFile() -> impl IntoView {
    // Known in the browser alone, and after it has taken over.
    let now = RwSignal::new(None);
    Effect::new(move || now.set(Some(months::month_of(dom::now()))));
    view! {
        <section class=style::saving aria-labelledby="statements">
            <h2 id="statements">"Statements"</h2>
            <p class=style::quiet>
                "What each account owes for a month, as a CSV file: a row for each line of its statement. Accounts whose plan has no price owe nothing, and are left out."
            </p>
            {move || now.get().map(|now| view! { <Form now=now/> })}
        </section>
    }
    .into_any()
}

/// What is said of accounts that have no amount in the file.
fn without(left_out: &[String]) -> String {
    let (named, others) = left_out.split_at(left_out.len().min(NAMED));
    let others = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
    let named = named.join(", ");
    let then = "They are in the file without an amount, and the server's log says what is wrong.";
    format!("What these accounts owe cannot be read: {named}{others}. {then}")
}

#[component]
fn Form(now: String) -> impl IntoView {
    let slice = statement_files();
    let dispatch = slice.dispatcher();
    let file = slice.select(|slice| slice.file.clone());
    Effect::new(move || {
        if let Some(file) = file.get() {
            dom::save_file(&file.name, file.media_type, &file.text);
            dispatch.run(StatementFilesAction::FileTaken);
        }
    });
    let state = slice.select(|slice| slice.exporting.clone());
    let is_busy = move || state.with(|state| *state == Submission::Pending);
    let failed = move || state.with(|state| state.failed().map(words::problem));
    let left_out = slice.select(|slice| if slice.exporting == Submission::Done { slice.left_out.clone() } else { Vec::new() });
    let missing = move || left_out.with(|left_out| (!left_out.is_empty()).then(|| without(left_out)));
    let has_rows = slice.select(|slice| slice.has_rows);
    let said = move || match state.get() {
        Submission::Pending => "Putting the file together\u{2026}",
        Submission::Done if has_rows.get() => "The file is saved.",
        Submission::Done => "The file is saved. Nobody owes anything for this month: it has no rows.",
        Submission::Idle | Submission::Failed(_) => "",
    };
    let options = months::back_from(&now, MONTHS).into_iter().map(|month| {
        let words = months::in_words(&month);
        let words = if month == now { format!("{words}, so far") } else { words };
        (month, words)
    });
    let options: Vec<(String, String)> = options.collect();
    let month = RwSignal::new(now.clone());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        dispatch.run(StatementFilesAction::ExportWanted { month: month.get_untracked() });
    };
    view! {
        <form class=style::form on:submit=submit>
            <SelectField label="Month (UTC)" name="month" options=options value=month/>
            <p class=style::buttons>
                <button class=button::QUIET aria-disabled=move || is_busy().to_string()>"Save as CSV"</button>
                <span class=style::quiet role="status">{said}</span>
            </p>
            <p class=style::problem role="alert">{failed}{missing}</p>
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_who_are_left_out_are_named_and_the_rest_is_counted() {
        let logins: Vec<String> = (0..12).map(|number| format!("a{number}")).collect();
        assert!(without(&logins[..2]).contains(": a0, a1. "), "{}", without(&logins[..2]));
        assert!(without(&logins).contains("a9 and 2 more. "), "{}", without(&logins));
    }
}
