//! Who plays what now: a table, and cards where there is no room for one.

use std::time::Duration;

use contract::{
    ids::StreamId,
    playback::{PlayingNow, PlayingSession},
};
use leptos::{html, prelude::*};

use super::{
    row::{Clock, Row},
    stop,
    stop_dialog::StopDialog,
    style,
};
use crate::{
    parts::{dom, failure::Failure, skeleton::TextSkeleton, words},
    store::{Shown, desk::desk},
};

/// How often the times on the screen go on.
const TICK: Duration = Duration::from_secs(1);

#[component]
pub fn NowPlaying() -> impl IntoView {
    let desk = desk();
    let again = desk.again();
    let shape = desk.select(|desk| desk.playing.shown_as(|playing| playing.items.is_empty()));
    let count = desk.select(|desk| desk.playing.latest().map(|playing| (playing.total, playing.items.len())));
    let (stopping, is_stop) = (RwSignal::new(None::<PlayingSession>), stop());
    // What was pressed goes with the film that it stopped.
    let (section, inside) = (NodeRef::<html::Section>::new(), dom::FocusInside::nowhere());
    let ids = desk.select(|desk| {
        let ids = |playing: &PlayingNow| playing.items.iter().map(|session| session.id.clone()).collect::<Vec<_>>();
        desk.playing.latest().map(ids).unwrap_or_default()
    });
    Effect::new(move |before: Option<()>| {
        // Read and not tracked alone: what nobody reads is never computed, and never changes.
        ids.with(|_| ());
        if before.is_some()
            && inside.is_so()
            && let Some(section) = section.get_untracked()
        {
            dom::rescue_focus(&section, "h2", 0);
        }
    });
    // It may have gone before the dialog closed, which then has nowhere to give the focus back to.
    Effect::new(move |was_open: Option<bool>| {
        let is_open = stopping.with(Option::is_some);
        if was_open == Some(true)
            && !is_open
            && let Some(section) = section.get_untracked()
        {
            dom::rescue_focus(&section, "h2", 0);
        }
        is_open
    });
    let said = move || count.get().map(|(total, _)| many(total));
    let rest = move || {
        let (total, shown) = count.get()?;
        let rest = total.saturating_sub(u64::try_from(shown).unwrap_or(u64::MAX));
        (rest > 0).then(|| format!("And {} more that began earlier.", words::count(rest)))
    };
    view! {
        <section
            node_ref=section
            class=style::wide
            on:focusin=move |_| inside.entered()
            on:focusout=move |event| inside.left(&event)
            aria-labelledby="now-playing"
        >
            <div class=style::head>
                <h2 id="now-playing" tabindex=move || is_stop.get().unwrap_or("-1")>"Now playing"</h2>
                <p class=style::quiet role="status">{said}</p>
            </div>
            {move || match shape.get() {
                Shown::Waiting => view! { <TextSkeleton lines=3/> }.into_any(),
                Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
                Shown::Ready(true) => view! { <p class=style::empty>"Nobody is watching."</p> }.into_any(),
                Shown::Ready(false) => view! { <Table ids=ids stopping=stopping/> }.into_any(),
            }}
            <p class=style::quiet>{rest}</p>
            <StopDialog stopping=stopping/>
        </section>
    }
    .into_any()
}

fn many(total: u64) -> String {
    match total {
        0 => String::new(),
        1 => "1 film".to_owned(),
        more => format!("{} films", words::count(more)),
    }
}

#[component]
fn Table(ids: Memo<Vec<StreamId>>, stopping: RwSignal<Option<PlayingSession>>) -> impl IntoView {
    let playing = desk().select(|desk| desk.playing.latest().cloned());
    let clock = server_clock(playing);
    // Cards are no table to the style, and stay one to whoever hears them.
    view! {
        <table class=style::playing role="table">
            <caption class=style::hidden>"What plays now, the latest first"</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Who"</th>
                    <th role="columnheader" scope="col">"Film"</th>
                    <th role="columnheader" scope="col">"Device"</th>
                    <th role="columnheader" scope="col">"Playing for"</th>
                    <th role="columnheader" scope="col"><span class=style::hidden>"Stop"</span></th>
                </tr>
            </thead>
            <tbody role="rowgroup">
                <For each=move || ids.get() key=|id| id.clone() let:id>
                    {
                        let session = Memo::new(move |before: Option<&Option<PlayingSession>>| {
                            let found = playing.with(|playing| {
                                playing.as_ref().and_then(|playing| playing.items.iter().find(|session| session.id == id).cloned())
                            });
                            found.or_else(|| before.cloned().flatten())
                        });
                        view! { <Row session=session clock=clock stopping=stopping/> }
                    }
                </For>
            </tbody>
        </table>
    }
    .into_any()
}

/// What the server's clock says now: as it said last, and on from there by this device's. Goes on each second, and stands where the server is gone.
fn server_clock(playing: Memo<Option<PlayingNow>>) -> Clock {
    let is_lost = desk().select(|desk| desk.lost.is_some());
    let told = Memo::new(move |_| playing.with(|playing| playing.as_ref().map_or(0, |playing| playing.now)));
    let ahead = RwSignal::new(None::<i64>);
    let tick = RwSignal::new(0_u64);
    Effect::new(move || {
        let told = told.get();
        ahead.set(Some(told.cast_signed().wrapping_sub(dom::now().cast_signed())));
        tick.set(told);
    });
    Effect::new(move || {
        let on = move || {
            if let Some(ahead) = ahead.get_untracked() {
                tick.set(dom::now().saturating_add_signed(ahead));
            }
        };
        if let Ok(timer) = set_interval_with_handle(on, TICK) {
            on_cleanup(move || timer.clear());
        }
    });
    let now = Signal::derive(move || if is_lost.get() { told.get() } else { tick.get().max(told.get()) });
    Clock { now, told, is_lost }
}
