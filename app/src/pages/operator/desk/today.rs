//! Today, hour by hour, beside the same day a week ago.

use leptos::prelude::*;

use super::{
    figures::{Measure, TwoDays, change, two_days},
    stop, style,
};
use crate::{
    parts::{
        charts::{Chart, Kind},
        failure::Failure,
        skeleton::TextSkeleton,
    },
    store::{Shown, desk::desk},
};

#[component]
pub fn Today() -> impl IntoView {
    let desk = desk();
    let again = desk.again();
    let is_stop = stop();
    let shape = desk.select(|desk| desk.hours.shown_as(|_| ()));
    view! {
        <section class=style::wide aria-labelledby="today">
            <h2 id="today" tabindex=move || is_stop.get()>"Today and a week ago"</h2>
            {move || match shape.get() {
                Shown::Waiting => view! { <TextSkeleton lines=4/> }.into_any(),
                Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
                Shown::Ready(()) => view! { <Days/> }.into_any(),
            }}
        </section>
    }
    .into_any()
}

fn days(measure: Measure) -> Memo<TwoDays> {
    desk().select(move |desk| desk.hours.latest().map(|report| two_days(report, measure)).unwrap_or_default())
}

#[component]
fn Days() -> impl IntoView {
    let shown = RwSignal::new(Measure::Watched);
    let all = Measure::ALL.map(|measure| (measure, days(measure)));
    let tiles = all.map(|(measure, days)| view! { <Tile measure=measure days=days shown=shown/> }).collect_view();
    // Each measure is drawn with a scale of its own.
    let chart = move || {
        let measure = shown.get();
        let days = all.iter().find(|(of, _)| *of == measure).map(|(_, days)| *days)?;
        let data = Memo::new(move |_| days.with(|days| days.chart.clone()));
        let sentence = Signal::derive(move || days.with(|days| days.sentence(measure)));
        let unit = match measure {
            Measure::Watched => |value| Measure::Watched.words(value),
            Measure::Sessions => |value| Measure::Sessions.words(value),
            Measure::Bytes => |value: f64| Measure::Bytes.words(value),
        };
        let heading = format!("{} by the hour, UTC", measure.name());
        let is_whole = measure == Measure::Sessions;
        let scale = Callback::new(move |most| measure.unit_of_scale(most));
        Some(view! {
            <Chart kind=Kind::Lines heading=heading data=data sentence=sentence unit=unit unit_of_scale=scale is_whole=is_whole/>
        })
    };
    view! {
        <div class=style::tiles role="group" aria-label="What the chart shows">{tiles}</div>
        {chart}
    }
    .into_any()
}

/// A figure, which is a button that has the chart show it.
#[component]
fn Tile(measure: Measure, days: Memo<TwoDays>, shown: RwSignal<Measure>) -> impl IntoView {
    let today = move || days.with(|days| measure.words(days.today));
    let before = move || {
        days.with(|days| {
            let change = change(days.whole_hours, days.a_week_ago).map(|change| format!("{change} than "));
            // `the same as`, and nothing to compare with is said as it is.
            match change.as_deref() {
                Some("the same than ") => "the same as by this hour a week ago".to_owned(),
                Some(change) => format!("{change}by this hour a week ago"),
                None => "none by this hour a week ago".to_owned(),
            }
        })
    };
    view! {
        <button
            class=style::tile
            type="button"
            aria-pressed=move || (shown.get() == measure).to_string()
            on:click=move |_| shown.set(measure)
        >
            <span class=style::quiet>{measure.name()}</span>
            <span class=style::figure>{today}</span>
            <span class=style::note>{before}</span>
        </button>
    }
    .into_any()
}
