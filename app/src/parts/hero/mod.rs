//! The hero: one title in front of its own picture, slowly giving way to a few others.
//!
//! It stands still under the pointer, under the focus, when it is told to, and for viewers who asked for little
//! motion. On the server it is its first title.

mod slide;

use std::time::Duration;

use contract::discovery::HeroTitle;
use leptos::prelude::*;

use super::{
    button, dom,
    icon::{Icon, icon},
    reactive::{Keyed, When, attribute, each},
};
use slide::Slide;

stylance::import_crate_style!(style, "src/parts/hero/hero.module.scss");

/// How long each title stays.
const TURN: Duration = Duration::from_secs(9);

/// The hero with its controls. Nothing where there are no titles.
#[component]
pub fn Hero(#[prop(into)] titles: Signal<Vec<HeroTitle>>) -> impl IntoView {
    let size = Memo::new(move |_| titles.with(Vec::len));
    let current = RwSignal::new(0_usize);
    let is_stopped = RwSignal::new(false);
    let is_pointed_at = RwSignal::new(false);
    let has_focus = RwSignal::new(false);
    // The pictures after the first are fetched once the page stands; and what is the viewer's own shows from then on.
    let is_awake = RwSignal::new(false);
    let turn = move |by: usize| {
        let size = size.get_untracked().max(1);
        current.update(|current| *current = (*current + by) % size);
    };

    // A list that became shorter shows its last, not nothing.
    Effect::new(move || {
        let last = size.get().saturating_sub(1);
        if current.get_untracked() > last {
            current.set(last);
        }
    });
    Effect::new(move || {
        is_awake.set(true);
        let ticking = set_interval_with_handle(
            move || {
                let is_held = is_pointed_at.get_untracked() || has_focus.get_untracked();
                if !is_stopped.get_untracked() && !is_held && !dom::is_quiet() {
                    turn(1);
                }
            },
            TURN,
        );
        on_cleanup(move || {
            if let Ok(ticking) = ticking {
                ticking.clear();
            }
        });
    });

    let slide = move |(place, title): (usize, HeroTitle)| {
        Keyed::new(format!("{place}/{}", title.card.id), move || {
            let is_current = Signal::derive(move || current.get() == place);
            view! { <Slide title=title place=place size=size is_current=is_current is_awake=is_awake/> }.into_any()
        })
    };
    view! {
        <When is=Signal::derive(move || size.get() != 0)>
            <section
                class=style::hero
                aria-roledescription="carousel"
                aria-label="Featured"
                on:pointerenter=move |_| is_pointed_at.set(true)
                on:pointerleave=move |_| is_pointed_at.set(false)
                on:focusin=move |_| has_focus.set(true)
                on:focusout=move |_| has_focus.set(false)
            >
                {each(move || titles.get().into_iter().enumerate().map(slide).collect())}
                <When is=Signal::derive(move || size.get() > 1)>
                    <Controls titles=titles current=current is_stopped=is_stopped turn=Callback::new(turn)/>
                </When>
            </section>
        </When>
    }
    .into_any()
}

#[component]
fn Controls(
    titles: Signal<Vec<HeroTitle>>,
    current: RwSignal<usize>,
    is_stopped: RwSignal<bool>,
    turn: Callback<usize>,
) -> impl IntoView {
    let back = move |_| turn.run(titles.with_untracked(Vec::len).saturating_sub(1));
    let dots = move || {
        titles
            .get()
            .into_iter()
            .enumerate()
            .map(|(place, title)| {
                view! {
                    <button
                        class=style::dot
                        aria-label=format!("Show {}", title.card.title)
                        aria-current=attribute(move || (current.get() == place).then(|| true.to_string()))
                        on:click=move |_| current.set(place)
                    ></button>
                }
            })
            .collect_view()
    };
    let stop_or_go = move || Some(if is_stopped.get() { "Play the slides" } else { "Pause the slides" }.to_owned());
    view! {
        <div class=style::controls role="group" aria-label="Featured titles">
            <button class=button::ROUND_GLASS aria-label="Back" on:click=back>
                {icon(Icon::Left)}
            </button>
            <button
                class=button::ROUND_GLASS
                aria-label=attribute(stop_or_go)
                on:click=move |_| is_stopped.update(|is_stopped| *is_stopped = !*is_stopped)
            >
                {move || icon(if is_stopped.get() { Icon::Play } else { Icon::Pause })}
            </button>
            <button class=button::ROUND_GLASS aria-label="Next" on:click=move |_| turn.run(1)>
                {icon(Icon::Right)}
            </button>
            <span class=style::dots>{dots}</span>
        </div>
    }
}
