//! What was searched for and not found over the last seven days: what people miss here.

use contract::usage::Report;
use leptos::prelude::*;

use super::{
    counts_style,
    figures::{cell, number, text},
    stop, style,
};
use crate::{
    parts::{failure::Failure, skeleton::TextSkeleton},
    store::{
        Shown,
        searches::{Searches as Slice, searches},
    },
};

#[component]
pub fn Searches() -> impl IntoView {
    let slice = searches();
    let again = slice.again();
    let is_stop = stop();
    let report = slice.select(|slice: &Slice| slice.report.shown());
    view! {
        <section class=style::group aria-labelledby="searches">
            <h2 id="searches" tabindex=move || is_stop.get()>"Searched for and not found"</h2>
            {move || match report.get() {
                Shown::Waiting => view! { <TextSkeleton lines=4/> }.into_any(),
                Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
                Shown::Ready(report) => drawn(&report).into_any(),
            }}
        </section>
    }
    .into_any()
}

fn drawn(report: &Report) -> impl IntoView {
    let lines = lines(report);
    let notes = report.notes.iter().map(|note| view! { <p class=style::note>{note.clone()}</p> }).collect_view();
    let table = if lines.is_empty() {
        view! { <p class=style::empty>"In the last seven days, nothing that several people searched for was missing."</p> }
            .into_any()
    } else {
        let rows = lines.into_iter().map(|(query, times)| {
            view! {
                <tr>
                    <th scope="row"><bdi>{query}</bdi></th>
                    <td>{times}</td>
                </tr>
            }
        });
        view! {
            <table class=counts_style::counts>
                <caption class=style::hidden>"Searched for and not found"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Query"</th>
                        <th scope="col">"Times"</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        }
        .into_any()
    };
    view! {
        {table}
        {notes}
    }
}

/// Queries, and how often each was asked.
fn lines(report: &Report) -> Vec<(String, String)> {
    let line = |row: &Vec<_>| Some((text(report, row, "query")?.to_owned(), number(cell(report, row, "times")?)));
    report.rows.iter().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use contract::usage::{Cell, ReportColumn, ReportKind, Unit};

    use super::*;

    #[test]
    fn queries_stand_beside_how_often_they_were_asked_whatever_else_the_report_has() {
        let columns = ["day", "query", "times"].map(|name| ReportColumn { name: name.into(), unit: Unit::Count });
        let row = |query: &str, times| vec![Cell::Text("2026-11-29".into()), Cell::Text(query.into()), Cell::Number(times)];
        let report = Report {
            kind: ReportKind::SearchesWithoutAHit,
            from: String::new(),
            to: String::new(),
            columns: columns.into(),
            rows: vec![row("solaris", 1204), row("stalker", 3)],
            notes: Vec::new(),
            lost: 0,
            waiting: 0,
        };
        let lines = lines(&report);
        assert_eq!(lines, [("solaris".to_owned(), "1,204".to_owned()), ("stalker".to_owned(), "3".to_owned())]);
    }
}
