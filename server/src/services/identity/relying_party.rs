//! For whom a passkey is made: the name and the address under which a browser knows this server (Web Authentication,
//! level 3, section 5.1.2).
//!
//! Made anew for every ceremony: that costs no more than reading an address. Must never take an address that a browser
//! would refuse: it would ask for a key that cannot be.

use webauthn_rs::{
    Webauthn, WebauthnBuilder,
    prelude::{Url, WebauthnError},
};

use crate::config::WebOrigin;

/// What an authenticator's window says.
const NAME: &str = "Marquee";

/// Why no passkey can be used at an address.
#[derive(Debug, thiserror::Error)]
pub enum NoPasskeys {
    #[error("Passkeys need a domain name. Open this server by its name instead of its IP address.")]
    ByNumber,
    #[error("Browsers keep passkeys for encrypted connections: visit this server with https.")]
    Unencrypted,
    #[error("This server's address cannot have passkeys.")]
    Unusable(#[from] WebauthnError),
}

/// The relying party at an origin.
///
/// # Errors
/// [`NoPasskeys`].
pub fn at(origin: &WebOrigin) -> Result<Webauthn, NoPasskeys> {
    let url = Url::parse(origin.as_str()).map_err(|_| NoPasskeys::ByNumber)?;
    // Numbers are hosts, but no domains.
    let domain = url.domain().ok_or(NoPasskeys::ByNumber)?;
    let is_here = domain == "localhost" || domain.ends_with(".localhost");
    if url.scheme() != "https" && !is_here {
        return Err(NoPasskeys::Unencrypted);
    }
    Ok(WebauthnBuilder::new(domain, &url)?.rp_name(NAME).build()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(origin: &str) -> Option<String> {
        at(&WebOrigin::parse(origin).unwrap()).err().map(|error| error.to_string())
    }

    #[test]
    fn a_name_over_https_has_passkeys_and_so_has_this_machine() {
        for origin in ["https://films.example", "https://films.example:8443", "http://localhost:8080", "http://a.localhost"] {
            assert_eq!(refusal(origin), None, "{origin}");
        }
    }

    #[test]
    fn addresses_of_numbers_and_open_connections_have_none_and_say_why() {
        for origin in ["https://192.0.2.1", "https://[2001:db8::1]", "http://127.0.0.1:8080"] {
            assert!(refusal(origin).unwrap().contains("IP address"), "{origin}");
        }
        for origin in ["http://films.example", "http://notlocalhost"] {
            assert!(refusal(origin).unwrap().contains("https"), "{origin}");
        }
    }
}
