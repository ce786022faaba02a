//! A database from an address, within bounds of time and size. Must never keep what came, nor read past the bound.

use reqwest::redirect::Policy;

use super::{Bounds, DatabaseError};

/// Addresses of archives lead to where they lie: at GitHub, over one other host.
const REDIRECTS: usize = 4;
const CONNECT: std::time::Duration = std::time::Duration::from_secs(10);

/// Whether `place` is to be fetched.
pub fn is_address(place: &str) -> bool {
    let place = place.to_ascii_lowercase();
    place.starts_with("https://") || place.starts_with("http://")
}

/// The bytes behind an address.
///
/// # Errors
/// [`DatabaseError::Fetch`] where they do not come, or not in time; [`DatabaseError::TooLarge`].
pub async fn archive(address: &str, bounds: Bounds) -> Result<Vec<u8>, DatabaseError> {
    let bad = |why: String| DatabaseError::Fetch(address.to_owned(), why);
    let http = reqwest::Client::builder()
        .redirect(Policy::limited(REDIRECTS))
        .connect_timeout(CONNECT)
        .timeout(bounds.time)
        .build()
        .map_err(|error| bad(in_words(&error)))?;
    let mut reply = http.get(address).send().await.map_err(|error| bad(in_words(&error)))?;
    if !reply.status().is_success() {
        return Err(bad(format!("the answer is {}", reply.status())));
    }
    let too_large = || DatabaseError::TooLarge { place: address.to_owned(), bound: bounds.archive };
    if reply.content_length().is_some_and(|length| length > bounds.archive) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = reply.chunk().await.map_err(|error| bad(in_words(&error)))? {
        if (bytes.len() + chunk.len()) as u64 > bounds.archive {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The error's last cause, which says what a person can do something about.
fn in_words(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it took too long".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
