//! What lies over the film: the ring while it waits, the big Play, what went wrong, the sheet of keys, what comes next.

use leptos::{html, prelude::*};

use super::{
    choices,
    controller::Controller,
    glyph::{Glyph, glyph},
    keys::{Command, SHORTCUTS},
    rating::{Rating, may_rate},
    sleep::SleepTimer,
    sleeping,
};
use crate::{parts::button, route::Route};

stylance::import_crate_style!(style, "src/pages/watch/player/over.module.scss");

/// Seconds of the countdown to the next film.
const COUNTDOWN: u8 = 10;

/// Shown by its style only after 300 ms, so that a short wait shows nothing; after some seconds, what one waits for.
#[component]
pub fn Ring() -> impl IntoView {
    let live = expect_context::<Controller>().live;
    let is_shown = move || live.is_waiting.get() && live.error.get().is_none() && !live.is_blocked.get() && !live.has_ended.get();
    view! {
        <Show when=is_shown>
            <div class=style::ring role="status" aria-label="Loading"></div>
            <p class=style::waiting role="status">"The film cannot be reached just now. It plays on by itself as soon as it can."</p>
        </Show>
    }
    .into_any()
}

/// The browser plays only after a gesture: one big button.
#[component]
pub fn BigPlay() -> impl IntoView {
    let controller = expect_context::<Controller>();
    view! {
        <Show when=move || controller.live.is_blocked.get()>
            <div class=style::middle data-over="">
                <button class=style::big_play aria-label="Play" on:click=move |_| controller.run(Command::TogglePlay)>
                    {glyph(Glyph::Play)}
                </button>
            </div>
        </Show>
    }
    .into_any()
}

/// What went wrong, with a way on.
#[component]
pub fn ErrorCard() -> impl IntoView {
    let controller = expect_context::<Controller>();
    let lower = move || {
        let current = controller.live.class.get().or(controller.preferences.get().quality)?;
        choices::lower(&controller.live.classes.get(), current)
    };
    let card = move || {
        let error = controller.live.error.get()?;
        let ways = error.recovery();
        let retry = move |_| controller.retry();
        let lower_height = ways.lower_quality.then(lower).flatten();
        Some(view! {
            <div class=style::card role="alert" data-over="">
                <p class=style::words>{error.words()}</p>
                <div class=style::ways>
                    {ways.retry.then(|| view! { <button class=button::PRIMARY on:click=retry>"Try again"</button> })}
                    {lower_height.map(|height| {
                        let take = move |_| {
                            controller.choose_quality(Some(height));
                            controller.retry();
                        };
                        view! { <button class=button::GLASS on:click=take>{format!("Play in {}", choices::class_name(height))}</button> }
                    })}
                </div>
            </div>
        })
    };
    view! { {card} }
}

/// The keys, for whoever pressed `?`. The browser keeps the focus inside, and gives it back.
#[component]
pub fn ShortcutsDialog() -> impl IntoView {
    let controller = expect_context::<Controller>();
    let sheet = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        let is_wanted = controller.are_shortcuts_open.get();
        let Some(sheet) = sheet.get() else { return };
        if is_wanted && !sheet.open() {
            // Refused only where it is not in the document any more.
            let _ = sheet.show_modal();
        } else if !is_wanted && sheet.open() {
            sheet.close();
        }
    });
    view! {
        <dialog
            class=style::sheet
            id="player-sheet"
            node_ref=sheet
            aria-labelledby="player-sheet-title"
            on:close=move |_| controller.are_shortcuts_open.set(false)
        >
            <h2 id="player-sheet-title">"Keys"</h2>
            <dl>
                {SHORTCUTS.map(|(key, does)| view! { <div><dt><kbd>{key}</kbd></dt><dd>{does}</dd></div> })}
            </dl>
            <button class=button::GLASS on:click=move |_| controller.run(Command::Close)>"Close"</button>
        </dialog>
    }
    .into_any()
}

/// What comes next, once the film has ended, and how it was; where nothing comes next, how it was alone.
#[component]
pub fn UpNext() -> impl IntoView {
    let controller = expect_context::<Controller>();
    let card = controller.session.with_value(|session| session.up_next.clone());
    let is_declined = RwSignal::new(false);
    // Whoever turns to the stars has time for them.
    let is_held = RwSignal::new(false);
    Effect::new(move || {
        if !controller.live.has_ended.get() {
            is_declined.set(false);
            is_held.set(false);
        }
    });
    let is_shown = move || controller.live.has_ended.get() && !is_declined.get();
    let may_rate = may_rate();
    let has_next = card.is_some();
    Effect::new(move || controller.live.has_last_card.set(has_next || (may_rate && !is_declined.get())));
    let Some(card) = card else {
        return view! {
            <Show when=move || is_shown() && may_rate>
                <div class=style::next role="group" aria-label="The film has ended" data-over="">
                    <div class=style::about>
                        <Rating/>
                        <div class=style::ways>
                            <button class=button::GLASS on:click=move |_| is_declined.set(true)>"Close"</button>
                        </div>
                    </div>
                </div>
            </Show>
        }
        .into_any();
    };
    let href = StoredValue::new(Route::watch(card.id.clone()).href());
    let card = StoredValue::new(card);
    view! {
        <Show when=is_shown>
            <div class=style::next role="group" aria-label="Up next" data-over="">
                <img src=card.with_value(|card| card.artwork.backdrop.clone().unwrap_or_else(|| card.artwork.poster.clone())) alt=""/>
                <div class=style::about>
                    <p class=style::quiet>"Up next"</p>
                    <p class=style::words>{card.with_value(|card| card.title.clone())}</p>
                    <Countdown href=href.get_value() is_on=controller.preferences.get_untracked().autoplay_next is_held=is_held/>
                    <div class=style::ways>
                        <a class=button::PRIMARY id="player-next" href=href.get_value()>"Play now"</a>
                        <button class=button::GLASS on:click=move |_| is_declined.set(true)>"Not now"</button>
                    </div>
                </div>
                <div class=style::past>
                    {may_rate.then(|| view! { <Rating on_begun=Callback::new(move |()| is_held.set(true))/> })}
                </div>
            </div>
        </Show>
    }
    .into_any()
}

#[component]
fn Countdown(href: String, is_on: bool, is_held: RwSignal<bool>) -> impl IntoView {
    let left = RwSignal::new(COUNTDOWN);
    let sleep = expect_context::<Controller>().lasting.sleep;
    let is_asleep = move || sleep.get() == SleepTimer::Elapsed;
    let navigate = leptos_router::hooks::use_navigate();
    Effect::new(move || {
        if !is_on || is_asleep() || is_held.get() {
            return;
        }
        let (href, navigate) = (href.clone(), navigate.clone());
        let tick = move || {
            let now = left.get_untracked().saturating_sub(1);
            left.set(now);
            if now == 0 {
                navigate(&href, leptos_router::NavigateOptions::default());
            }
        };
        if let Ok(timer) = set_interval_with_handle(tick, std::time::Duration::from_secs(1)) {
            on_cleanup(move || timer.clear());
        }
    });
    let words = move || match (is_asleep(), is_held.get()) {
        (true, _) => sleeping::WORDS.to_owned(),
        (false, true) => "Starts when you press Play now.".to_owned(),
        (false, false) => format!("Starts in {} s", left.get()),
    };
    view! {
        <Show when=move || is_on || is_asleep()>
            <p class=style::quiet aria-live="off">{words}</p>
        </Show>
    }
}
