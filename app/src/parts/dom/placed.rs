//! What is drawn into a place of a page by code that is not the page's.

use std::{any::Any, cell::RefCell, collections::HashMap};

use leptos::{
    mount::mount_to,
    prelude::{AnyView, document, request_animation_frame},
    web_sys::{Element, HtmlElement},
};
use wasm_bindgen::JsCast;

/// Frames that a page may take until it is drawn.
pub const FRAMES: u16 = 180;

/// Where something is drawn, and what keeps it there.
type Drawn = (Element, Box<dyn Any>);

thread_local! {
    /// What is drawn, and where: it is taken down when the next page has such a place.
    static DRAWN: RefCell<HashMap<&'static str, Drawn>> = RefCell::new(HashMap::new());
}

pub fn fill(place: &'static str, view: impl FnOnce() -> AnyView + 'static, frames: u16) {
    let found = document().query_selector(place).ok().flatten().and_then(|place| place.dyn_into::<HtmlElement>().ok());
    let Some(found) = found else {
        if frames > 0 {
            request_animation_frame(move || fill(place, view, frames - 1));
        }
        return;
    };
    if DRAWN.with_borrow(|drawn| drawn.get(place).is_some_and(|(there, _)| *there == *found)) {
        return;
    }
    let focused = focused_link(&found);
    // Whatever was drawn for a page that is gone goes with its effects.
    drop(DRAWN.with_borrow_mut(|drawn| drawn.remove(place)));
    found.replace_children_with_node_0();
    let handle = mount_to(found.clone(), view);
    if let Some(link) = focused.and_then(|address| found.query_selector(&format!("a[href=\"{address}\"]")).ok().flatten()) {
        super::focus_without_scroll(&link);
    }
    DRAWN.with_borrow_mut(|drawn| drawn.insert(place, (found.into(), Box::new(handle))));
}

/// A copy of `template`, which is hidden itself, that says by `name` what it is; nothing of what refuses to be copied.
pub fn copy_of(template: &Element, name: &str) -> Option<Element> {
    let copy: Element = template.clone_node_with_deep(true).ok()?.dyn_into().ok()?;
    copy.remove_attribute("hidden").ok()?;
    copy.set_attribute(name, "").ok()?;
    Some(copy)
}

/// The address of the link in it that has the focus: who is on a card stays there.
fn focused_link(place: &Element) -> Option<String> {
    let active = document().active_element().filter(|active| place.contains(Some(active)))?;
    active.get_attribute("href")
}
