//! A film's still with a caption on it, as the settings make captions look.

use leptos::prelude::*;

use super::style;
use crate::{parts::use_store, store::StateStoreFields};

#[component]
pub fn Preview() -> impl IntoView {
    let (state, _) = use_store();
    let words = Memo::new(move |_| state.preferences().with(|now| now.captions.words()));
    view! {
        <div class=style::preview role="img" aria-label="How captions look" data-caption=words>
            <p class=style::caption><span>"We\u{2019}ll always "<i>"have"</i>" the pictures."</span></p>
        </div>
    }
}
