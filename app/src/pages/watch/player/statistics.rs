//! How the film plays, in figures, for whoever wants to know: over the film, once a second while it is open.
//!
//! Nothing of it is announced by itself, and nothing of it reaches the store.

use std::time::Duration;

use leptos::prelude::*;

use super::{
    controller::Controller,
    engine::{Figures, number},
    keys::Command,
    screen, tracks,
};
use crate::parts::{
    icon::{Icon, icon},
    time,
};

stylance::import_crate_style!(style, "src/pages/watch/player/statistics.module.scss");

/// How often the figures are looked at.
const EVERY: Duration = Duration::from_secs(1);

/// What is known at a moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moment {
    pub engine: Figures,
    /// Pixels of the picture that is shown.
    pub shown: (u32, u32),
    /// Seconds that are there beyond the position.
    pub ahead: f64,
    /// Of how many frames how many were not shown.
    pub dropped: Option<(f64, f64)>,
    pub audio: Option<String>,
    pub captions: Option<String>,
    /// Seconds since this session of the film began.
    pub age: f64,
}

/// What is read of it: names and values, of what is known.
fn lines(moment: &Moment) -> Vec<(&'static str, String)> {
    let Moment { engine, shown: (width, height), ahead, dropped, audio, captions, age } = moment;
    let size = |width: f64, height: f64| format!("{width:.0} \u{d7} {height:.0}");
    let level = engine.level.as_ref();
    let shown = (*width > 0).then(|| size(f64::from(*width), f64::from(*height)));
    [
        ("Picture", shown),
        ("Offered", engine.most.map(|(width, height)| size(width, height))),
        ("Codecs", level.and_then(|level| level.codecs.clone())),
        ("Bit rate", level.map(|level| rate(level.bitrate))),
        ("Buffered ahead", Some(format!("{ahead:.1} s"))),
        ("Dropped frames", dropped.map(|(dropped, all)| format!("{dropped:.0} of {all:.0}"))),
        ("Connection", engine.bandwidth.map(rate)),
        ("Sound", audio.clone()),
        ("Captions", Some(captions.clone().unwrap_or_else(|| "Off".to_owned()))),
        ("Session", Some(time::clock(*age))),
        ("Played by", Some(engine.name.to_owned())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

fn rate(bits: f64) -> String {
    if bits >= 1_000_000.0 { format!("{:.1} Mbit/s", bits / 1_000_000.0) } else { format!("{:.0} kbit/s", bits / 1_000.0) }
}

#[component]
pub fn Statistics() -> impl IntoView {
    let controller = expect_context::<Controller>();
    view! {
        <Show when=move || controller.are_statistics_open.get()>
            <Figured/>
        </Show>
    }
    .into_any()
}

#[component]
fn Figured() -> impl IntoView {
    let controller = expect_context::<Controller>();
    let moment = RwSignal::new(look(controller));
    if let Ok(timer) = set_interval_with_handle(move || moment.set(look(controller)), EVERY) {
        on_cleanup(move || timer.clear());
    }
    let known = move || {
        lines(&moment.get()).into_iter().map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> }).collect_view()
    };
    view! {
        <div class=style::statistics role="group" aria-label="Statistics" id="player-statistics">
            <div class=style::head>
                <h2>"Statistics"</h2>
                <button
                    class=style::close
                    aria-label="Close the statistics"
                    on:click=move |_| controller.run(Command::ToggleStatistics)
                >
                    {icon(Icon::Close)}
                </button>
            </div>
            <dl aria-live="off">{known}</dl>
        </div>
    }
    .into_any()
}

fn look(controller: Controller) -> Moment {
    let live = controller.live;
    let engine = controller.figures();
    let chosen = controller.session.with_value(|session| {
        let id = live.audio.get_untracked();
        let at = session.audio.iter().position(|track| Some(&track.id) == id.as_ref())?;
        tracks::audio_labels(&session.audio).into_iter().nth(at)
    });
    let mut moment = Moment {
        ahead: (live.buffered.get_untracked() * live.duration.get_untracked() - live.position.get_untracked()).max(0.0),
        audio: chosen.or_else(|| engine.audio.clone()),
        captions: untrack(|| controller.shown_captions()).and_then(|index| {
            controller
                .session
                .with_value(|session| tracks::labels(&session.captions.iter().collect::<Vec<_>>()).into_iter().nth(index))
        }),
        age: controller.session_age(),
        engine,
        ..Moment::default()
    };
    if let Some(video) = controller.video.get_untracked() {
        moment.shown = (video.video_width(), video.video_height());
        // W3C Media Playback Quality; older browsers count nothing.
        moment.dropped = screen::call(&video, "getVideoPlaybackQuality")
            .and_then(|quality| Some((number(&quality, "droppedVideoFrames")?, number(&quality, "totalVideoFrames")?)));
    }
    moment
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::watch::player::engine::Level;

    #[test]
    fn every_figure_that_is_known_is_named_and_no_other() {
        let level = Level { bitrate: 3_400_000.0, codecs: Some("avc1.64001f, mp4a.40.2".into()) };
        let engine =
            Figures { name: "hls.js", level: Some(level), most: Some((1280.0, 720.0)), bandwidth: Some(950_000.0), audio: None };
        let moment = Moment {
            engine,
            shown: (640, 360),
            ahead: 12.34,
            dropped: Some((2.0, 400.0)),
            audio: Some("English".into()),
            captions: None,
            age: 61.0,
        };
        let told = lines(&moment);
        let wanted = [
            ("Picture", "640 \u{d7} 360"),
            ("Offered", "1280 \u{d7} 720"),
            ("Codecs", "avc1.64001f, mp4a.40.2"),
            ("Bit rate", "3.4 Mbit/s"),
            ("Buffered ahead", "12.3 s"),
            ("Dropped frames", "2 of 400"),
            ("Connection", "950 kbit/s"),
            ("Sound", "English"),
            ("Captions", "Off"),
            ("Session", "1:01"),
            ("Played by", "hls.js"),
        ];
        assert_eq!(told, wanted.map(|(name, value)| (name, value.to_owned())));
        let native = Moment { engine: Figures { name: "this browser", ..Figures::default() }, ..Moment::default() };
        let names: Vec<_> = lines(&native).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["Buffered ahead", "Captions", "Session", "Played by"]);
    }
}
