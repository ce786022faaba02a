//! Stopping a film: asked first, with what whoever watches is told.

use contract::{
    Problem,
    playback::{PlayingSession, StopPlaying},
};
use leptos::{ev::SubmitEvent, prelude::*};

use super::style;
use crate::{
    parts::{
        button,
        dialog::Modal,
        text_field::{Purpose, TextField},
        words,
    },
    store::{
        Submission,
        desk::{DeskAction, desk, who},
    },
};

const HEADING: &str = "stop-playing";

/// Open while there is somebody whose film is to be stopped.
#[component]
pub fn StopDialog(stopping: RwSignal<Option<PlayingSession>>) -> impl IntoView {
    let is_open = Memo::new(move |_| stopping.with(Option::is_some));
    let close = Callback::new(move |()| stopping.set(None));
    view! {
        <Modal is_open=is_open on_close=close labelled_by=HEADING.to_owned()>
            {move || stopping.get().map(|session| view! { <Form session=session close=close/> })}
        </Modal>
    }
    .into_any()
}

#[component]
fn Form(session: PlayingSession, close: Callback<()>) -> impl IntoView {
    let desk = desk();
    let dispatch = desk.dispatcher();
    let message = RwSignal::new(String::new());
    let problem: Signal<Option<Problem>> = desk.select(|desk| desk.stopping.failed().cloned()).into();
    let state = desk.select(|desk| desk.stopping.clone());
    let is_busy = Memo::new(move |_| state.get() == Submission::Pending);
    Effect::new(move || dispatch.run(DeskAction::StopBegun));
    Effect::new(move |was_pending: Option<bool>| {
        let state = state.get();
        if was_pending == Some(true) && state == Submission::Done {
            close.run(());
        }
        state == Submission::Pending
    });
    let id = session.id.clone();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let typed = message.get_untracked().trim().to_owned();
        let message = (!typed.is_empty()).then_some(typed);
        dispatch.run(DeskAction::StopWanted(StopPlaying { id: id.clone(), message }));
    };
    let refused = move || problem.get().filter(|problem| problem.fields.is_empty()).map(|problem| words::problem(&problem));
    view! {
        <form class=style::form on:submit=submit>
            <h2 id=HEADING>"Stop this film?"</h2>
            <p class=style::quiet>
                <bdi>{who(&session)}</bdi> " is watching \u{201c}" <bdi>{session.title.title.clone()}</bdi> "\u{201d} on " {session.device.clone()}
                ". It stops within 15 seconds."
            </p>
            <TextField
                label="Message to whoever watches"
                name="message"
                purpose=Purpose::StopMessage
                hint="Optional. Shown to the viewer below \u{201c}The operator stopped this film\u{201d}."
                value=message
                problem=problem
            />
            <p class=style::problem role="alert">{refused}</p>
            <p class=style::ways>
                <button class=button::PRIMARY aria-disabled=move || is_busy.get().to_string()>"Stop the film"</button>
                <button class=button::QUIET type="button" on:click=move |_| close.run(())>"Cancel"</button>
            </p>
        </form>
    }
    .into_any()
}
