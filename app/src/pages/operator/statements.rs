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

#[component]
pub fn StatementsFile() -> impl IntoView {
    // Known in the browser alone, and after it has taken over.
    let now = RwSignal::new(None);
    Effect::new(move || now.set(Some(months::month_of(dom::now()))));
    view! {
        <section class=style::group aria-labelledby="statements">
            <h2 id="statements">"Statements"</h2>
            <p class=style::quiet>
                "What each account owes for a month, as a CSV file: a row for each line of its statement. Accounts whose plan has no price owe nothing, and are left out."
            </p>
            {move || now.get().map(|now| view! { <Form now=now/> })}
        </section>
    }
    .into_any()
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
    let said = move || match state.get() {
        Submission::Pending => "Putting the file together\u{2026}",
        Submission::Done => "The file is saved.",
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
            <p class=style::problem role="alert">{failed}</p>
        </form>
    }
    .into_any()
}
