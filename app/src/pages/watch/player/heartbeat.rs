//! Says where the viewer is: every few seconds, and when they go.

use std::time::Duration;

use leptos::{ev, prelude::*};

use super::{controller::Controller, machine::Event};

/// Begins to tell; ends, with a last word, when the player goes. Also while the film is paused: the session is kept by it.
pub fn begin(controller: Controller) {
    let every = controller.session.with_value(|session| session.heartbeat_seconds.max(2));
    Effect::new(move || controller.happened(Event::Moved { position: controller.live.position.get() }));
    let timer = set_interval_with_handle(move || controller.happened(Event::HeartbeatDue), Duration::from_secs(u64::from(every)));
    let closing = window_event_listener(ev::pagehide, move |_| controller.happened(Event::Left { closing: true }));
    let online = window_event_listener(ev::online, move |_| controller.happened(Event::CameOnline));
    on_cleanup(move || {
        if let Ok(timer) = timer {
            timer.clear();
        }
        closing.remove();
        online.remove();
        controller.happened(Event::Left { closing: false });
    });
}
