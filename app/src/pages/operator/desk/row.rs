//! One film that plays, as a line of the table.

use contract::{device::DeviceClass, playback::PlayingSession};
use leptos::prelude::*;

use super::style;
use crate::{
    parts::{button, time},
    route::{Operator, Route},
    store::desk::who,
};

/// Milliseconds without a word of a player after which that is said: two heartbeats.
const SILENT: u64 = 30_000;
/// A film that rests so many seconds before its end is at its end: players stop at the last frame, or just before.
const AT_END: f64 = 1.0;

/// The server's clock, in milliseconds since 1970.
#[derive(Clone, Copy)]
pub struct Clock {
    pub now: Signal<u64>,
    /// When what is known was so.
    pub told: Memo<u64>,
    /// Whether the server is gone: what is known may be so no more.
    pub is_lost: Memo<bool>,
}

/// The same at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Moment {
    now: u64,
    told: u64,
    is_lost: bool,
}

impl Clock {
    fn read(self) -> Moment {
        Moment { now: self.now.get(), told: self.told.get(), is_lost: self.is_lost.get() }
    }
}

#[component]
pub fn Row(session: Memo<Option<PlayingSession>>, clock: Clock, stopping: RwSignal<Option<PlayingSession>>) -> impl IntoView {
    let part = move |part: fn(&PlayingSession) -> String| {
        Memo::new(move |_| session.with(|session| session.as_ref().map(part).unwrap_or_default()))
    };
    // What never changes of a session is drawn once.
    let fixed = session.get_untracked();
    let film = fixed.as_ref().map(|session| {
        let href = Route::Title { id: session.title.id.clone() }.href();
        view! { <a class=style::name href=href><bdi>{session.title.title.clone()}</bdi></a> }
    });
    let account = fixed.as_ref().and_then(|session| session.account.as_ref().map(|account| account.id.clone()));
    let name = part(who);
    let login = part(|session| session.account.as_ref().and_then(|account| account.login.clone()).unwrap_or_default());
    let who = match account {
        Some(id) => {
            let href = Route::Operator(Operator::Account { id }).href();
            view! { <a class=style::name href=href><bdi>{name}</bdi></a> <span class=style::quiet><bdi>{login}</bdi></span> }
                .into_any()
        }
        None => view! { <span class=style::name>{name}</span> }.into_any(),
    };
    let device = part(|session| session.device.clone());
    let class = part(|session| format!("{} \u{b7} up to {}p", device_class(session.device_class), session.class));
    let state = Memo::new(move |_| {
        session.with(|session| session.as_ref().map(|session| state(session, clock.read())).unwrap_or_default())
    });
    let fraction =
        Memo::new(move |_| session.with(|session| session.as_ref().map_or(0.0, |session| fraction(session, clock.now.get()))));
    let since = Memo::new(move |_| {
        session.with(|session| session.as_ref().map(|session| since(session, clock.now.get())).unwrap_or_default())
    });
    let is_paused = Memo::new(move |_| session.with(|session| session.as_ref().is_some_and(|session| session.is_paused)));
    let buffer = Memo::new(move |_| session.with(|session| buffered(session.as_ref()?, clock.now.get())));
    let label = Memo::new(move |_| session.with(|session| session.as_ref().map(stop_label).unwrap_or_default()));
    view! {
        <tr role="row" class=style::row>
            <td role="cell" data-of="who">{who}</td>
            <td role="cell" data-of="film">
                {film}
                <span class=style::track data-paused=move || (is_paused.get() || clock.is_lost.get()).then_some("") aria-hidden="true">
                    <span class=style::done style:inline-size=move || format!("{:.1}%", fraction.get() * 100.0)></span>
                </span>
                <span class=style::quiet>{state}</span>
            </td>
            <td role="cell" data-of="device">
                <span>{device}</span>
                <span class=style::quiet>{class}</span>
                <span class=style::quiet>{buffer}</span>
            </td>
            <td role="cell" data-of="since"><span class=style::quiet>{since}</span></td>
            <td role="cell" data-of="stop">
                <button
                    class=button::QUIET
                    type="button"
                    aria-label=label
                    aria-haspopup="dialog"
                    on:click=move |_| stopping.set(session.get_untracked())
                >
                    "Stop"
                </button>
            </td>
        </tr>
    }
    .into_any()
}

fn stop_label(session: &PlayingSession) -> String {
    format!("Stop \u{201c}{}\u{201d} of {} on {}", session.title.title, who(session), session.device)
}

const fn device_class(class: DeviceClass) -> &'static str {
    match class {
        DeviceClass::Tv => "TV",
        DeviceClass::Desktop => "Computer",
        DeviceClass::Tablet => "Tablet",
        DeviceClass::Phone => "Phone",
    }
}

/// Where the film is by now: a player says so every few seconds.
fn position(session: &PlayingSession, now: u64) -> f64 {
    // No longer than a player is believed that says nothing.
    let since = now.saturating_sub(session.heard).min(SILENT);
    let moved = if session.is_paused { 0.0 } else { since as f64 / 1000.0 };
    (session.position + moved).min(session.duration_seconds.max(session.position))
}

fn fraction(session: &PlayingSession, now: u64) -> f64 {
    if session.duration_seconds > 0.0 { (position(session, now) / session.duration_seconds).clamp(0.0, 1.0) } else { 0.0 }
}

