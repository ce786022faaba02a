//! What follows a state, in one type for all places.
//!
//! A closure in a view is a type of its own, and so is all the code that leptos makes to follow it: some kilobytes each, which every first
//! visit would load. What stands on the pages of a first visit is written with these; elsewhere leptos' own are as good.

use std::sync::Arc;

use leptos::prelude::*;

/// The value of an attribute; nothing where the element does not have it.
pub fn attribute(value: impl Fn() -> Option<String> + Send + Sync + 'static) -> Signal<Option<String>> {
    Signal::derive(value)
}

/// An attribute that is there or not, and says nothing else.
pub fn flag(is_there: impl Fn() -> bool + Send + Sync + 'static) -> Signal<Option<String>> {
    attribute(move || is_there().then(String::new))
}

/// Shows something while `is` is so. It is drawn anew only where that changes.
#[component]
pub fn When(#[prop(into)] is: Signal<bool>, children: ChildrenFn) -> impl IntoView {
    let is = Memo::new(move |_| is.get());
    (move || is.get().then(|| children())).into_any()
}

/// One of many, which stays the same for as long as its key is there.
pub struct Keyed {
    key: String,
    draw: Box<dyn FnOnce() -> AnyView + Send>,
}

impl Keyed {
    pub fn new(key: String, draw: impl FnOnce() -> AnyView + Send + 'static) -> Self {
        Self { key, draw: Box::new(draw) }
    }
}

/// Many, in their order: what is new is drawn, and what is gone is taken away.
pub fn each(items: impl Fn() -> Vec<Keyed> + Send + Sync + 'static) -> AnyView {
    each_of(Arc::new(items))
}

fn each_of(items: Arc<dyn Fn() -> Vec<Keyed> + Send + Sync>) -> AnyView {
    view! { <For each=move || items() key=|item| item.key.clone() children=|item| (item.draw)()/> }.into_any()
}
