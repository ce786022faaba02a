//! A film that is refused because the account plays as many as it may: what plays, and the way to stop it.

use contract::{
    Problem,
    playback::{StopStream, Stream},
};
use leptos::prelude::*;

use super::style;
use crate::{
    parts::{button, failure::Failure},
    store::streams::{StreamsAction, streams},
};

#[component]
pub fn Refused(problem: Problem) -> impl IntoView {
    let store = streams();
    let dispatch = store.dispatcher();
    let playing = store.select(|streams| streams.list.ready().cloned().unwrap_or_default());
    Effect::new(move || dispatch.run(StreamsAction::Refused));
    view! {
        <Failure problem=problem/>
        <Show when=move || playing.with(|playing| !playing.is_empty())>
            <section class=style::playing aria-labelledby="playing">
                <h2 id="playing">"Playing now"</h2>
                <ul class=style::streams>
                    {move || playing.get().into_iter().map(|stream| view! { <Playing stream=stream/> }).collect_view()}
                </ul>
            </section>
        </Show>
    }
    .into_any()
}

#[component]
fn Playing(stream: Stream) -> impl IntoView {
    let store = streams();
    let dispatch = store.dispatcher();
    let is_busy = store.select(|streams| streams.stopping.is_some());
    let film = film(&stream);
    let device = if stream.is_here { format!("{} (this device)", stream.device) } else { stream.device };
    let label = format!("Stop {film} on {device}");
    let id = stream.id;
    view! {
        <li class=style::stream>
            <span>
                <span class=style::film>{film}</span>
                <span class=style::quiet>{device}</span>
            </span>
            <button
                class=button::GLASS
                aria-label=label
                disabled=move || is_busy.get()
                on:click=move |_| dispatch.run(StreamsAction::StopWanted(StopStream { id: id.clone() }))
            >
                "Stop it"
            </button>
        </li>
    }
    .into_any()
}

/// What plays; a film that is not for this profile is not named.
fn film(stream: &Stream) -> String {
    stream.title.as_ref().map_or_else(|| "A film".to_owned(), |film| format!("\u{201c}{}\u{201d}", film.title))
}
