//! The desk: what plays now and how to stop it, how much is watched, how well it plays, what is missed, how the place fares, and
//! where video lies and what that costs.
//!
//! It follows by itself: what plays as the stream of events says that it changes, all else now and then. Must never move what somebody is about
//! to press: lines are drawn once and follow what they show. Must never show as news what is none: where the server is gone it says so, and nothing
//! goes on.

mod fares;
mod fares_words;
pub(in crate::pages) mod figures;
mod playing;
mod quality;
mod row;
mod searches;
mod stop_dialog;
mod stops;
mod storage;
mod today;
mod watched;

use std::time::Duration;

use contract::{Code, Problem, device::DeviceClass};
use leptos::{ev, prelude::*};

use crate::{
    head::PageTitle,
    parts::{dom, failure::Failure, use_store},
    store::{
        StateStoreFields,
        desk::{Desk, DeskAction, Lost, desk},
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

/// How often it is looked for what nobody tells of, and whether the server is there.
const LOOK: Duration = Duration::from_secs(5);

#[component]
pub fn DeskPage() -> impl IntoView {
    follow();
    let refused = desk().select(refused);
    let lost = desk().select(|desk| desk.lost.map(|lost| (lost, desk.playing.latest().map(|playing| playing.now))));
    let said = move || lost.get().map(|(lost, told)| lost_words(lost, told, dom::minutes_ahead_of_utc().unwrap_or_default()));
    view! {
        <PageTitle text="Desk \u{b7} Marquee"/>
        <h1>"Desk"</h1>
        <p class=style::lost role="status">{said}</p>
        {move || match refused.get() {
            Some(problem) => view! { <Failure problem=problem/> }.into_any(),
            None => view! {
                <div class=style::desk data-lost=move || lost.with(Option::is_some).then_some("")>
                    <NowPlaying/>
                    <Today/>
                    <Quality/>
                    // Two columns of their own: what is short leaves no hole beside what is long.
                    <div class=style::column>
                        <Titles/>
                        <Searches/>
                        <Jobs/>
                    </div>
                    <div class=style::column>
                        <Devices/>
                        <Fares/>
                    </div>
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

/// `No connection to the server. Figures from 04:29:10.`: by the viewer's own clock, which is so many minutes ahead of UTC.
fn lost_words(lost: Lost, told: Option<u64>, ahead: i32) -> String {
    let what = match lost {
        Lost::Unreachable => "No connection to the server.",
        Lost::Failing => "The server does not answer as it should.",
    };
    let Some(told) = told else { return what.to_owned() };
    let seconds = (told / 1000).saturating_add_signed(i64::from(ahead) * 60) % 86_400;
    format!("{what} Figures from {:02}:{:02}:{:02}.", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// The `tabindex` of what has nothing to press: on a television it is a stop, where arrows alone lead through a page.
pub(in crate::pages) fn stop() -> Memo<Option<&'static str>> {
    let (state, _) = use_store();
    Memo::new(move |_| state.device().with(|device| device.profile.class == DeviceClass::Tv).then_some("0"))
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
    Effect::new(move || {
        let offline = window_event_listener(ev::offline, move |_| dispatch.run(DeskAction::WentOffline));
        on_cleanup(move || offline.remove());
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_gone_is_told_with_the_time_of_the_figures_by_the_viewers_clock() {
        // 2026-11-30T04:29:10Z.
        let told = Some(1_796_012_950_000);
        assert_eq!(lost_words(Lost::Unreachable, told, 0), "No connection to the server. Figures from 04:29:10.");
        assert_eq!(lost_words(Lost::Unreachable, told, -300), "No connection to the server. Figures from 23:29:10.");
        assert_eq!(lost_words(Lost::Failing, None, 60), "The server does not answer as it should.");
    }
}
