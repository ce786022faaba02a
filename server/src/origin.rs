//! Under which address a browser knows this server: what a provider sends it back to, and what a passkey is bound to.
//!
//! Must never be used to decide what somebody may do: without `server.public_url`, it is what their request says.

use contract::Problem;

use crate::{config::WebOrigin, context::Caller};

/// The configured address, or each request's own. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct PublicOrigin(Option<WebOrigin>);

impl PublicOrigin {
    pub fn new(configured: Option<WebOrigin>) -> Self {
        Self(configured)
    }

    /// # Errors
    /// `invalid_request` where a request does not say which host it is for.
    pub fn of(&self, caller: &Caller) -> Result<WebOrigin, Problem> {
        if let Some(configured) = &self.0 {
            return Ok(configured.clone());
        }
        let scheme = if caller.https { "https" } else { "http" };
        let host = caller.host.as_ref().and_then(|host| host.to_str().ok());
        let origin = host.and_then(|host| WebOrigin::parse(&format!("{scheme}://{host}")));
        origin.ok_or_else(|| Problem::invalid("host", "the name of this server"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(host: &str) -> Caller {
        Caller { host: Some(host.parse().unwrap()), ..Caller::default() }
    }

    #[test]
    fn a_request_says_the_origin_unless_one_is_configured() {
        let origin = PublicOrigin::default().of(&from("films.example:8080")).unwrap();
        assert_eq!(origin.as_str(), "http://films.example:8080");
        let configured = PublicOrigin::new(WebOrigin::parse("https://films.example/"));
        assert_eq!(configured.of(&from("evil.example")).unwrap().as_str(), "https://films.example");
    }

    #[test]
    fn what_is_more_than_a_host_is_refused() {
        for host in ["films.example/path", "user@films.example", "", "films.example?x", "films.example#x"] {
            assert!(PublicOrigin::default().of(&from(host)).is_err(), "{host}");
        }
        assert!(PublicOrigin::default().of(&Caller::default()).is_err());
    }
}
