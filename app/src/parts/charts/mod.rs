//! Charts: lines and stacked bars over a few dozen places, each with a sentence for whoever does not see it and a table behind it.
//!
//! The drawing is stretched to the room that there is, and its letters are the page's own. Must never say with a colour alone what is what:
//! series are drawn differently, too.

mod scale;
mod scroller;

use leptos::prelude::*;

use scale::{SIDE, bars, dots, height, line, place, ticks};
pub use scroller::Scroller;

stylance::import_crate_style!(style, "src/parts/charts/charts.module.scss");

/// What a chart shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChartData {
    /// What the places along the chart are, in the words of its table: `29 Nov`.
    pub places: Vec<String>,
    /// Of how many places one is named below the chart; 0 counts as 1.
    pub every: usize,
    /// What a place is: the heading of the table's first column.
    pub of: &'static str,
    pub series: Vec<Series>,
}

/// Values along the places; as many, or fewer where the rest is not known yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    pub name: String,
    pub values: Vec<Option<f64>>,
}

/// How a chart is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A line for each series, the second one dashed.
    Lines,
    /// A bar for each place, the series on each other.
    Bars,
}

/// A chart. `sentence` says what it shows to whoever does not see it; `unit` writes a value, also at the scale.
#[component]
pub fn Chart(
    kind: Kind,
    #[prop(into)] heading: Signal<String>,
    data: Memo<ChartData>,
    #[prop(into)] sentence: Signal<String>,
    unit: fn(f64) -> String,
    /// Whether values are counted, so that none lies between two whole numbers.
    #[prop(optional)]
    is_whole: bool,
    /// How large the unit is that a scale up to the greatest value counts in, where round numbers are not those of the values: hours,
    /// where they are milliseconds.
    #[prop(optional)]
    unit_of_scale: Option<Callback<f64, f64>>,
) -> impl IntoView {
    let lines = Memo::new(move |_| {
        let tops = data.with(|data| tops(kind, data));
        let most = tops.iter().copied().fold(0.0, f64::max);
        let size = unit_of_scale.map_or(1.0, |unit| unit.run(most));
        ticks(tops.into_iter().map(|top| top / size), is_whole).into_iter().map(|line| line * size).collect::<Vec<_>>()
    });
    let most = Memo::new(move |_| lines.with(|lines| lines.last().copied().unwrap_or(1.0)));
    let names = Memo::new(move |_| data.with(|data| data.series.iter().map(|series| series.name.clone()).collect::<Vec<_>>()));
    let scale = move || {
        let top = |value: f64| format!("{:.2}%", height(value, most.get()) / SIDE * 100.0);
        lines
            .get()
            .into_iter()
            .map(|value| view! { <span style:inset-block-start=top(value)>{unit(value)}</span> })
            .collect_view()
    };
    let grid =
        move || lines.get().into_iter().map(|value| format!("M0 {0:.1}H{SIDE}", height(value, most.get()))).collect::<String>();
    let drawing = move || data.with(|data| drawn(kind, data, most.get()));
    let hints = move || data.with(|data| hints(data, unit));
    let below = move || {
        data.with(|data| {
            let count = data.places.len();
            let named = data.places.iter().enumerate().filter(|(index, _)| index % data.every.max(1) == 0);
            let at = |index| format!("{:.2}%", place(index, count) / SIDE * 100.0);
            named.map(|(index, name)| view! { <span style:inset-inline-start=at(index)>{name.clone()}</span> }).collect_view()
        })
    };
    view! {
        <figure class=style::chart>
            <figcaption class=style::caption>
                <span class=style::heading>{move || heading.get()}</span>
                <Legend names=names kind=kind/>
            </figcaption>
            <div class=style::plot role="img" aria-label=move || sentence.get()>
                <div class=style::scale aria-hidden="true">{scale}</div>
                <svg class=style::box_ viewBox="0 0 1000 1000" preserveAspectRatio="none" aria-hidden="true">
                    <path class=style::grid d=grid/>
                    {drawing}
                    {hints}
                </svg>
                <div class=style::places aria-hidden="true">{below}</div>
            </div>
            <Table heading=heading data=data unit=unit/>
        </figure>
    }
    .into_any()
}

