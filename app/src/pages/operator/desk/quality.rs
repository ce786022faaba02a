//! How well films played, over the last seven days.

use contract::usage::Report;
use leptos::prelude::*;

use super::{
    figures::{an_hour, bit_rate, by_day, last, number, short_time, sum},
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
pub fn Quality() -> impl IntoView {
    let desk = desk();
    let again = desk.again();
    let is_stop = stop();
    let shape = desk.select(|desk| desk.quality.shown_as(|report| sum(report, "quality_reports").unwrap_or_default() > 0.0));
    view! {
        <section class=style::wide aria-labelledby="quality">
            <h2 id="quality" tabindex=move || is_stop.get()>"How well films play"</h2>
            {move || match shape.get() {
                Shown::Waiting => view! { <TextSkeleton lines=4/> }.into_any(),
                Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
                Shown::Ready(false) => view! { <p class=style::empty>"No playback reports in the last seven days."</p> }.into_any(),
                Shown::Ready(true) => view! { <Figures/> }.into_any(),
            }}
        </section>
    }
    .into_any()
}

fn of<T: Clone + PartialEq + Default + Send + Sync + 'static>(part: impl Fn(&Report) -> T + Send + Sync + 'static) -> Memo<T> {
    desk().select(move |desk| desk.quality.latest().map(&part).unwrap_or_default())
}

#[component]
fn Figures() -> impl IntoView {
    let first_picture = of(|report| last(report, "first_picture_median").map(short_time));
    let stalls = of(|report| an_hour(sum(report, "stalls"), sum(report, "played_millis")));
    let errors = of(|report| sum(report, "errors").map(number));
    let rate = of(|report| last(report, "bitrate_median").map(bit_rate));
    let figure = |name: &'static str, note: &'static str, value: Memo<Option<String>>| {
        // What is not known is not there.
        move || {
            value.get().map(|value| {
                view! { <div class=style::tile><dt class=style::quiet>{name}</dt><dd class=style::figure>{value}</dd><dd class=style::note>{note}</dd></div> }
            })
        }
    };
    let pictures = of(|report| by_day(report, &[("first_picture_median", "Median"), ("first_picture_p95", "95th percentile")]));
    let has_pictures =
        Memo::new(move |_| pictures.with(|data| data.series.iter().any(|series| series.values.iter().any(Option::is_some))));
    let troubles = of(|report| by_day(report, &[("stalls", "Stalls"), ("errors", "Errors")]));
    let has_troubles = of(|report| ["stalls", "errors"].iter().any(|column| sum(report, column).unwrap_or_default() > 0.0));
    let picture_words = of(|report| {
        let value = |column| last(report, column).map(short_time).unwrap_or_default();
        format!(
            "Time to the first picture by the day. On the latest day half of the films began within {}, and 95 % within {}.",
            value("first_picture_median"),
            value("first_picture_p95")
        )
    });
    let trouble_words = of(|report| {
        let total = |column| number(sum(report, column).unwrap_or_default());
        format!("Stalls and errors by the day: {} stalls and {} errors in seven days.", total("stalls"), total("errors"))
    });
    view! {
        <dl class=style::tiles>
            {figure("First picture", "median of the latest day", first_picture)}
            {figure("Stalls per hour watched", "last seven days", stalls)}
            {figure("Errors", "last seven days", errors)}
            {figure("Bit rate", "median of the latest day", rate)}
        </dl>
        <div class=style::charts>
            <Show when=move || has_pictures.get()>
                <Chart kind=Kind::Lines heading="Time to the first picture" data=pictures sentence=picture_words unit=short_time/>
            </Show>
            <Show
                when=move || has_troubles.get()
                fallback=|| view! { <p class=style::empty>"No stalls, no errors in seven days."</p> }
            >
                <Chart kind=Kind::Bars heading="Stalls and errors" data=troubles sentence=trouble_words unit=number is_whole=true/>
            </Show>
        </div>
    }
    .into_any()
}
