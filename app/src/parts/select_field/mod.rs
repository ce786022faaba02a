//! A choice among many in one line: its label above, a note below, both tied to it for screen readers.

use leptos::prelude::*;

use super::icon::{Icon, icon};

stylance::import_crate_style!(style, "src/parts/select_field/select_field.module.scss");

/// A list that opens. `options` are values with their words; `name` is the field of the call.
#[component]
pub fn SelectField(
    #[prop(into)] label: Signal<String>,
    name: &'static str,
    #[prop(optional)] hint: &'static str,
    options: Vec<(String, String)>,
    value: RwSignal<String>,
) -> impl IntoView {
    let note = format!("{name}-note");
    let options = options.into_iter().map(|(option, words)| {
        let is_chosen = option == value.get_untracked();
        view! { <option value=option selected=is_chosen>{words}</option> }
    });
    view! {
        <p class=style::field>
            <label class=style::label for=name>{label}</label>
            <span class=style::box_>
                <select
                    class=style::list
                    id=name
                    name=name
                    aria-describedby=note.clone()
                    prop:value=move || value.get()
                    on:change=move |event| value.set(event_target_value(&event))
                >
                    {options.collect_view()}
                </select>
                {icon(Icon::Down)}
            </span>
            <span class=style::note id=note>{hint}</span>
        </p>
    }
    .into_any()
}