/// `Playing, 7:05 of 1:32:10`. That a player is silent only the server knows: what this page has not heard is no silence of the player's.
fn state(session: &PlayingSession, Moment { now, told, is_lost }: Moment) -> String {
    if session.is_paused && session.position >= session.duration_seconds - AT_END {
        return "At its end".to_owned();
    }
    let is_silent = told.saturating_sub(session.heard) > SILENT;
    let what = match (is_lost, is_silent, session.is_paused) {
        (false, true, _) => format!("No sign from the player for {} s", now.saturating_sub(session.heard) / 1000),
        (true, _, true) => "Was paused".to_owned(),
        (true, _, false) => "Was playing".to_owned(),
        (false, false, true) => "Paused".to_owned(),
        (false, false, false) => "Playing".to_owned(),
    };
    format!("{what}, {} of {}", time::clock(position(session, now)), time::clock(session.duration_seconds))
}

/// No more than is left of the film.
fn buffered(session: &PlayingSession, now: u64) -> Option<String> {
    let left = (session.duration_seconds - position(session, now)).max(0.0);
    let seconds = (f64::from(session.buffered_millis?) / 1000.0).min(left).floor();
    Some(format!("{seconds:.0} s loaded ahead"))
}

/// `12 min`, `1 h 5 min`.
fn since(session: &PlayingSession, now: u64) -> String {
    let minutes = now.saturating_sub(session.started) / 60_000;
    match (minutes / 60, minutes % 60) {
        (0, 0) => "Just now".to_owned(),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use contract::playback::{PlayingAccount, StreamedTitle};

    use super::*;

    fn session() -> PlayingSession {
        PlayingSession {
            id: "s".parse().unwrap(),
            title: StreamedTitle { id: "heat".parse().unwrap(), title: "Heat".into() },
            account: None,
            device: "Firefox on Linux".into(),
            device_class: DeviceClass::Desktop,
            class: 1080,
            position: 60.0,
            duration_seconds: 100.0,
            is_paused: false,
            buffered_millis: Some(31_900),
            started: 1_000_000,
            heard: 1_010_000,
        }
    }

    /// While the server answers.
    fn at(now: u64) -> Moment {
        Moment { now, told: now, is_lost: false }
    }

    #[test]
    fn a_film_that_plays_goes_on_between_two_words_of_its_player_and_one_that_rests_does_not() {
        assert_eq!(state(&session(), at(1_015_000)), "Playing, 1:05 of 1:40");
        assert_eq!(state(&PlayingSession { is_paused: true, ..session() }, at(1_015_000)), "Paused, 1:00 of 1:40");
        assert_eq!(state(&session(), at(900_000)), "Playing, 1:00 of 1:40", "a clock that is behind");
        assert_eq!(state(&PlayingSession { position: 99.0, ..session() }, at(1_030_000)), "Playing, 1:40 of 1:40");
    }

    #[test]
    fn a_film_that_rests_at_its_end_is_not_paused() {
        let rests = |position| PlayingSession { is_paused: true, position, ..session() };
        assert_eq!(state(&rests(99.4), at(1_015_000)), "At its end");
        assert_eq!(state(&rests(98.0), at(1_015_000)), "Paused, 1:38 of 1:40");
    }

    #[test]
    fn where_the_server_is_gone_nothing_is_told_as_news_and_no_player_as_silent() {
        let lost = Moment { is_lost: true, ..at(1_015_000) };
        assert_eq!(state(&session(), lost), "Was playing, 1:05 of 1:40");
        assert_eq!(state(&PlayingSession { is_paused: true, ..session() }, lost), "Was paused, 1:00 of 1:40");
        let long_ago = Moment { now: 1_080_000, ..at(1_015_000) };
        assert_eq!(state(&session(), long_ago), "Playing, 1:30 of 1:40", "the page has heard nothing, the server may have");
    }

    #[test]
    fn a_player_that_says_nothing_is_said_to_and_is_not_believed_to_play_on() {
        assert_eq!(state(&session(), at(1_080_000)), "No sign from the player for 70 s, 1:30 of 1:40");
        assert_eq!(fraction(&session(), 1_080_000), 0.9);
    }

    #[test]
    fn whoever_watches_is_called_what_is_known_of_them() {
        let of = |login: Option<&str>, profile: Option<&str>| {
            let account =
                PlayingAccount { id: "a".parse().unwrap(), login: login.map(Into::into), profile: profile.map(Into::into) };
            who(&PlayingSession { account: Some(account), ..session() })
        };
        assert_eq!([of(Some("ada"), Some("Kim")), of(Some("ada"), None), of(None, None)], ["Kim", "ada", "Somebody"]);
        assert_eq!(who(&session()), "Guest");
        assert_eq!(stop_label(&session()), "Stop \u{201c}Heat\u{201d} of Guest on Firefox on Linux");
    }

    #[test]
    fn times_are_said_shortly() {
        let at = |minutes: u64| since(&session(), 1_000_000 + minutes * 60_000);
        assert_eq!([at(0), at(12), at(60), at(65)], ["Just now", "12 min", "1 h", "1 h 5 min"]);
    }

    #[test]
    fn no_more_is_loaded_ahead_than_is_left() {
        assert_eq!(buffered(&session(), 1_010_000).as_deref(), Some("31 s loaded ahead"));
        let near_the_end = PlayingSession { position: 93.0, is_paused: true, ..session() };
        assert_eq!(buffered(&near_the_end, 1_010_000).as_deref(), Some("7 s loaded ahead"));
        assert_eq!(buffered(&PlayingSession { buffered_millis: None, ..session() }, 1_010_000), None);
    }
}
