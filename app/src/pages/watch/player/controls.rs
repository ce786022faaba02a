//! The controls on their scrim: title and way back above, seek bar and buttons below.

use leptos::{ev, prelude::*};

use super::{
    Device,
    chapters::{Chapters, ChaptersButton},
    controller::{Controller, Panel},
    glyph::{Glyph, glyph},
    keys::Command,
    lock::LockButton,
    menu::Menu,
    screen,
    seekbar::SeekBar,
};
use crate::{
    parts::{
        dom,
        icon::{Icon, icon},
        time,
    },
    route::Route,
};

stylance::import_crate_style!(style, "src/pages/watch/player/controls.module.scss");

#[component]
pub fn Controls() -> impl IntoView {
    let controller = expect_context::<Controller>();
    let title = controller.session.with_value(|session| session.title.clone());
    let back = Route::Title { id: title.id.clone() }.href();
    let page = back.clone();
    let device = expect_context::<Device>();
    let class = move || stylance::classes!(style::controls, (!controller.is_active.get()).then_some(style::resting));
    view! {
        <div class=class>
            <div class=style::above>
                // In the place of the film, where it is no step back: Back plays it no more.
                <a
                    class=style::round
                    id="player-back"
                    href=back
                    aria-label="Back to the title page"
                    prop:replace=true
                    on:click=move |event| dom::go_back_to(&event, &page)
                >
                    {icon(Icon::Left)}
                </a>
                <h1 class=style::title>{title.title}</h1>
                <Show when=move || device.is_held()><LockButton/></Show>
            </div>
            <div class=style::below>
                <Menu/>
                <Chapters/>
                <Timeline/>
                <div class=style::buttons data-focus-row="">
                    <PlayButton/>
                    {button(controller, "10 seconds back", Glyph::Back, Command::Skip(-10.0))}
                    {button(controller, "10 seconds on", Glyph::On, Command::Skip(10.0))}
                    <Volume/>
                    <span class=style::gap></span>
                    <CaptionsButton/>
                    <span class=style::only_wide><ChaptersButton/></span>
                    <MenuButton/>
                    <Show when=move || device.has_keyboard()>
                        <span class=style::only_wide>{button(controller, "Keyboard shortcuts", Glyph::Keys, Command::ToggleShortcuts)}</span>
                    </Show>
                    <Show when=move || device.has_windows()>
                        <span class=style::only_wide><WindowButton/></span>
                    </Show>
                    <FullScreenButton/>
                </div>
            </div>
        </div>
    }
    .into_any()
}

/// The seek bar between how far it is and how far it has to go; on a narrow screen below them.
#[component]
fn Timeline() -> impl IntoView {
    let live = expect_context::<Controller>().live;
    let left = move || (live.duration.get() - live.position.get()).max(0.0);
    view! {
        <div class=style::timeline>
            <span class=style::time>{move || time::clock(live.position.get())}</span>
            <div class=style::bar><SeekBar/></div>
            <span class=style::left>{move || format!("\u{2212}{}", time::clock(left()))}</span>
        </div>
    }
    .into_any()
}

fn button(controller: Controller, label: &'static str, shape: Glyph, command: Command) -> impl IntoView {
    view! {
        <button class=style::round aria-label=label title=label on:click=move |_| controller.run(command)>
            {glyph(shape)}
        </button>
    }
    .into_any()
}

#[component]
fn PlayButton() -> impl IntoView {
    let controller = expect_context::<Controller>();
    let live = controller.live;
    let face = move || match (live.has_ended.get(), live.is_playing.get()) {
        (true, _) => (Glyph::Replay, "Play again"),
        (false, true) => (Glyph::Pause, "Pause"),
        (false, false) => (Glyph::Play, "Play"),
    };
    view! {
        <button class=style::round id="player-play" aria-label=move || face().1 on:click=move |_| controller.run(Command::TogglePlay)>
            {move || glyph(face().0)}
        </button>
    }
    .into_any()
}

