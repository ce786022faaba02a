//! Notices when the end of a list comes near.

use leptos::web_sys;

/// Calls `act` each time the element comes within a screen's height of what is visible; until the owner goes away.
pub fn on_intersection(element: &web_sys::Element, act: impl Fn() + 'static) {
    #[cfg(feature = "browser")]
    {
        use leptos::prelude::{IsDisposed, SetValue, StoredValue, WithValue, on_cleanup};
        use wasm_bindgen::{JsCast, closure::Closure};

        // Gone with its owner, which the closure outlives: what was seen before the observer stopped is still told after.
        let kept = StoredValue::<Option<::web_sys::IntersectionObserver>, _>::new_local(None);
        let told = Closure::<dyn Fn(js_sys::Array)>::new(move |entries: js_sys::Array| {
            let is_near = entries
                .iter()
                .filter_map(|entry| entry.dyn_into::<web_sys::IntersectionObserverEntry>().ok())
                .any(|entry| entry.is_intersecting());
            if is_near && !kept.is_disposed() {
                act();
            }
        });
        let options = ::web_sys::IntersectionObserverInit::new();
        options.set_root_margin("100% 0%");
        let told = told.into_js_value();
        let Ok(observer) = ::web_sys::IntersectionObserver::new_with_options(told.unchecked_ref(), &options) else { return };
        observer.observe(element);
        kept.set_value(Some(observer));
        on_cleanup(move || {
            kept.try_with_value(|observer| observer.as_ref().map(::web_sys::IntersectionObserver::disconnect));
        });
    }
    #[cfg(not(feature = "browser"))]
    let _ = (element, act);
}
