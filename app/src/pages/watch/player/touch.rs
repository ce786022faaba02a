//! The surface over the film: a click plays or pauses, a tap shows the controls, a double tap skips.

use std::time::Duration;

use leptos::{ev, prelude::*, web_sys::HtmlElement};
use wasm_bindgen::JsCast;

use super::{controller::Controller, keys::Command, timeline};

stylance::import_crate_style!(style, "src/pages/watch/player/touch.module.scss");

/// How close two taps are to be one double tap.
const DOUBLE: Duration = Duration::from_millis(280);

/// How long one sees what a double tap did.
const MARKED: Duration = Duration::from_millis(600);

/// Which part of the surface was touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Third {
    Left,
    Middle,
    Right,
}

#[component]
pub fn TouchSurface() -> impl IntoView {
    let controller = expect_context::<Controller>();
    let tapped = StoredValue::new(None::<TimeoutHandle>);
    let skipped = RwSignal::new(None::<Third>);
    let is_mouse = StoredValue::new(false);
    let fading = StoredValue::new(None::<TimeoutHandle>);
    // What waits must not outlive the player.
    on_cleanup(move || {
        for timer in [tapped, fading] {
            if let Some(Some(timer)) = timer.try_update_value(Option::take) {
                timer.clear();
            }
        }
    });
    let on_click = move |event: ev::PointerEvent| {
        if controller.panel.get_untracked().is_some() {
            controller.run(Command::Close);
            return;
        }
        is_mouse.set_value(event.pointer_type() == "mouse");
        if is_mouse.get_value() {
            if event.button() == 0 {
                controller.run(Command::TogglePlay);
            }
            return;
        }
        match tapped.try_update_value(Option::take).flatten() {
            Some(first) => {
                first.clear();
                let third = third(&event);
                skip(controller, third);
                skipped.set(Some(third));
                let gone = set_timeout_with_handle(move || skipped.set(None), MARKED).ok();
                if let Some(Some(earlier)) = fading.try_update_value(|fading| std::mem::replace(fading, gone)) {
                    earlier.clear();
                }
            }
            None => {
                let single = set_timeout_with_handle(
                    move || {
                        tapped.set_value(None);
                        if controller.is_active.get_untracked() {
                            controller.is_active.set(false);
                        } else {
                            controller.activate();
                        }
                    },
                    DOUBLE,
                );
                tapped.set_value(single.ok());
            }
        }
    };
    view! {
        <div
            class=style::surface
            aria-hidden="true"
            on:pointerup=on_click
            on:dblclick=move |event| {
                // Two taps of a finger skip, and nothing else.
                if is_mouse.get_value() && event.detail() == 2 {
                    controller.run(Command::ToggleFullScreen);
                }
            }
        ></div>
        {move || skipped.get().and_then(mark)}
    }
    .into_any()
}

/// What a double tap did, over the third that it was made on.
fn mark(third: Third) -> Option<impl IntoView> {
    let (class, text) = match third {
        Third::Left => (style::left, "\u{2212}10 s"),
        Third::Middle => return None,
        Third::Right => (style::right, "+10 s"),
    };
    Some(view! { <div class=stylance::classes!(style::mark, class) aria-hidden="true">{text}</div> })
}

fn skip(controller: Controller, third: Third) {
    match third {
        Third::Left => controller.run(Command::Skip(-10.0)),
        Third::Middle => controller.run(Command::TogglePlay),
        Third::Right => controller.run(Command::Skip(10.0)),
    }
}

fn third(event: &ev::PointerEvent) -> Third {
    let surface = event.current_target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
    let Some(surface) = surface else { return Third::Middle };
    let place = surface.get_bounding_client_rect();
    let fraction = timeline::fraction(f64::from(event.client_x()) - place.left(), place.width());
    if fraction < 1.0 / 3.0 {
        Third::Left
    } else if fraction > 2.0 / 3.0 {
        Third::Right
    } else {
        Third::Middle
    }
}
