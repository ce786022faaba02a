//! The sleep timer on the screen: what it can be set to, the word before it pauses the film, and the one after.

use std::time::Duration;

use leptos::prelude::*;

use super::{controller::Controller, keys::Command, sleep::SleepTimer};
use crate::parts::button;

stylance::import_crate_style!(style, "src/pages/watch/player/sleeping.module.scss");

/// How often the clock is looked at.
const EVERY: Duration = Duration::from_secs(1);
/// What is said of a film that the timer paused.
pub const WORDS: &str = "Paused by the sleep timer";

/// What can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    Off,
    Minutes(u16),
    EndOfFilm,
}

pub const CHOICES: [(Choice, &str); 6] = [
    (Choice::Off, "Off"),
    (Choice::Minutes(15), "15 min"),
    (Choice::Minutes(30), "30 min"),
    (Choice::Minutes(45), "45 min"),
    (Choice::Minutes(60), "60 min"),
    (Choice::EndOfFilm, "End of film"),
];

pub fn set(controller: Controller, choice: Choice) {
    controller.lasting.sleep.set(match choice {
        Choice::Off => SleepTimer::Off,
        Choice::Minutes(minutes) => SleepTimer::after(minutes, js_sys::Date::now()),
        Choice::EndOfFilm => SleepTimer::EndOfFilm,
    });
}

pub fn is_set(controller: Controller, choice: Choice) -> bool {
    match (controller.lasting.sleep.get(), choice) {
        (SleepTimer::Off | SleepTimer::Elapsed, Choice::Off) | (SleepTimer::EndOfFilm, Choice::EndOfFilm) => true,
        (SleepTimer::At { minutes, .. }, Choice::Minutes(chosen)) => minutes == chosen,
        (SleepTimer::Off | SleepTimer::Elapsed | SleepTimer::EndOfFilm | SleepTimer::At { .. }, _) => false,
    }
}

/// How the timer stands, now.
pub fn words(controller: Controller) -> Option<String> {
    controller.lasting.sleep.get().words(controller.clock.get())
}

/// Whether the film stands still because the timer had its way, and its words lie over it.
pub fn has_paused(controller: Controller) -> bool {
    let live = controller.live;
    controller.lasting.sleep.get() == SleepTimer::Elapsed && !live.is_playing.get() && !live.has_ended.get()
}

/// Looks at the clock while a timer is set, until the player goes.
pub fn begin(controller: Controller) {
    let timer = controller.lasting.sleep;
    let is_running = Memo::new(move |_| match timer.get() {
        SleepTimer::At { .. } => true,
        SleepTimer::Off | SleepTimer::EndOfFilm | SleepTimer::Elapsed => false,
    });
    Effect::new(move || {
        if !is_running.get() {
            return;
        }
        tick(controller);
        if let Ok(interval) = set_interval_with_handle(move || tick(controller), EVERY) {
            on_cleanup(move || interval.clear());
        }
    });
}

fn tick(controller: Controller) {
    let now = js_sys::Date::now();
    controller.clock.set(now);
    let mut timer = controller.lasting.sleep.get_untracked();
    if timer.tick(now) {
        controller.lasting.sleep.set(timer);
        controller.close_panel();
        controller.run(Command::Pause);
    }
}

/// The word half a minute before, and the one over the film that was paused.
#[component]
pub fn SleepCard() -> impl IntoView {
    let controller = expect_context::<Controller>();
    let timer = controller.lasting.sleep;
    let is_near = Memo::new(move |_| timer.get().is_near(controller.clock.get()) && controller.live.is_playing.get());
    view! {
        <div class=style::place role="status">
            <Show when=move || is_near.get()>
                <div class=style::note id="player-sleep-note">
                    <p>"The film pauses in half a minute"</p>
                    <button class=button::GLASS on:click=move |_| set(controller, Choice::Off)>"Keep watching"</button>
                </div>
            </Show>
            <Show when=move || has_paused(controller)>
                <div class=style::card data-over="">
                    <p>{WORDS}</p>
                    <button class=button::PRIMARY on:click=move |_| controller.run(Command::Play)>"Keep watching"</button>
                </div>
            </Show>
        </div>
    }
    .into_any()
}