/// What the scale has to reach above.
fn tops(kind: Kind, data: &ChartData) -> Vec<f64> {
    match kind {
        Kind::Lines => data.series.iter().flat_map(|series| series.values.iter().flatten().copied()).collect(),
        Kind::Bars => {
            let at = |index: usize| data.series.iter().filter_map(|series| series.values.get(index).copied().flatten()).sum();
            (0..data.places.len()).map(at).collect()
        }
    }
}

fn drawn(kind: Kind, data: &ChartData, most: f64) -> Vec<AnyView> {
    let count = data.places.len();
    // What stands behind is drawn first.
    let mut drawn = Vec::new();
    let mut below = Vec::new();
    for (index, series) in data.series.iter().enumerate() {
        let mark = index.to_string();
        drawn.push(match kind {
            Kind::Lines => view! {
                <path class=style::line data-series=mark.clone() d=line(&series.values, count, most)/>
                <path class=style::dot data-series=mark d=dots(&series.values, count, most)/>
            }
            .into_any(),
            Kind::Bars => {
                let bars = bars(&series.values, &mut below, count, most).into_iter();
                let bars = bars.map(|bar| {
                    view! { <rect class=style::bar data-series=mark.clone() x=bar.x y=bar.y width=bar.width height=bar.height/> }
                });
                bars.collect_view().into_any()
            }
        });
    }
    if kind == Kind::Lines {
        drawn.reverse();
    }
    drawn
}

/// What a pointer that rests on a place is told.
fn hints(data: &ChartData, unit: fn(f64) -> String) -> Vec<AnyView> {
    let count = data.places.len();
    let width = SIDE / count.max(1) as f64;
    let hint = |(index, name): (usize, &String)| {
        let values = data.series.iter().filter_map(|series| {
            let value = series.values.get(index).copied().flatten()?;
            Some(format!("{}: {}", series.name, unit(value)))
        });
        let words = [name.clone()].into_iter().chain(values).collect::<Vec<_>>().join("\n");
        let x = place(index, count) - width / 2.0;
        view! { <rect class=style::hint x=x y="0" width=width height=SIDE><title>{words}</title></rect> }.into_any()
    };
    data.places.iter().enumerate().map(hint).collect()
}

#[component]
fn Legend(names: Memo<Vec<String>>, kind: Kind) -> impl IntoView {
    let is_line = matches!(kind, Kind::Lines).then_some("");
    let entries = move || {
        let entry = move |(index, name): (usize, String)| {
            view! { <li><span class=style::swatch data-series=index.to_string() data-line=is_line></span>{name}</li> }
        };
        names.get().into_iter().enumerate().map(entry).collect_view()
    };
    view! { <ul class=style::legend aria-hidden="true">{entries}</ul> }.into_any()
}

/// The same in numbers.
#[component]
fn Table(heading: Signal<String>, data: Memo<ChartData>, unit: fn(f64) -> String) -> impl IntoView {
    let head = move || {
        data.with(|data| {
            let names = data.series.iter().map(|series| view! { <th scope="col">{series.name.clone()}</th> }).collect_view();
            view! { <tr><th scope="col">{data.of}</th>{names}</tr> }
        })
    };
    let rows = move || {
        data.with(|data| {
            let cell = |series: &Series, index: usize| {
                series.values.get(index).copied().flatten().map_or_else(|| "\u{2013}".to_owned(), unit)
            };
            let row = |(index, name): (usize, &String)| {
                let cells = data.series.iter().map(|series| view! { <td>{cell(series, index)}</td> }).collect_view();
                view! { <tr><th scope="row">{name.clone()}</th>{cells}</tr> }
            };
            data.places.iter().enumerate().map(row).collect_view()
        })
    };
    view! {
        <details class=style::numbers>
            <summary>"Table"</summary>
            <Scroller label=Signal::derive(move || format!("{}, in numbers", heading.get()))>
                <table>
                    <caption class=style::hidden>{move || heading.get()}</caption>
                    <thead>{head}</thead>
                    <tbody>{rows}</tbody>
                </table>
            </Scroller>
        </details>
    }
    .into_any()
}
