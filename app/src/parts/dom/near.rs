//! Notices when the end of a list comes near.

use leptos::web_sys;

/// Calls `act` each time the element comes within a screen's height of what is visible; until the owner goes away.
pub fn when_near(element: &web_sys::Element, act: impl Fn() + 'static) {
    #[cfg(feature = "browser")]
    {
        use leptos::prelude::{StoredValue, WithValue, on_cleanup};
        use wasm_bindgen::{JsCast, closure::Closure};

        let told = Closure::<dyn Fn(js_sys::Array)>::new(move |entries: js_sys::Array| {
            let is_near = entries
                .iter()
                .filter_map(|entry| entry.dyn_into::<web_sys::IntersectionObserverEntry>().ok())
                .any(|entry| entry.is_intersecting());
            if is_near {
                act();
            }
        });
        let options = ::web_sys::IntersectionObserverInit::new();
        options.set_root_margin("100% 0%");
        let Ok(observer) = ::web_sys::IntersectionObserver::new_with_options(told.as_ref().unchecked_ref(), &options) else {
            return;
        };
        observer.observe(element);
        // Both live exactly as long as the view that asked.
        let kept = StoredValue::new_local((observer, told));
        on_cleanup(move || {
            kept.try_with_value(|(observer, _)| observer.disconnect());
        });
    }
    #[cfg(not(feature = "browser"))]
    let _ = (element, act);
}
