//! The kinds of fields: a choice among a few, a switch, a language.

use leptos::prelude::*;

use super::{languages, style};
use crate::parts::words;

/// A choice among a few, all in sight.
#[component]
pub fn Choice<T>(
    legend: &'static str,
    name: &'static str,
    choices: Vec<(T, &'static str)>,
    now: Signal<T>,
    chosen: impl Fn(T) + Copy + Send + Sync + 'static,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    let choices = choices.into_iter().map(|(value, label)| {
        let is_chosen = move || now.get() == value;
        view! {
            <label class=style::choice>
                <input
                    class=style::radio
                    type="radio"
                    name=name
                    checked=is_chosen
                    prop:checked=is_chosen
                    on:change=move |_| chosen(value)
                />
                <span class=style::face>{label}</span>
            </label>
        }
    });
    view! {
        <fieldset class=style::field>
            <legend class=style::label>{legend}</legend>
            <div class=style::choices>{choices.collect_view()}</div>
        </fieldset>
    }
    .into_any()
}

/// On or off.
#[component]
pub fn Switch(
    label: &'static str,
    hint: &'static str,
    now: Signal<bool>,
    chosen: impl Fn(bool) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    view! {
        <label class=style::switch>
            <span>
                <span class=style::label>{label}</span>
                <span class=style::hint>{hint}</span>
            </span>
            <input
                class=style::box_
                type="checkbox"
                role="switch"
                checked=move || now.get()
                prop:checked=move || now.get()
                on:change=move |event| chosen(event_target_checked(&event))
            />
            <span class=style::track aria-hidden="true"></span>
        </label>
    }
    .into_any()
}

/// A language, or none.
#[component]
pub fn Languages(
    label: &'static str,
    none: &'static str,
    now: Signal<Option<String>>,
    chosen: impl Fn(Option<String>) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let options = languages().into_iter().map(|(tag, name)| {
        let is_chosen = move || now.with(|now| now.as_deref().map(offered) == Some(tag));
        view! { <option value=tag selected=is_chosen>{name}</option> }
    });
    view! {
        <label class=style::select>
            <span class=style::label>{label}</span>
            <select
                class=style::list
                prop:value=move || now.with(|now| now.as_deref().map(offered).unwrap_or_default().to_owned())
                on:change=move |event| chosen(Some(event_target_value(&event)).filter(|tag| !tag.is_empty()))
            >
                <option value="">{none}</option>
                {options.collect_view()}
            </select>
        </label>
    }
    .into_any()
}

/// The language of the list that stands for one that was chosen in the player: `en` for `en-GB`.
fn offered(tag: &str) -> &str {
    let is_listed = |tag: &str| words::LANGUAGES.iter().any(|(code, _)| *code == tag);
    if is_listed(tag) { tag } else { tag.split('-').next().unwrap_or(tag) }
}
