//! A row of cards that rolls sideways: a heading that links to the whole list, arrows under the pointer, and a place
//! that it comes back to.

use contract::ids::TitleId;
use leptos::{ev, html, prelude::*};

use super::{
    card::Card,
    dom::{self, Direction},
    icon::{Icon, icon},
    reactive::{Keyed, each},
};

stylance::import_crate_style!(style, "src/parts/row/row.module.scss");

/// How wide the items of a row are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Width {
    #[default]
    Poster,
    Still,
}

/// The frame of a row. `children` are `<li>`; `size` is how many there are, so that the row notices changes.
#[component]
pub fn Row(
    /// Stable, to remember where the row was scrolled to.
    #[prop(into)]
    key: String,
    #[prop(into)] heading: String,
    /// The whole list.
    #[prop(optional_no_strip)]
    href: Option<String>,
    #[prop(into)] size: Signal<usize>,
    #[prop(optional)] width: Width,
    /// Whether the viewer can have it hidden: what does that is put in by `parts/own_rows/hide.rs`.
    #[prop(optional)]
    is_hideable: bool,
    /// What is said of all of its cards, under the heading.
    #[prop(optional_no_strip)]
    note: Option<AnyView>,
    children: Children,
) -> impl IntoView {
    let track = NodeRef::<html::Ul>::new();
    let id = format!("row-{key}");
    let heading_id = id.clone();
    let row = if is_hideable { dom::HIDEABLE } else { "" };
    let key = StoredValue::new(key);
    Effect::new(move || {
        // Read and not only tracked: what is derived and nobody reads is never made.
        let _ = size.get();
        if let Some(track) = track.get() {
            key.with_value(|key| dom::arrive_at_row(&track, key));
        }
    });
    let with_track = move |act: &dyn Fn(&dom::Element)| {
        if let Some(track) = track.get_untracked() {
            act(&track);
        }
    };
    let scrolled = move |_: ev::Event| with_track(&|track| key.with_value(|key| dom::row_scrolled(track, key)));
    let key_down = move |event: ev::KeyboardEvent| with_track(&|track| dom::row_key(track, &event));
    let focused = move |_: ev::FocusEvent| with_track(&|track| key.with_value(|key| dom::arrive_at_row(track, key)));
    let roll = move |direction| with_track(&|track| dom::roll(track, direction));

    let heading = match href {
        Some(href) => view! {
            <a class=style::all href=href>
                {heading}
                {icon(Icon::Right)}
            </a>
        }
        .into_any(),
        None => heading.into_any(),
    };
    let class = match width {
        Width::Poster => style::posters,
        Width::Still => style::stills,
    };
    view! {
        <section class=style::row aria-labelledby=id data-row=row>
            <div class=style::head>
                <h2 class=style::heading id=heading_id>{heading}</h2>
            </div>
            {note}
            <div class=style::stage>
                <ul class=class node_ref=track data-focus-row="" on:scroll=scrolled on:keydown=key_down on:focusin=focused>
                    {children()}
                </ul>
                <button class=style::back tabindex="-1" aria-hidden="true" on:click=move |_| roll(Direction::Back)>
                    {icon(Icon::Left)}
                </button>
                <button class=style::on tabindex="-1" aria-hidden="true" on:click=move |_| roll(Direction::On)>
                    {icon(Icon::Right)}
                </button>
            </div>
        </section>
    }
    .into_any()
}

/// A row of posters.
#[component]
pub fn PosterRow(
    #[prop(into)] key: String,
    #[prop(into)] heading: String,
    #[prop(optional_no_strip)] href: Option<String>,
    #[prop(into)] titles: Signal<Vec<TitleId>>,
    #[prop(optional)] is_first: bool,
    #[prop(optional)] is_hideable: bool,
    #[prop(optional)] note: Option<AnyView>,
) -> impl IntoView {
    let size = Memo::new(move |_| titles.with(Vec::len));
    view! {
        <Row key=key heading=heading href=href size=size is_hideable=is_hideable note=note>
            {each(move || titles.get().into_iter().map(|id| card(id, is_first)).collect())}
        </Row>
    }
}

fn card(id: TitleId, is_first: bool) -> Keyed {
    Keyed::new(id.to_string(), move || view! { <Card id=id is_first=is_first/> }.into_any())
}
