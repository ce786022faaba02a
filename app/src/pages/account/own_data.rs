//! What is kept of the account: everything as a file, and what it used, by the month.

use contract::usage::MonthOfUse;
use leptos::prelude::*;

use super::{Confirming, style};
use crate::{
    pages::operator::desk::figures::{bytes as size, time},
    parts::{button, confirm::Confirm, dom, failure::Failure, months, skeleton::TextSkeleton, words},
    store::{
        Shown, Submission,
        own_data::{OwnDataAction, own_data},
    },
};

#[component]
pub fn OwnData() -> impl IntoView {
    let slice = own_data();
    let dispatch = slice.dispatcher();
    let file = slice.select(|slice| slice.file.clone());
    Effect::new(move || {
        if let Some(file) = file.get() {
            dom::save_file(&file.name, file.media_type, &file.text);
            dispatch.run(OwnDataAction::FileTaken);
        }
    });
    let step_up = slice.select(|slice| slice.step_up.clone());
    let confirm = Callback::new(move |action| dispatch.run(OwnDataAction::StepUp(action)));
    let state = slice.select(|slice| slice.exporting.clone());
    let is_busy = move || state.with(|state| *state == Submission::Pending);
    let failed = move || state.with(|state| state.failed().map(words::problem));
    let said = move || match state.get() {
        Submission::Pending => "Putting the file together\u{2026}",
        Submission::Done => "The file is saved.",
        Submission::Idle | Submission::Failed(_) => "",
    };
    view! {
        <section class=style::group aria-labelledby="own-data">
            <h2 id="own-data">"Your data"</h2>
            <Confirm step_up=step_up dispatch=confirm setting=Confirming::OwnData.setting()/>
            <div class=style::saving>
                <p class=style::quiet>
                    "Everything that this Marquee keeps of your account and its profiles, in one JSON file. No password is in it."
                </p>
                <p class=style::ways>
                    <button
                        class=button::QUIET
                        type="button"
                        aria-disabled=move || is_busy().to_string()
                        on:click=move |_| dispatch.run(OwnDataAction::ExportWanted)
                    >
                        "Save everything"
                    </button>
                    <span class=style::quiet role="status">{said}</span>
                </p>
                <p class=style::problem role="alert">{failed}</p>
            </div>
            <Months/>
        </section>
    }
    .into_any()
}

#[component]
fn Months() -> impl IntoView {
    let slice = own_data();
    let again = slice.again();
    let dispatch = slice.dispatcher();
    let is_wanted = RwSignal::new(false);
    // Asked for once somebody looks.
    let toggled = move |_| {
        if !is_wanted.get_untracked() {
            is_wanted.set(true);
            dispatch.run(OwnDataAction::MonthsWanted);
        }
    };
    let used = slice.select(|slice| slice.months.shown());
    view! {
        <details class=style::statement on:toggle=toggled>
            <summary>"What you used, month by month"</summary>
            <div aria-live="polite">
                {move || is_wanted.get().then(|| match used.get() {
                    Shown::Waiting => view! { <TextSkeleton lines=3/> }.into_any(),
                    Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
                    Shown::Ready(used) if used.is_empty() => {
                        view! { <p class=style::quiet>"Nothing so far: a month is here once a film was played in it."</p> }.into_any()
                    }
                    Shown::Ready(used) => table(used).into_any(),
                })}
            </div>
        </details>
    }
    .into_any()
}

fn table(used: Vec<MonthOfUse>) -> impl IntoView {
    let rows = used.iter().map(|used| {
        let [month, sessions, watched, sent] = cells(used);
        view! {
            <tr>
                <th scope="row">{month}</th>
                <td>{sessions}</td>
                <td>{watched}</td>
                <td>{sent}</td>
            </tr>
        }
    });
    view! {
        <table class=style::owed>
            <thead>
                <tr>
                    <th scope="col">"Month (UTC)"</th>
                    <th scope="col">"Films begun"</th>
                    <th scope="col">"Time watched"</th>
                    <th scope="col">"Video sent"</th>
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
}

/// A month's row: little is told in small units, so that it is not told as nothing.
fn cells(used: &MonthOfUse) -> [String; 4] {
    let (watched, sent) = (used.watched_millis as f64, used.bytes as f64);
    let more = if used.is_incomplete { ", and more that cannot be read" } else { "" };
    [months::in_words(&used.month) + more, words::count(used.sessions), time(watched), size(sent)]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_little_that_was_used_is_not_told_as_nothing() {
        let said = |used| cells(&serde_json::from_value(used).unwrap());
        let little = json!({ "month": "2026-11", "sessions": 1, "watched_millis": 34_000, "bytes": 3_200_000 });
        assert_eq!(said(little), ["November 2026", "1", "34 s", "3.2 MB"]);
        let much = json!({ "month": "2026-10", "sessions": 1204, "watched_millis": 12_240_000, "bytes": 81_000_000_000_u64 });
        assert_eq!(said(much), ["October 2026", "1,204", "3.4 h", "81 GB"]);
        let unread = json!({ "month": "2026-09", "sessions": 0, "watched_millis": 0, "bytes": 0, "is_incomplete": true });
        assert_eq!(said(unread)[0], "September 2026, and more that cannot be read");
    }
}