/// Whether nothing is heard.
pub fn is_silent(controller: Controller) -> bool {
    controller.preferences.with(|preferences| preferences.muted || preferences.volume == 0)
}

#[component]
fn Volume() -> impl IntoView {
    let controller = expect_context::<Controller>();
    let device = expect_context::<Device>();
    let is_silent = move || is_silent(controller);
    let volume = move || if controller.preferences.get().muted { 0 } else { controller.preferences.get().volume };
    let set = move |event: ev::Targeted<ev::Event, leptos::web_sys::HtmlInputElement>| {
        let Ok(volume) = event.target().value().parse::<u8>() else { return };
        controller.prefer(|preferences| {
            preferences.volume = volume.min(100);
            preferences.muted = false;
        });
        controller.activate();
    };
    view! {
        <div class=style::volume>
            <button
                class=style::round
                aria-label=move || if is_silent() { "Sound on" } else { "Sound off" }
                on:click=move |_| controller.run(Command::ToggleMute)
            >
                {move || glyph(if is_silent() { Glyph::Silence } else { Glyph::Sound })}
            </button>
            <Show when=move || device.has_volume()>
                <input
                    type="range"
                    min="0"
                    max="100"
                    step="5"
                    aria-label="Volume"
                    aria-valuetext=move || format!("{} per cent", volume())
                    style:--level=move || format!("{}%", volume())
                    prop:value=move || volume().to_string()
                    on:input:target=set
                />
            </Show>
        </div>
    }
    .into_any()
}

#[component]
fn CaptionsButton() -> impl IntoView {
    let controller = expect_context::<Controller>();
    let has_some = controller.session.with_value(|session| !session.captions.is_empty());
    has_some.then(|| {
        let is_on = move || controller.live.captions.get().is_some();
        view! {
            <button
                class=style::round
                aria-label="Captions"
                aria-pressed=move || is_on().to_string()
                on:click=move |_| controller.run(Command::ToggleCaptions)
            >
                {glyph(Glyph::Captions)}
            </button>
        }
    })
}

#[component]
fn MenuButton() -> impl IntoView {
    let controller = expect_context::<Controller>();
    let is_open = move || controller.panel.get() == Some(Panel::Settings);
    let toggle = move |_| {
        if untrack(is_open) {
            controller.close_panel();
        } else {
            controller.open_panel(Panel::Settings);
            request_animation_frame(|| screen::focus_first("#player-menu input:checked, #player-menu input"));
        }
    };
    view! {
        <button
            class=style::round
            id="player-menu-button"
            aria-label="Quality, audio, captions and speed"
            aria-controls="player-menu"
            aria-expanded=move || is_open().to_string()
            on:click=toggle
        >
            {glyph(Glyph::Settings)}
        </button>
    }
    .into_any()
}

#[component]
fn WindowButton() -> impl IntoView {
    let controller = expect_context::<Controller>();
    screen::has_picture_in_picture().then(|| {
        view! {
            <button
                class=style::round
                aria-label="Picture in picture"
                title="Picture in picture"
                on:click=move |_| toggle_window(controller)
            >
                {glyph(Glyph::Window)}
            </button>
        }
    })
}

/// The film in a small window of its own, or back.
pub fn toggle_window(controller: Controller) {
    if let Some(video) = controller.video.get_untracked() {
        screen::toggle_picture_in_picture(&video);
    }
}

#[component]
fn FullScreenButton() -> impl IntoView {
    let controller = expect_context::<Controller>();
    screen::has_full_screen().then(|| {
        view! {
            <button
                class=style::round
                aria-label=move || if controller.is_full_screen.get() { "Leave full screen" } else { "Full screen" }
                on:click=move |_| controller.run(Command::ToggleFullScreen)
            >
                {move || glyph(if controller.is_full_screen.get() { Glyph::Small } else { Glyph::Full })}
            </button>
        }
    })
}
