//! Times as they are where the viewer is. Known in a browser alone: a page that was rendered says them once it was taken over.

/// Minutes by which the viewer's clock is ahead of UTC now.
pub fn minutes_ahead_of_utc() -> Option<i32> {
    #[cfg(feature = "browser")]
    {
        // As JavaScript has it: what has to be added to local time to come to UTC.
        let behind = js_sys::Date::new_0().get_timezone_offset();
        behind.is_finite().then_some(-(behind as i32))
    }
    #[cfg(not(feature = "browser"))]
    None
}

/// A day in milliseconds since 1970, as one says it: `3 May`, `3 May 2024` where that is another year than now.
pub fn day_and_month(milliseconds: u64) -> Option<String> {
    #[cfg(feature = "browser")]
    {
        let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(milliseconds as f64));
        let options = js_sys::Object::new();
        let is_this_year = date.get_full_year() == js_sys::Date::new_0().get_full_year();
        let year = (!is_this_year).then_some(("year", "numeric"));
        for (name, value) in [("day", "numeric"), ("month", "long")].into_iter().chain(year) {
            // A plain object takes every member.
            let _ = js_sys::Reflect::set(&options, &name.into(), &value.into());
        }
        // The words around it are English.
        date.to_locale_date_string("en-GB", &options).as_string()
    }
    #[cfg(not(feature = "browser"))]
    {
        let _ = milliseconds;
        None
    }
}

/// A moment in milliseconds since 1970, as the viewer writes it: `27 Nov 2026, 14:05`.
pub fn date_and_time(milliseconds: u64) -> Option<String> {
    #[cfg(feature = "browser")]
    {
        use wasm_bindgen::JsValue;

        let options = js_sys::Object::new();
        for (name, value) in [("dateStyle", "medium"), ("timeStyle", "short")] {
            // A plain object takes every member.
            let _ = js_sys::Reflect::set(&options, &name.into(), &value.into());
        }
        let date = js_sys::Date::new(&JsValue::from_f64(milliseconds as f64));
        // The words around it are English.
        date.to_locale_string("en-GB", &options).as_string()
    }
    #[cfg(not(feature = "browser"))]
    {
        let _ = milliseconds;
        None
    }
}
