//! The seek bar: a slider over the whole film, with what is buffered, chapters, and a picture of where one would land.

use leptos::{ev, prelude::*, web_sys::HtmlElement};
use wasm_bindgen::JsCast;

use super::{controller::Controller, timeline};
use crate::parts::time;

stylance::import_crate_style!(style, "src/pages/watch/player/seekbar.module.scss");

#[component]
pub fn SeekBar() -> impl IntoView {
    let controller = expect_context::<Controller>();
    let live = controller.live;
    let pointed = RwSignal::new(None::<f64>);
    let played = Memo::new(move |_| timeline::fraction(live.position.get(), live.duration.get()));
    let spoken = move || format!("{} of {}", time::spoken(live.position.get()), time::spoken(live.duration.get()));
    let seek = move |event: ev::Targeted<ev::Event, leptos::web_sys::HtmlInputElement>| {
        let seconds = event.target().value_as_number();
        controller.seek(seconds);
        pointed.set(Some(timeline::fraction(seconds, live.duration.get_untracked())));
        controller.activate();
    };
    view! {
        <div
            class=style::bar
            on:pointermove=move |event| pointed.set(fraction_at(&event))
            on:pointerleave=move |_| pointed.set(None)
        >
            <div class=style::rail aria-hidden="true">
                <div class=style::buffered style:transform=move || scale(live.buffered.get())></div>
                <div class=style::played style:transform=move || scale(played.get())></div>
                {chapters(controller)}
            </div>
            <div class=style::knob aria-hidden="true" style:inset-inline-start=move || percent(played.get())></div>
            <input
                class=style::slider
                type="range"
                min="0"
                step="any"
                aria-label="Seek"
                aria-valuetext=spoken
                max=move || live.duration.get().to_string()
                prop:value=move || live.position.get().to_string()
                on:input:target=seek
                on:focus=move |_| controller.activate()
                on:blur=move |_| pointed.set(None)
            />
            {move || pointed.get().map(|fraction| bubble(controller, fraction))}
        </div>
    }
    .into_any()
}

/// What one would land on.
fn bubble(controller: Controller, fraction: f64) -> impl IntoView {
    let seconds = fraction * controller.live.duration.get();
    let (tile, look, chapter) = controller.session.with_value(|session| {
        let board = session.storyboard.as_ref();
        let tile = board.and_then(|board| timeline::tile(board, seconds));
        let look = board.zip(tile.as_ref()).map(|(board, tile)| tile.look(board));
        (tile, look, timeline::chapter(&session.chapters, seconds).map(|chapter| chapter.title.clone()))
    });
    let wide = tile.map_or_else(|| "10rem".to_owned(), |tile| format!("{}px", tile.width));
    view! {
        <div class=style::bubble style:--tile=wide style:--at=percent(fraction) aria-hidden="true">
            {look.map(|look| view! { <div class=style::picture style=look></div> })}
            {chapter.map(|title| view! { <span class=style::chapter>{title}</span> })}
            <span class=style::time>{time::clock(seconds)}</span>
        </div>
    }
    .into_any()
}

fn chapters(controller: Controller) -> impl IntoView {
    let duration = controller.live.duration.get_untracked();
    let starts =
        controller.session.with_value(|session| session.chapters.iter().map(|chapter| chapter.start).collect::<Vec<_>>());
    starts
        .into_iter()
        .filter(|start| *start > 0.0)
        .map(|start| view! { <i class=style::mark style:inset-inline-start=percent(timeline::fraction(start, duration))></i> })
        .collect_view()
}

fn fraction_at(event: &ev::PointerEvent) -> Option<f64> {
    let bar = event.current_target()?.dyn_into::<HtmlElement>().ok()?;
    let place = bar.get_bounding_client_rect();
    Some(timeline::fraction(f64::from(event.client_x()) - place.left(), place.width()))
}

fn scale(fraction: f64) -> String {
    format!("scaleX({fraction:.4})")
}

fn percent(fraction: f64) -> String {
    format!("{:.2}%", fraction * 100.0)
}
