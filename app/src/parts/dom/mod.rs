//! The few things that parts do to the document themselves: focus, scroll positions of rows, attributes for styles.
//!
//! The only module of parts and pages that touches the document. Every function does nothing where there is none;
//! must never decide what is shown.

mod back_link;
mod card_events;
mod clock;
mod document;
mod early_input;
mod fields;
mod files;
mod focus;
mod focus_key;
#[cfg(feature = "browser")]
mod focus_rescue;
#[cfg_attr(
    not(any(feature = "browser", test)),
    expect(dead_code, reason = "there are rectangles to measure only where there is a browser")
)]
mod geometry;
mod grid_window;
mod hideable_rows;
#[cfg(feature = "browser")]
mod placed;
mod prefetch;
mod remote;
mod remote_control;
mod reorder;
mod rows;
mod scroll_restoration;
mod spatial;
mod tab_storage;
mod watched_marks;

pub use back_link::{go_back_to, note_previous_page};
pub use card_events::{CardEvent, CardTarget, follow_cards, take_letters};
pub use clock::{date_and_time, day_and_month, minutes_ahead_of_utc};
pub use document::Way;
#[cfg(feature = "browser")]
pub use document::{ask_for_document, document_is_good, page_stays, stay};
pub use early_input::{is_first_mount, keep_letter, keep_presses};
pub use fields::{activate_field, field_of};
pub use files::{read_file, save_file};
pub use focus::{
    FocusInside, bring_into_view, focus_current_link, focus_first, focus_heading, focus_into_view, focus_search,
    focus_search_page, focus_without_scroll, has_left, is_focus_within, remember_focus, rescue_focus, return_focus, step,
};
pub use geometry::Direction as Arrow;
pub use grid_window::{FocusedItem, GridWindow, on_grid_window};
pub use hideable_rows::{HIDEABLE, HideableRow, dress_hideable_rows, go_to_row, on_hide_pressed};
pub use prefetch::{Prefetch, on_intent};
pub use remote::{MediaKey, RemoteKey, remote_key};
pub use remote_control::{enter_screen, follow_remote_control, load_remote_control};
pub use reorder::{Drag, drag_target, on_end_near, place_within_list};
pub use rows::{Direction, arrive_at_row, line_scrolled, roll, roll_to, row_key, row_scrolled};
pub use scroll_restoration::restore_scroll;
pub use spatial::{close_menu, close_menus_around, follow_arrow, go_back};
#[cfg(all(test, not(feature = "browser")))]
pub use tab_storage::given as given_storage;
pub use tab_storage::{DRAFT, WebStorage, forget_texts, keep_text, kept_text, names_in};
pub use watched_marks::mark_watched;

#[cfg(feature = "browser")]
use contract::device::DeviceClass;
/// What a part holds a reference to without touching it.
pub use leptos::web_sys::Element;
use leptos::{ev, web_sys};

/// Milliseconds since 1970, by this device's clock.
pub fn now() -> u64 {
    #[cfg(feature = "browser")]
    {
        js_sys::Date::now() as u64
    }
    #[cfg(not(feature = "browser"))]
    0
}

/// Whether the page is scrolled away from its top.
pub fn is_scrolled() -> bool {
    #[cfg(feature = "browser")]
    {
        leptos::prelude::window().scroll_y().is_ok_and(|offset| offset > 8.0)
    }
    #[cfg(not(feature = "browser"))]
    false
}

/// Comes back after so many milliseconds.
#[cfg(feature = "browser")]
pub async fn wait(milliseconds: u32) {
    gloo_timers::future::TimeoutFuture::new(milliseconds).await;
}

/// Waits for a while that is chosen at random, up to this long.
#[cfg(feature = "browser")]
pub async fn wait_at_random(milliseconds: f64) {
    wait((chance() * milliseconds) as u32).await;
}

/// From 0 up to 1.
#[cfg(feature = "browser")]
pub fn chance() -> f64 {
    js_sys::Math::random()
}

/// Whether nothing should move by itself: the viewer asked for little motion, or looks elsewhere.
pub fn is_quiet() -> bool {
    #[cfg(feature = "browser")]
    {
        let asked = leptos::prelude::window().match_media("(prefers-reduced-motion: reduce)").ok().flatten();
        asked.is_some_and(|query| query.matches()) || leptos::prelude::document().hidden()
    }
    #[cfg(not(feature = "browser"))]
    false
}

