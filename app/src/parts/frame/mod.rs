//! What stays around every screen: the skip link and the bar above; the phone's bar, toasts and announcements below.

use leptos::{ev, prelude::*};

use contract::device::DeviceClass;
use reactive_stores::Store;

use super::{
    bar::{Bar, PhoneBar},
    dom,
    reactive::When,
    toasts::{Announcer, Toasts},
    use_store,
};
use crate::{
    pages::chunks::fetch_card_actions,
    route::Route,
    store::{Action, AppStore, State, StateStoreFields},
};

stylance::import_crate_style!(style, "src/parts/frame/frame.module.scss");

/// The skip link and the bar; nothing but the skip link where a film is watched.
#[component]
pub fn BarAbove() -> impl IntoView {
    let is_watching = is_watching();
    // The bar goes while a film is watched, and comes back as it was.
    let is_lit = StoredValue::new(false);
    let was_lit = move || {
        let was_lit = is_lit.get_value();
        is_lit.set_value(true);
        was_lit
    };
    view! {
        <a class=style::skip href="#main" rel="external">"Skip to content"</a>
        <When is=Signal::derive(move || !is_watching.get())>
            <Bar is_lit=was_lit()/>
        </When>
    }
}

/// The phone's bar, toasts, and what screen readers are told.
#[component]
pub fn Below() -> impl IntoView {
    let is_watching = is_watching();
    listen_to_keys(is_watching);
    listen_to_page();
    view! {
        <When is=Signal::derive(move || !is_watching.get())>
            <PhoneBar/>
        </When>
        <Toasts/>
        <Announcer/>
    }
}

fn is_watching() -> Memo<bool> {
    let (state, _) = use_store();
    Memo::new(move |_| state.route().with(|route| matches!(route, Route::Watch { .. })))
}

/// Does what the Undo of the last toast that has one does; whether there was one.
fn take_back(state: Store<State>, dispatch: Callback<Action>) -> bool {
    let last =
        state.notices().with_untracked(|notices| notices.toasts.iter().rfind(|toast| toast.undo.is_some()).map(|toast| toast.id));
    last.map(|id| dispatch.run(Action::UndoWanted { id, now: dom::now() })).is_some()
}

/// What failed on the screen is asked for again as soon as there is a network; what was set is saved before the page goes; and a page
/// that the browser kept may be somebody else's by now.
fn listen_to_page() {
    let (_, dispatch) = use_store();
    Effect::new(move || {
        let online = window_event_listener(ev::online, move |_| dispatch.run(Action::CameOnline));
        let shown = dom::on_woken(move || dispatch.run(Action::Woken));
        let left = window_event_listener(ev::pagehide, move |_| dispatch.run(Action::Left));
        // A page that is put away on a phone may never be heard of again.
        let hidden = window_event_listener_untyped("visibilitychange", move |_| {
            if document().hidden() {
                dispatch.run(Action::SaveDue);
            }
        });
        on_cleanup(move || {
            online.remove();
            shown.remove();
            left.remove();
            hidden.remove();
        });
    });
}

/// Control and Z take the last change back; `/` goes to the search, Escape and a click elsewhere close a menu; on a television, arrows go to what lies that way, OK does
/// what a click does, and Back closes what is open or goes back. Letters that mark a title, and long presses, wait for the code that follows them. The player has keys of its own.
fn listen_to_keys(is_watching: Memo<bool>) {
    let (state, dispatch) = use_store();
    let store = expect_context::<AppStore>();
    let class = Memo::new(move |_| state.device().with(|device| device.profile.class));
    // The server's guess until the browser was asked.
    Effect::new(move || {
        let class = class.get();
        dom::show_device(class);
        if class == DeviceClass::Tv {
            dom::load_remote_control();
        }
    });
    Effect::new(move || {
        let store = store.clone();
        let early = store.clone();
        dom::keep_presses(move || fetch_card_actions(early.clone()));
        let keys = window_event_listener(ev::keydown, move |event| {
            // The player has keys of its own; what stands in its place, because it was refused, has not. An Escape that was
            // pressed for the viewer is none of theirs.
            let has_player = is_watching.get_untracked() && dom::has_player();
            if event.default_prevented() || has_player || !event.is_trusted() {
                return;
            }
            let is_done = match event.key().as_str() {
                "/" if !dom::is_typing(&event) => {
                    dom::focus_search();
                    true
                }
                _ if dom::is_undo(&event) => take_back(state, dispatch),
                _ if class.get_untracked() == DeviceClass::Tv => dom::follow_remote_control(&event),
                "Escape" => dom::close_menu(),
                _ if dom::keep_letter(&event) => {
                    fetch_card_actions(store.clone());
                    false
                }
                _ => false,
            };
            if is_done {
                event.prevent_default();
            }
        });
        let pressed = window_event_listener(ev::pointerdown, |event| dom::close_menus_around(event.target().as_ref()));
        on_cleanup(move || {
            keys.remove();
            pressed.remove();
        });
    });
}
