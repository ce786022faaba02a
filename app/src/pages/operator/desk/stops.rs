//! What operators stopped of late.

use contract::playback::PlayingStop;
use leptos::prelude::*;

use super::{stop, style};
use crate::{
    parts::dom::date_and_time,
    route::{Operator, Route},
    store::desk::desk,
};

#[component]
pub fn Stops() -> impl IntoView {
    let is_stop = stop();
    let stops = desk().select(|desk| desk.stops.latest().map(|page| page.items.clone()).unwrap_or_default());
    view! {
        <Show when=move || stops.with(|stops| !stops.is_empty())>
            <section class=style::wide aria-labelledby="stops">
                <h2 id="stops" tabindex=move || is_stop.get()>"What was stopped"</h2>
                <p class=style::note>"Accounts are named as they sign in. Times are your own."</p>
                <ul class=style::list>{move || stops.get().into_iter().map(line).collect_view()}</ul>
            </section>
        </Show>
    }
    .into_any()
}

/// Who stopped whose film, and what they said. What is gone has no name any more.
fn line(stop: PlayingStop) -> impl IntoView {
    let by = stop.by_login.unwrap_or_else(|| "an operator who is gone".to_owned());
    let of = match (stop.account, stop.login) {
        (Some(id), Some(login)) => {
            view! { <a href=Route::Operator(Operator::Account { id }).href()><bdi>{login}</bdi></a> }.into_any()
        }
        (Some(_) | None, _) if stop.is_guest => view! { <span>"a guest"</span> }.into_any(),
        (Some(_) | None, _) => view! { <span>"an account that is gone"</span> }.into_any(),
    };
    let message =
        stop.message.map(|message| view! { <span class=style::quiet>"\u{201c}" <bdi>{message}</bdi> "\u{201d}"</span> });
    view! {
        <li class=style::line>
            <span><bdi>{by}</bdi> " stopped \u{201c}" <bdi>{stop.title_name}</bdi> "\u{201d} of " {of} " on " {stop.device}</span>
            {message}
            <span class=style::quiet>{date_and_time(stop.at)}</span>
            {(!stop.is_done).then(|| view! { <span class=style::mark data-off="">"Broke off"</span> })}
        </li>
    }
}