/// Whether the browser knows of no network.
pub fn is_offline() -> bool {
    #[cfg(feature = "browser")]
    {
        !leptos::prelude::window().navigator().on_line()
    }
    #[cfg(not(feature = "browser"))]
    false
}

/// Calls `woken` whenever the browser shows the page again as it was left (HTML, `PageTransitionEvent.persisted`).
pub fn on_woken(woken: impl Fn() + 'static) -> leptos::prelude::WindowListenerHandle {
    use wasm_bindgen::JsCast;

    leptos::prelude::window_event_listener_untyped("pageshow", move |event| {
        if event.dyn_into::<web_sys::PageTransitionEvent>().is_ok_and(|event| event.persisted()) {
            woken();
        }
    })
}

/// Whether the page is shown as on a television.
pub fn is_television() -> bool {
    #[cfg(feature = "browser")]
    {
        let root = leptos::prelude::document().document_element();
        let is_tv = |root: web_sys::Element| root.get_attribute("data-device").as_deref() == Some(DeviceClass::Tv.as_str());
        root.is_some_and(is_tv)
    }
    #[cfg(not(feature = "browser"))]
    false
}

/// Whether there is something that plays on this page.
pub fn has_player() -> bool {
    #[cfg(feature = "browser")]
    {
        leptos::prelude::document().query_selector("video").ok().flatten().is_some()
    }
    #[cfg(not(feature = "browser"))]
    false
}

/// Whether a key was meant for a field that takes letters, or for a shortcut of the browser. A radio button that has the focus takes none.
pub fn is_typing(event: &ev::KeyboardEvent) -> bool {
    field_of(event).takes_letters() || event.ctrl_key() || event.meta_key() || event.alt_key()
}

/// Whether a key takes the last change back, and not what was typed in a field.
pub fn is_undo(event: &ev::KeyboardEvent) -> bool {
    let is_chord = (event.ctrl_key() || event.meta_key()) && !event.shift_key() && !event.alt_key();
    is_chord && event.key() == "z" && !field_of(event).takes_text()
}

/// Lets the poster in what was clicked fly to the next page: at most one element of a page carries the name.
pub fn let_poster_fly(event: &ev::MouseEvent) {
    #[cfg(feature = "browser")]
    {
        use wasm_bindgen::JsCast;

        let document = leptos::prelude::document();
        if let Ok(Some(other)) = document.query_selector("[data-poster]")
            && let Ok(other) = other.dyn_into::<web_sys::HtmlElement>()
        {
            let _ = other.style().set_property("view-transition-name", "none");
        }
        let clicked = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        if let Some(Ok(Some(image))) = clicked.map(|link| link.query_selector("img"))
            && let Ok(image) = image.dyn_into::<web_sys::HtmlElement>()
        {
            let _ = image.style().set_property("view-transition-name", "poster");
        }
    }
    #[cfg(not(feature = "browser"))]
    let _ = event;
}

/// Processors at which pages follow each other without a transition.
#[cfg(feature = "browser")]
const FEW_PROCESSORS: f64 = 2.0;

/// Has pages follow each other without a transition where the device is slow: to draw both pages for it takes such a device a
/// tenth of a second or more, for which the viewer would wait.
#[cfg(feature = "browser")]
pub fn spare_transitions() {
    use js_sys::{Function, Object, Promise, Reflect};
    use wasm_bindgen::{JsValue, prelude::Closure};

    if leptos::prelude::window().navigator().hardware_concurrency() > FEW_PROCESSORS {
        return;
    }
    // In its place one that is over at once: the router complains where there is none.
    let at_once = Closure::<dyn Fn(Function) -> JsValue>::new(|change: Function| {
        let transition = Object::new();
        // A plain object takes every member, and what is called is the router's own.
        let _ = change.call0(&JsValue::UNDEFINED);
        let _ = Reflect::set(&transition, &"finished".into(), &Promise::resolve(&JsValue::UNDEFINED));
        transition.into()
    });
    let _ = Reflect::set(&leptos::prelude::document(), &"startViewTransition".into(), &at_once.into_js_value());
}

/// Draws something over the page, beside the app: also where the app has not taken the page over, and never will.
#[cfg(feature = "browser")]
pub fn lay_over<V: leptos::prelude::IntoView>(view: impl FnOnce() -> V + 'static) {
    leptos::mount::mount_to(leptos::tachys::dom::body(), view).forget();
}

