//! Whether what this profile watches is told apart from what others do.

use leptos::prelude::*;

use super::{fields::Switch, style};
use crate::{
    parts::words,
    store::own_data::{OwnDataAction, own_data},
};

#[component]
pub fn Usage() -> impl IntoView {
    let slice = own_data();
    let dispatch = slice.dispatcher();
    Effect::new(move || dispatch.run(OwnDataAction::SettingsWanted));
    let is_left_out = slice.select(|slice| slice.is_left_out.ready().copied());
    let problem = slice.select(|slice| slice.is_left_out.failed().cloned());
    view! {
        <section class=style::group aria-labelledby="usage">
            <h2 id="usage">"Statistics"</h2>
            {move || problem.get().map(|problem| view! { <p class=style::quiet role="status">{words::problem(&problem)}</p> })}
            <Show when=move || is_left_out.with(Option::is_some)>
                <Switch
                    label="Leave me out of the statistics"
                    hint="What you watch and search for is then counted as nobody\u{2019}s, and the words that you search for are not kept. How much your account used is counted in any case."
                    now=Signal::derive(move || is_left_out.get().unwrap_or_default())
                    chosen=move |is_left_out| dispatch.run(OwnDataAction::SwitchWanted { is_left_out })
                />
            </Show>
        </section>
    }
    .into_any()
}
