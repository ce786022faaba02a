//! The desk: what plays now and how to stop it, how much is watched, how well it plays, what is missed, how the place fares, and
//! where video lies and what that costs.
//!
//! It follows by itself: what plays as the stream of events says that it changes, all else now and then. Must never move what somebody is about
//! to press: lines are drawn once and follow what they show.

mod fares;
mod figures;
mod playing;
mod quality;
mod row;
mod searches;
mod stop;
mod stops;
mod storage;
mod today;
mod watched;

use std::time::Duration;

use contract::{Code, Problem};
use leptos::prelude::*;

use crate::{
    head::PageTitle,
    parts::failure::Failure,
    store::{
        desk::{Desk, DeskAction, desk},
        live::live,
    },
};
use fares::{Fares, Jobs};
use playing::NowPlaying;
use quality::Quality;
use searches::Searches;
use stops::Stops;
use storage::Storage;
use today::Today;
use watched::{Devices, Titles};

stylance::import_crate_style!(style, "src/pages/operator/desk/desk.module.scss");
stylance::import_crate_style!(counts_style, "src/pages/operator/desk/counts.module.scss");

/// How often it is looked for what nobody tells of.
const LOOK: Duration = Duration::from_secs(15);

#[component]
pub fn DeskPage() -> impl IntoView {
    follow();
    let refused = desk().select(refused);
    view! {
        <PageTitle text="Desk \u{b7} Marquee"/>
        <h1>"Desk"</h1>
        {move || match refused.get() {
            Some(problem) => view! { <Failure problem=problem/> }.into_any(),
            None => view! {
                <div class=style::desk>
                    <NowPlaying/>
                    <Today/>
                    <Quality/>
                    <Titles/>
                    <Devices/>
                    <Searches/>
                    <Fares/>
                    <Jobs/>
                    <Stops/>
                    <Storage/>
                </div>
            }.into_any(),
        }}
    }
    .into_any()
}

/// Why none of it is for whoever asks.
fn refused(desk: &Desk) -> Option<Problem> {
    let problem = desk.playing.failed()?;
    matches!(problem.code, Code::NotAllowed | Code::SignInRequired | Code::ProfileRequired).then(|| problem.clone())
}

/// Asks again as things change, and now and then, for as long as the page is there.
fn follow() {
    let dispatch = desk().dispatcher();
    let changes = live().select(|live| live.playing_changes);
    Effect::new(move |before: Option<u32>| {
        let now = changes.get();
        if before.is_some_and(|before| before != now) {
            dispatch.run(DeskAction::PlayingChanged);
        }
        now
    });
    Effect::new(move || {
        if let Ok(timer) = set_interval_with_handle(move || dispatch.run(DeskAction::LookDue), LOOK) {
            on_cleanup(move || timer.clear());
        }
    });
}
