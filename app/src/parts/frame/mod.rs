//! What stays around every screen: the skip link and the bar above; the phone's bar, toasts and announcements below.

use leptos::{ev, prelude::*};

use contract::device::DeviceClass;

use super::{
    bar::{Bar, PhoneBar},
    dom, screen,
    toasts::{Announcer, Toasts},
};
use crate::{route::Route, store::StateStoreFields};

stylance::import_crate_style!(style, "src/parts/frame/frame.module.scss");

/// The skip link and the bar; nothing but the skip link where a film is watched.
#[component]
pub fn BarAbove() -> impl IntoView {
    let is_watching = is_watching();
    view! {
        <a class=style::skip href="#main" rel="external">"Skip to content"</a>
        <Show when=move || !is_watching.get()>
            <Bar/>
        </Show>
    }
}

/// The phone's bar, toasts, and what screen readers are told.
#[component]
pub fn Below() -> impl IntoView {
    let is_watching = is_watching();
    follow_remote(is_watching);
    view! {
        <Show when=move || !is_watching.get()>
            <PhoneBar/>
        </Show>
        <Toasts/>
        <Announcer/>
    }
}

fn is_watching() -> Memo<bool> {
    let (state, _) = screen();
    Memo::new(move |_| state.route().with(|route| matches!(route, Route::Watch { .. })))
}

/// `/` goes to the search; on a television, arrows go to what lies that way. The player has keys of its own.
fn follow_remote(is_watching: Memo<bool>) {
    let (state, _) = screen();
    Effect::new(move || {
        let keys = window_event_listener(ev::keydown, move |event| {
            // The player has keys of its own; what stands in its place, because it was refused, has not.
            if event.default_prevented() || (is_watching.get_untracked() && dom::has_player()) {
                return;
            }
            let is_tv = || state.device().with_untracked(|device| device.profile.class == DeviceClass::Tv);
            let leads = |dx, dy| is_tv() && dom::leaves_field(&event, dx, dy) && dom::move_focus(dx, dy);
            let is_done = match event.key().as_str() {
                "/" if !dom::is_typing(&event) => {
                    dom::focus_search();
                    true
                }
                "ArrowLeft" => leads(-1, 0),
                "ArrowRight" => leads(1, 0),
                "ArrowUp" => leads(0, -1),
                "ArrowDown" => leads(0, 1),
                "Enter" => is_tv() && dom::activate_field(&event),
                _ => false,
            };
            if is_done {
                event.prevent_default();
            }
        });
        on_cleanup(move || keys.remove());
    });
}
