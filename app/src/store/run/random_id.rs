//! Ids of what this client makes, so that a request can be sent again when its answer was lost.

#[cfg(feature = "browser")]
use leptos::web_sys;

/// 128 random bits in 32 hexadecimal digits: as hard to guess as what the server draws. Nothing where the browser gives no
/// randomness, and while the server renders, where nothing is made.
pub fn random_id<T: std::str::FromStr>() -> Option<T> {
    #[cfg(feature = "browser")]
    {
        use std::fmt::Write as _;
        let mut bytes = [0; 16];
        web_sys::window()?.crypto().ok()?.get_random_values_with_u8_array(&mut bytes).ok()?;
        let mut text = String::with_capacity(2 * bytes.len());
        bytes.iter().try_for_each(|byte| write!(text, "{byte:02x}")).ok()?;
        text.parse().ok()
    }
    #[cfg(not(feature = "browser"))]
    None
}
