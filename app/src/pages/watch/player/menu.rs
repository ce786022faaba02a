//! The one menu: quality, audio, captions and how they look, speed, and what a narrow screen has no room for. A panel above its
//! button; a sheet from below where the screen is narrow or low.

use contract::{
    playback::{PlaybackSession, Rendition},
    resolution,
};
use leptos::prelude::*;

use super::{
    Device, chapters, choices,
    controller::{Controller, Panel},
    controls,
    keys::Command,
    screen, sleeping, tracks,
};
use crate::{
    parts::icon::{Icon, icon},
    store::state::{CaptionColour, CaptionGround, CaptionPosition, CaptionSize, CaptionStyle},
};

stylance::import_crate_style!(style, "src/pages/watch/player/menu.module.scss");

#[component]
pub fn Menu() -> impl IntoView {
    let controller = expect_context::<Controller>();
    let device = expect_context::<Device>();
    view! {
        <Show when=move || controller.panel.get() == Some(Panel::Settings)>
            <div class=style::menu id="player-menu" role="group" aria-label="Playback settings" data-focus-dialog="">
                <div class=style::head>
                    <h2>"Settings"</h2>
                    <button class=style::close aria-label="Close the settings" on:click=move |_| controller.run(Command::Close)>
                        {icon(Icon::Close)}
                    </button>
                </div>
                {further(controller, device)}
                {quality(controller)}
                {audio(controller)}
                {captions(controller)}
                {look(controller)}
                {speed(controller)}
                {sleep(controller)}
                {statistics(controller)}
            </div>
        </Show>
    }
    .into_any()
}

/// The buttons that the line of controls leaves out where it is narrow.
fn further(controller: Controller, device: Device) -> impl IntoView {
    let sound = move || if controls::is_silent(controller) { "Sound on" } else { "Sound off" };
    let open_sheet = move |_| {
        controller.run(Command::Close);
        controller.run(Command::ToggleShortcuts);
    };
    view! {
        <div class=style::further>
            <button on:click=move |_| controller.run(Command::ToggleMute)>{sound}</button>
            {chapters::has_some(controller).then(|| view! { <button on:click=move |_| chapters::open(controller)>"Chapters"</button> })}
            <Show when=move || device.has_windows() && screen::has_picture_in_picture()>
                <button on:click=move |_| controls::toggle_window(controller)>"Picture in picture"</button>
            </Show>
            <Show when=move || device.has_keyboard()>
                <button on:click=open_sheet>"Keyboard shortcuts"</button>
            </Show>
        </div>
    }
    .into_any()
}

/// One choice among several: a radio button that looks like a chip.
fn choice(group: &'static str, label: String, is_on: Signal<bool>, choose: impl Fn() + 'static) -> impl IntoView {
    view! {
        <label class=style::choice>
            <input type="radio" name=group prop:checked=move || is_on.get() on:change=move |_| choose()/>
            <span>{label}</span>
        </label>
    }
    .into_any()
}

fn section(heading: &'static str, choices: impl IntoView) -> impl IntoView {
    view! {
        <fieldset class=style::section>
            <legend>{heading}</legend>
            <div class=style::choices>{choices}</div>
        </fieldset>
    }
    .into_any()
}

fn quality(controller: Controller) -> impl IntoView {
    let preferred = move || controller.preferences.get().quality;
    let auto = move || match controller.live.class.get() {
        Some(class) if preferred().is_none() => format!("Auto ({})", choices::class_name(class)),
        Some(_) | None => "Auto".to_owned(),
    };
    let class = |rendition: &Rendition| resolution::class(rendition.width.into(), rendition.height.into());
    let mut classes =
        controller.session.with_value(|session: &PlaybackSession| session.renditions.iter().map(class).collect::<Vec<_>>());
    classes.sort_unstable_by(|one, other| other.cmp(one));
    classes.dedup();
    let fixed = classes
        .into_iter()
        .map(|class| {
            let is_on = Signal::derive(move || preferred() == Some(class));
            choice("quality", choices::class_name(class), is_on, move || controller.choose_quality(Some(class)))
        })
        .collect_view();
    let is_auto = Signal::derive(move || preferred().is_none());
    section(
        "Quality",
        view! {
            <label class=style::choice>
                <input type="radio" name="quality" prop:checked=move || is_auto.get() on:change=move |_| controller.choose_quality(None)/>
                <span>{auto}</span>
            </label>
            {fixed}
        },
    )
}