/// Draws something into the place that a page has for it, as soon as that is there, in the place of what is in it. It lives as long as
/// the place does.
pub fn fill(place: &'static str, view: impl FnOnce() -> leptos::prelude::AnyView + 'static) {
    #[cfg(feature = "browser")]
    placed::fill(place, view, placed::FRAMES);
    #[cfg(not(feature = "browser"))]
    let _ = (place, view);
}

/// Has a form that this field is in not be sent, and say why; an empty text lets it be sent again (HTML, "Form controls").
pub fn refuse_field(field: &web_sys::HtmlInputElement, why: &str) {
    #[cfg(feature = "browser")]
    field.set_custom_validity(why);
    #[cfg(not(feature = "browser"))]
    let _ = (field, why);
}

/// The same of a field of several lines.
pub fn refuse_lines(field: &web_sys::HtmlTextAreaElement, why: &str) {
    #[cfg(feature = "browser")]
    field.set_custom_validity(why);
    #[cfg(not(feature = "browser"))]
    let _ = (field, why);
}

/// Keeps the browser from saying in a bubble of its own, over what the field says, why a form is not sent. The first field of the
/// form that is to blame gets the focus, as the browser would give it.
pub fn field_refused(event: &web_sys::Event) {
    #[cfg(feature = "browser")]
    {
        use wasm_bindgen::JsCast;

        event.prevent_default();
        let Some(field) = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlElement>().ok()) else { return };
        let form = field.closest("form").ok().flatten();
        let first = form.and_then(|form| form.query_selector(":is(input, textarea, select):invalid").ok().flatten());
        if first.is_some_and(|first| first.is_same_node(Some(&field))) {
            // Refused only where it is not shown.
            let _ = field.focus();
        }
    }
    #[cfg(not(feature = "browser"))]
    let _ = event;
}

/// From now on the focus goes on from where it was, wherever what had it goes away.
pub fn rescue_every_focus() {
    #[cfg(feature = "browser")]
    focus_rescue::begin();
}

/// Somebody else watches with this page, which goes: the next document of it begins at the top, and where somebody `is_chosen`, with the
/// focus on its content.
pub fn viewer_changed(is_chosen: bool) {
    #[cfg(feature = "browser")]
    {
        scroll_restoration::begin_anew();
        if is_chosen {
            focus_rescue::focus_next_document();
        }
    }
    #[cfg(not(feature = "browser"))]
    let _ = is_chosen;
}

/// Makes a dialog modal: what is behind it is inert, and the focus is in it.
pub fn show_modal(dialog: &web_sys::HtmlDialogElement) {
    #[cfg(feature = "browser")]
    {
        // It refuses where it is open already, which is what is wanted.
        let _ = dialog.show_modal();
    }
    #[cfg(not(feature = "browser"))]
    let _ = dialog;
}

/// Puts an address into the location bar without going there: what the screen shows already.
pub fn show_address(address: &str) {
    #[cfg(feature = "browser")]
    {
        let Ok(history) = leptos::prelude::window().history() else { return };
        let state = history.state().unwrap_or_default();
        // Browsers refuse this when it comes too often; the address is then one letter behind.
        let _ = history.replace_state_with_url(&state, "", Some(address));
    }
    #[cfg(not(feature = "browser"))]
    let _ = address;
}

/// Says what device this is, for styles.
pub fn show_device(class: contract::device::DeviceClass) {
    #[cfg(feature = "browser")]
    {
        let root = leptos::prelude::document().document_element();
        // The root takes every attribute.
        let _ = root.map(|root| root.set_attribute("data-device", class.as_str()));
    }
    #[cfg(not(feature = "browser"))]
    let _ = class;
}

/// Closes the `<details>` around an element; the focus that was inside goes to the word that opens it.
pub fn close_details(target: Option<&web_sys::EventTarget>) {
    #[cfg(feature = "browser")]
    {
        use wasm_bindgen::JsCast;

        let element = target.and_then(|target| target.dyn_ref::<web_sys::Element>());
        if let Some(Ok(Some(details))) = element.map(|element| element.closest("details")) {
            let had_focus = is_focus_within(&details);
            let _ = details.remove_attribute("open");
            if had_focus && let Ok(Some(word)) = details.query_selector("summary") {
                focus_without_scroll(&word);
            }
        }
    }
    #[cfg(not(feature = "browser"))]
    let _ = target;
}
