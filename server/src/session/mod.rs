//! What a signed-in browser carries: a signed access token for ten minutes, and an opaque refresh token for its
//! successor. And what a script carries: an API token.
//!
//! Owns the shapes of all three, the cookies, and those by which a browser is known. Must never say why a token was refused, nor log one.

mod api_tokens;
mod cookies;
mod keys;
mod known_browsers;
mod refresh;

use contract::ids::{AccountId, SignInId};

pub use api_tokens::{ApiToken, ApiTokenKey, bearer};
pub use cookies::name as cookie_name;
pub use cookies::{ACCESS, Cookies, Jar, REFRESH_SECONDS, line, pairs, unprefixed_away};
pub use keys::{ACCESS_SECONDS, Checked, KeyRing};
pub use known_browsers::{KnownBrowser, KnownBrowserKey};
pub use refresh::{RefreshKey, RefreshToken};

/// What the browser is given. Never logged.
#[derive(Clone)]
pub struct Tokens {
    pub access: String,
    /// Absent where the one that it has goes on.
    pub refresh: Option<String>,
}

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    pub account: AccountId,
    pub sign_in: SignInId,
}
