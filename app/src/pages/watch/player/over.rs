//! What lies over the film: the ring while it waits, the big Play, what went wrong, the sheet of keys, what comes next.

use contract::catalog::TitleCard;
use leptos::{html, prelude::*};

use super::{
    choices,
    controller::Controller,
    glyph::{Glyph, glyph},
    keys::{Command, SHORTCUTS},
    rating::{Rating, may_rate},
    screen,
    sleep::SleepTimer,
    sleeping,
};
use crate::{
    parts::{button, dom},
    route::Route,
};

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

/// What lies over the last frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LastCard {
    /// The film goes on.
    Nothing,
    /// What comes next.
    Next,
    /// What can be done with the film that has ended: nobody is left with a dark screen.
    Ended,
}

impl LastCard {
    const fn of(has_ended: bool, has_next: bool, is_declined: bool) -> Self {
        match (has_ended, has_next && !is_declined) {
            (false, _) => Self::Nothing,
            (true, true) => Self::Next,
            (true, false) => Self::Ended,
        }
    }
}

/// Once the film has ended: what comes next, and how it was. Where nothing comes next, or the viewer wants none of it, the ways on from
/// this one.
#[component]
pub fn UpNext() -> impl IntoView {
    let controller = expect_context::<Controller>();
    let (next, starts) = controller.session.with_value(|session| (session.up_next.clone(), session.starts_next));
    let has_next = next.is_some();
    let next = StoredValue::new(next);
    let is_declined = RwSignal::new(false);
    Effect::new(move || {
        if !controller.live.has_ended.get() {
            is_declined.set(false);
        }
    });
    let card = Memo::new(move |_| LastCard::of(controller.live.has_ended.get(), has_next, is_declined.get()));
    let decline = Callback::new(move |()| {
        is_declined.set(true);
        // What was pressed goes.
        request_animation_frame(|| screen::focus_first("#player-again"));
    });
    move || match card.get() {
        LastCard::Nothing => ().into_any(),
        LastCard::Next => next.get_value().map(|card| view! { <Next card=card starts=starts decline=decline/> }).into_any(),
        LastCard::Ended => view! { <Ended/> }.into_any(),
    }
}

/// `starts` says whether the film may begin by itself: one that was watched before is offered alone.
#[component]
fn Next(card: TitleCard, starts: bool, decline: Callback<()>) -> impl IntoView {
    let controller = expect_context::<Controller>();
    let is_counted_down = starts && controller.preferences.get_untracked().autoplay_next;
    // Whoever turns to the stars has time for them.
    let is_held = RwSignal::new(false);
    let href = Route::watch(card.id).href();
    view! {
        <div class=style::next role="group" aria-label="Up next" data-over="">
            <img src=card.artwork.backdrop.unwrap_or(card.artwork.poster) alt=""/>
            <div class=style::about>
                <p class=style::quiet>"Up next"</p>
                <p class=style::words>{card.title}</p>
                <Countdown href=href.clone() is_on=is_counted_down is_held=is_held/>
                <div class=style::ways data-focus-row="">
                    <a class=button::PRIMARY id="player-next" href=href prop:replace=true>"Play now"</a>
                    <button class=button::GLASS on:click=move |_| decline.run(())>"Not now"</button>
                </div>
            </div>
            <div class=style::past>
                {may_rate().then(|| view! { <Rating on_begun=Callback::new(move |()| is_held.set(true))/> })}
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Ended() -> impl IntoView {
    let controller = expect_context::<Controller>();
    let (id, name) = controller.session.with_value(|session| (session.title.id.clone(), session.title.title.clone()));
    let back = Route::Title { id }.href();
    let page = back.clone();
    view! {
        <div class=style::next role="group" aria-label="The film has ended" data-over="">
            <div class=style::about>
                <div class=style::ways>
                    <button class=button::PRIMARY id="player-again" on:click=move |_| controller.run(Command::Play)>
                        "Watch again"
                    </button>
                    <a class=button::GLASS href=back prop:replace=true on:click=move |event| dom::go_back_to(&event, &page)>
                        <span class=style::back>{format!("Back to {name}")}</span>
                    </a>
                </div>
            </div>
            // Where it is on the card of what is up next: no star comes under the finger that pressed "Not now" twice.
            <div class=style::past>{may_rate().then(|| view! { <Rating/> })}</div>
        </div>
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
                navigate(&href, super::in_its_place());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_film_that_has_ended_always_leaves_something_to_do() {
        assert_eq!(LastCard::of(true, true, false), LastCard::Next);
        assert_eq!(LastCard::of(true, true, true), LastCard::Ended, "what comes next is not wanted");
        assert_eq!(LastCard::of(true, false, false), LastCard::Ended, "nothing comes next");
        assert_eq!(LastCard::of(false, true, false), LastCard::Nothing);
    }
}
