//! OpenID Connect providers: who else may say who somebody is.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Deserializer};

use super::value::text;

/// `[identity.providers]`, by the names that stand in addresses.
pub type Providers = BTreeMap<ProviderId, Provider>;

/// A provider's name in the config and in addresses: 1 to 32 small letters, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProviderId(String);

/// `[identity.providers.NAME]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// For the button: `Google`, `Our Keycloak`.
    pub name: String,
    /// As the provider's own metadata say it.
    pub issuer: Issuer,
    pub client_id: String,
    /// A file with the client's secret and nothing else; absent for a public client.
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
    /// What is asked for beside `openid`.
    #[serde(default = "Provider::scopes")]
    pub scopes: Vec<String>,
    #[serde(default)]
    pub claims: Claims,
    #[serde(default)]
    pub groups: Groups,
    /// Whether signing out here signs out there as well, where the provider can.
    #[serde(default = "yes")]
    pub signs_out_there: bool,
}

/// `[identity.providers.NAME.claims]`: which claim says what. A name, or a JSON pointer like `/realm_access/roles`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Claims {
    /// What never changes and belongs to one person.
    pub subject: String,
    pub login: String,
    pub name: String,
    pub email: String,
    pub groups: String,
}

/// `[identity.providers.NAME.groups]`: what the provider's groups are here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Groups {
    /// Whose members run the place. Where it is absent, operators are made here.
    pub operators: Option<Vec<String>>,
    /// Whose members may enter beside operators. Where it is absent, everybody whom the provider knows.
    pub members: Option<Vec<String>>,
}

/// Where a provider's metadata are: over HTTPS, or on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer(String);

impl Provider {
    fn scopes() -> Vec<String> {
        ["profile", "email"].map(str::to_owned).to_vec()
    }
}

impl Default for Claims {
    fn default() -> Self {
        let [subject, login, name, email, groups] = ["sub", "preferred_username", "name", "email", "groups"].map(str::to_owned);
        Self { subject, login, name, email, groups }
    }
}

impl ProviderId {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn parse(text: &str) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        ((1..=32).contains(&text.len()) && text.bytes().all(fits)).then(|| Self(text.to_owned()))
    }
}

/// So that a provider is found by what stands in an address.
impl std::borrow::Borrow<str> for ProviderId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Issuer {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn parse(text: &str) -> Option<Self> {
        let url = url::Url::parse(text).ok()?;
        let is_here = match url.host()? {
            url::Host::Domain(name) => name == "localhost",
            url::Host::Ipv4(address) => address.is_loopback(),
            url::Host::Ipv6(address) => address.is_loopback(),
        };
        let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_here);
        // As it was written: a provider compares it letter by letter.
        (is_safe && url.query().is_none() && url.fragment().is_none()).then(|| Self(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for ProviderId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, "a name of small letters, digits and hyphens", Self::parse)
    }
}

impl<'de> Deserialize<'de> for Issuer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, "the issuer's address over HTTPS, like https://accounts.example", Self::parse)
    }
}

const fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_speaks_https_or_is_this_machine() {
        for (text, fits) in [
            ("https://accounts.example", true),
            ("https://accounts.example/realms/home/", true),
            ("http://127.0.0.1:4000", true),
            ("http://localhost:4000", true),
            ("http://accounts.example", false),
            ("https://accounts.example?x=1", false),
            ("accounts.example", false),
            ("file:///etc/passwd", false),
        ] {
            assert_eq!(Issuer::parse(text).is_some(), fits, "{text}");
        }
    }

    #[test]
    fn a_providers_name_can_stand_in_an_address() {
        for (text, fits) in [("google", true), ("our-keycloak2", true), ("", false), ("Google", false), ("a/b", false)] {
            assert_eq!(ProviderId::parse(text).is_some(), fits, "{text}");
        }
    }
}
