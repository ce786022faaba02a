//! Stars in halves: as somebody gave them, and to be given in one gesture.
//!
//! What is to be given is a group of radio buttons, so that a press, a touch and the arrows of a keyboard do what they do in any
//! other group. A press is said at once; what arrows pass over is not: they are said when they rest, or leave.

use std::time::Duration;

use contract::{device::DeviceClass, reviews::HALF_STARS};
use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};

use super::{
    dom,
    icon::{Icon, icon},
    use_store, words,
};
use crate::store::StateStoreFields;

stylance::import_crate_style!(style, "src/parts/stars/stars.module.scss");

/// How long arrows rest on what is meant.
const REST: Duration = Duration::from_millis(600);

/// Stars that somebody gave, or a mean of many: 0 to 5.
pub fn stars(given: f64, label: String) -> impl IntoView {
    let share = format!("--share:{:.1}%", given.clamp(0.0, 5.0) * 20.0);
    let five = || (0..5).map(|_| icon(Icon::Star)).collect_view();
    view! {
        <span class=style::stars role="img" aria-label=label style=share>
            <span class=style::all>{five()}</span>
            <span class=style::given>{five()}</span>
        </span>
    }
    .into_any()
}

/// What is said of stars that a remote control stands on and that are not given.
pub fn walked_words(walked: Option<u8>, given: Option<u8>) -> Option<String> {
    let walked = walked.filter(|walked| given != Some(*walked))?;
    Some(format!("{}: press OK to rate", words::star_count(walked)))
}

/// Stars to be given. `name` is one of a kind on the page.
#[component]
pub fn StarsField(
    name: &'static str,
    label: &'static str,
    /// 1 to 10, where some were given.
    #[prop(into)]
    value: Signal<Option<u8>>,
    /// Is told what a remote control stands on: its arrows choose nothing, OK does.
    walked: RwSignal<Option<u8>>,
    on_choose: Callback<u8>,
) -> impl IntoView {
    // What arrows stand on, until they rest there.
    let passing = RwSignal::new(None::<u8>);
    let rest = StoredValue::new(None::<TimeoutHandle>);
    let is_by_keys = StoredValue::new(false);
    let say = move || {
        if let Some(timer) = rest.try_update_value(Option::take).flatten() {
            timer.clear();
        }
        if let Some(half_stars) = passing.try_update(Option::take).flatten() {
            let _ = on_choose.try_run(half_stars);
        }
    };
    let choose = move |half_stars: u8| {
        passing.set(Some(half_stars));
        if !is_by_keys.get_value() {
            return say();
        }
        let timer = set_timeout_with_handle(say, REST).ok();
        if let Some(before) = rest.try_update_value(|rest| std::mem::replace(rest, timer)).flatten() {
            before.clear();
        }
    };
    on_cleanup(say);
    let (state, _) = use_store();
    let walk = move |half_stars: u8| {
        if state.device().with_untracked(|device| device.profile.class == DeviceClass::Tv) {
            walked.set(Some(half_stars));
        }
    };
    let shown = Memo::new(move |_| passing.get().or_else(|| value.get()).unwrap_or(0));
    let halves = (1..=HALF_STARS).map(|half_stars| {
        view! {
            <label class=style::half data-on=move || (half_stars <= shown.get()).then_some("") data-end=(half_stars % 2 == 0).then_some("")>
                <input
                    class=style::radio
                    type="radio"
                    name=name
                    value=half_stars.to_string()
                    prop:checked=move || shown.get() == half_stars
                    // Where none are given a remote control begins with the first, wherever it comes from.
                    data-last-focused=move || (half_stars == 1 && value.get().is_none()).then_some("")
                    on:change=move |_| choose(half_stars)
                    on:focus=move |_| walk(half_stars)
                />
                <span class=style::glyph>{icon(Icon::Star)}</span>
                <span class=style::visually_hidden>{words::star_count(half_stars)}</span>
            </label>
        }
    });
    view! {
        <fieldset
            class=style::field
            // The OK of a remote control is a press.
            on:keydown=move |event| is_by_keys.set_value(event.key() != "Enter")
            on:pointerdown=move |_| is_by_keys.set_value(false)
            on:focusout=move |event| {
                // Arrows take the focus from one to the next.
                if dom::has_left(&event) {
                    let _ = walked.try_set(None);
                    say();
                }
            }
        >
            <legend class=style::visually_hidden>{label}</legend>
            {halves.collect_view()}
        </fieldset>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_that_a_remote_control_stands_on_are_said_to_be_given_by_ok_unless_they_are() {
        assert_eq!(walked_words(Some(7), None).as_deref(), Some("3\u{bd} stars: press OK to rate"));
        assert_eq!(walked_words(Some(7), Some(4)).as_deref(), Some("3\u{bd} stars: press OK to rate"));
        assert_eq!((walked_words(Some(7), Some(7)), walked_words(None, Some(7))), (None, None));
    }
}