fn audio(controller: Controller) -> Option<impl IntoView> {
    let tracks = controller.session.with_value(|session| session.audio.clone());
    (tracks.len() > 1).then(|| {
        let labels = tracks::audio_labels(&tracks);
        let choices = tracks
            .into_iter()
            .zip(labels)
            .map(|(track, label)| {
                let is_on = Signal::derive({
                    let id = track.id.clone();
                    move || controller.live.audio.get().as_ref() == Some(&id)
                });
                choice("audio", label, is_on, move || controller.choose_audio(track.clone()))
            })
            .collect_view();
        section("Audio", choices)
    })
}

fn captions(controller: Controller) -> Option<impl IntoView> {
    let has_some = controller.session.with_value(|session| !session.captions.is_empty());
    let choices = move || {
        let none = Signal::derive(move || controller.live.captions.get().is_none());
        let off = choice("captions", "Off".to_owned(), none, move || controller.choose_captions(None));
        let tracks = controller.listed_captions().into_iter().map(|(track, label)| {
            let id = track.id.clone();
            let is_on = Signal::derive(move || controller.live.captions.get().as_ref() == Some(&id));
            choice("captions", label, is_on, move || controller.choose_captions(Some(track.clone())))
        });
        (off, tracks.collect_view())
    };
    has_some.then(|| section("Captions", choices))
}

/// How captions look, where there are some to be seen: what is changed most. The settings have the rest.
fn look(controller: Controller) -> impl IntoView {
    fn group<T: Copy + PartialEq + Send + Sync + 'static>(
        controller: Controller,
        heading: &'static str,
        name: &'static str,
        choices: &'static [(T, &'static str)],
        field: fn(&mut CaptionStyle) -> &mut T,
    ) -> impl IntoView {
        let choices = choices.iter().map(|(value, label)| {
            let is_on = Signal::derive(move || {
                controller.preferences.with(|preferences| *field(&mut { preferences.captions }) == *value)
            });
            choice(name, (*label).to_owned(), is_on, move || {
                controller.prefer(|preferences| *field(&mut preferences.captions) = *value);
            })
        });
        section(heading, choices.collect_view())
    }
    // What comes with the sound is looked at, too.
    let is_shown = Memo::new(move |_| controller.shown_captions().is_some());
    let offset = move || format!("{:+.1} s", f64::from(controller.live.captions_offset.get()) / 1000.0);
    view! {
        <Show when=move || is_shown.get()>
            {group(controller, "Caption size", "caption-size", CaptionSize::ALL, |captions| &mut captions.size)}
            {group(controller, "Caption colour", "caption-colour", CaptionColour::ALL, |captions| &mut captions.colour)}
            {group(controller, "Caption background", "caption-ground", CaptionGround::ALL, |captions| &mut captions.ground)}
            {group(controller, "Caption position", "caption-position", CaptionPosition::ALL, |captions| &mut captions.position)}
            <fieldset class=style::section>
                <legend>"Caption timing"</legend>
                <div class=style::stepper>
                    <button aria-label="Captions half a second earlier" on:click=move |_| controller.move_captions(-500)>"\u{2212}"</button>
                    <output>{offset}</output>
                    <button aria-label="Captions half a second later" on:click=move |_| controller.move_captions(500)>"+"</button>
                </div>
            </fieldset>
        </Show>
    }
    .into_any()
}

fn speed(controller: Controller) -> impl IntoView {
    let choices = choices::SPEEDS
        .map(|speed| {
            let is_on = Signal::derive(move || controller.preferences.get().speed == speed);
            let label = if speed == 100 { "Normal".to_owned() } else { format!("{}\u{d7}", f64::from(speed) / 100.0) };
            choice("speed", label, is_on, move || controller.prefer(|preferences| preferences.speed = speed))
        })
        .into_iter()
        .collect_view();
    section("Speed", choices)
}

fn sleep(controller: Controller) -> impl IntoView {
    let choices = sleeping::CHOICES
        .map(|(wanted, label)| {
            let is_on = Signal::derive(move || sleeping::is_set(controller, wanted));
            choice("sleep", label.to_owned(), is_on, move || sleeping::set(controller, wanted))
        })
        .into_iter()
        .collect_view();
    view! {
        {section("Sleep timer", choices)}
        <Show when=move || sleeping::words(controller).is_some()>
            <p class=style::note>{move || sleeping::words(controller)}</p>
        </Show>
    }
    .into_any()
}

fn statistics(controller: Controller) -> impl IntoView {
    let toggle = move |_| {
        controller.run(Command::ToggleStatistics);
        controller.close_panel();
    };
    view! {
        <div class=style::plain>
            <button aria-pressed=move || controller.are_statistics_open.get().to_string() on:click=toggle>"Statistics"</button>
        </div>
    }
    .into_any()
}
