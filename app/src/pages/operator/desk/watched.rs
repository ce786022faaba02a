//! What is watched, and on what, over the last seven days: tables whose lines are bars, too.

use contract::{
    catalog::TitleCard,
    usage::{Cell, Report},
};
use leptos::prelude::*;

use super::{
    figures::{bytes, cell, number, text, time},
    stop, style,
};
use crate::{
    parts::{failure::Failure, skeleton::TextSkeleton},
    route::Route,
    store::{
        Shown,
        desk::{Desk, desk},
        resource::Resource,
    },
};

stylance::import_crate_style!(ranking_style, "src/pages/operator/desk/ranking.module.scss");

/// A line of such a table.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    name: String,
    href: Option<String>,
    /// Of the line that has most.
    share: f64,
    watched: String,
    sessions: String,
    bytes: String,
}

#[component]
pub fn Titles() -> impl IntoView {
    let lines = |desk: &Desk, report: &Report| {
        let cards: &[TitleCard] = desk.cards.latest().map_or(&[], Vec::as_slice);
        lines(report, "title", |id| {
            let card = cards.iter().find(|card| card.id.as_str() == id);
            let href = card.map(|card| Route::Title { id: card.id.clone() }.href());
            // A title that is gone was watched all the same.
            (card.map_or_else(|| "A title that is gone".to_owned(), |card| card.title.clone()), href)
        })
    };
    view! { <Ranking id="titles" heading="Most watched in seven days" of="Title" report=|desk| &desk.titles lines=lines/> }
}

#[component]
pub fn Devices() -> impl IntoView {
    let lines = |_: &Desk, report: &Report| lines(report, "device", |device| (device_name(device), None));
    view! { <Ranking id="devices" heading="Devices in seven days" of="Device" report=|desk| &desk.devices lines=lines/> }
}

fn device_name(class: &str) -> String {
    match class {
        "tv" => "TVs",
        "desktop" => "Computers",
        "tablet" => "Tablets",
        "phone" => "Phones",
        other => other,
    }
    .to_owned()
}

/// Those that were watched, the longest first; what was opened and not watched is none.
fn lines(report: &Report, column: &str, named: impl Fn(&str) -> (String, Option<String>)) -> Vec<Line> {
    let of = |row: &[Cell], column: &str| cell(report, row, column).unwrap_or_default();
    let most = report.rows.iter().map(|row| of(row, "watched_millis")).fold(0.0, f64::max);
    let mut rows: Vec<&Vec<Cell>> = report.rows.iter().filter(|row| of(row, "watched_millis") > 0.0).collect();
    rows.sort_by(|one, other| of(other, "watched_millis").total_cmp(&of(one, "watched_millis")));
    let line = |row: &Vec<Cell>| {
        let (name, href) = named(text(report, row, column)?);
        let watched = of(row, "watched_millis");
        Some(Line {
            name,
            href,
            share: watched / most,
            watched: time(watched),
            sessions: number(of(row, "sessions")),
            bytes: bytes(of(row, "bytes")),
        })
    };
    rows.into_iter().filter_map(line).collect()
}

#[component]
fn Ranking(
    id: &'static str,
    heading: &'static str,
    of: &'static str,
    report: fn(&Desk) -> &Resource<(), Report>,
    lines: fn(&Desk, &Report) -> Vec<Line>,
) -> impl IntoView {
    let desk = desk();
    let again = desk.again();
    let is_stop = stop();
    let shape = desk.select(move |desk| match report(desk).shown() {
        Shown::Waiting => Shown::Waiting,
        Shown::Ready(report) => Shown::Ready(lines(desk, &report).is_empty()),
        Shown::Failed(problem) => Shown::Failed(problem),
    });
    let rows = desk.select(move |desk| report(desk).latest().map(|report| lines(desk, report)).unwrap_or_default());
    let table = move || {
        view! {
            <table class=ranking_style::ranking>
                <caption class=style::hidden>{heading}</caption>
                <thead>
                    <tr>
                        <th scope="col">{of}</th>
                        <th scope="col">"Watched"</th>
                        <th scope="col">"Begun"</th>
                        <th scope="col">"Sent"</th>
                    </tr>
                </thead>
                <tbody>{move || rows.get().into_iter().map(drawn).collect_view()}</tbody>
            </table>
        }
    };
    view! {
        <section class=style::group aria-labelledby=id>
            <h2 id=id tabindex=move || is_stop.get()>{heading}</h2>
            {move || match shape.get() {
                Shown::Waiting => view! { <TextSkeleton lines=4/> }.into_any(),
                Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
                Shown::Ready(true) => view! { <p class=style::empty>"Nothing was watched in the last seven days."</p> }.into_any(),
                Shown::Ready(false) => table().into_any(),
            }}
        </section>
    }
    .into_any()
}

fn drawn(line: Line) -> impl IntoView {
    let name = match line.href {
        Some(href) => view! { <a href=href><bdi>{line.name}</bdi></a> }.into_any(),
        None => view! { <bdi>{line.name}</bdi> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">
                {name}
                <span class=ranking_style::share aria-hidden="true"><span style:inline-size=format!("{:.1}%", line.share * 100.0)></span></span>
            </th>
            <td>{line.watched}</td>
            <td>{line.sessions}</td>
            <td>{line.bytes}</td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use contract::usage::{ReportColumn, ReportKind, Unit};

    use super::*;

    #[test]
    fn what_was_watched_for_longest_is_first_and_the_others_are_measured_by_it() {
        let columns = ["device", "sessions", "watched_millis", "bytes"];
        let columns = columns.map(|name| ReportColumn { name: name.into(), unit: Unit::Count });
        let row = |device: &str, watched| vec![Cell::Text(device.into()), Cell::Number(1), Cell::Number(watched), Cell::None];
        let report = Report {
            kind: ReportKind::Devices,
            from: String::new(),
            to: String::new(),
            columns: columns.into(),
            rows: vec![row("phone", 60_000), row("tv", 240_000), row("fridge", 0)],
            notes: Vec::new(),
            lost: 0,
            waiting: 0,
        };
        let lines = lines(&report, "device", |device| (device_name(device), None));
        let shown: Vec<_> = lines.iter().map(|line| (line.name.as_str(), line.share, line.watched.as_str())).collect();
        assert_eq!(shown, [("TVs", 1.0, "4 min"), ("Phones", 0.25, "1 min")], "what was watched not at all is none of them");
    }
}
