//! A film's still with a caption on it, as the settings make captions look.

use leptos::prelude::*;

use super::style;
use crate::{
    parts::use_store,
    store::{
        StateStoreFields,
        state::{CaptionGround, CaptionSize},
    },
};

#[component]
pub fn Preview() -> impl IntoView {
    let (state, _) = use_store();
    let look = Memo::new(move |_| state.preferences().with(|now| now.captions.clone()));
    let size = move || {
        look.with(|look| match look.size {
            CaptionSize::Small => "small",
            CaptionSize::Medium => "medium",
            CaptionSize::Large => "large",
            CaptionSize::Huge => "huge",
        })
    };
    let ground = move || {
        look.with(|look| match look.ground {
            CaptionGround::Outline => "outline",
            CaptionGround::Shade => "shade",
            CaptionGround::Solid => "solid",
        })
    };
    view! {
        <div class=style::preview role="img" aria-label="How captions look" data-size=size data-ground=ground>
            <span class=style::caption>"We\u{2019}ll always have the pictures."</span>
        </div>
    }
}
