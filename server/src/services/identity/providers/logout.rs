//! Signing out at a provider as well (OpenID Connect RP-Initiated Logout 1.0), and being told by one that somebody signed
//! out there (OpenID Connect Back-Channel Logout 1.0).

use std::time::Duration;

use contract::identity::EntryRefusal;
use serde_json::{Map, Value};

use super::{
    Provider,
    claims::{instant, subject, text, texts},
    jws::{SignatureError, Signed, verify},
    proof::SKEW_SECONDS,
};
use crate::config::WebOrigin;

/// Nobody waits longer for where to go on signing out: they are signed out here already.
const PATIENCE: Duration = Duration::from_secs(3);
/// How old a token may be.
const OLDEST_SECONDS: u64 = 5 * 60;
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What a provider says when somebody signed out there (section 2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutToken {
    /// As the provider names its people.
    pub sub: Option<String>,
    /// By the claim that the config names, where that is another and the token has it.
    pub subject: Option<String>,
    /// The session there that ended; absent where all of theirs did.
    pub sid: Option<String>,
    /// Unique: what it says is done once.
    pub jti: String,
}

/// Why a logout token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogoutTokenError {
    #[error(transparent)]
    Signature(#[from] SignatureError),
    #[error("it is another issuer's")]
    Issuer,
    #[error("it is for somebody else")]
    Audience,
    #[error("it is not of now")]
    Time,
    #[error("it is another kind of token")]
    Kind,
    #[error("it names nobody")]
    Nobody,
    #[error("it has no id of its own")]
    NoId,
}

impl LogoutTokenError {
    const fn may_be_of_new_keys(self) -> bool {
        match self {
            Self::Signature(error) => error.may_be_of_new_keys(),
            Self::Issuer | Self::Audience | Self::Time | Self::Kind | Self::Nobody | Self::NoId => false,
        }
    }
}

impl Provider {
    /// Where the browser signs out at the provider; nowhere if the provider has no such place, or does not answer.
    pub async fn logout_url(&self, id_token: &str, origin: &WebOrigin) -> Option<String> {
        if !self.config.signs_out_there {
            return None;
        }
        let metadata = tokio::time::timeout(PATIENCE, self.discovery.metadata()).await.ok()?.ok()?;
        let mut url = metadata.document.end_session_endpoint.clone()?;
        url.query_pairs_mut()
            .append_pair("id_token_hint", id_token)
            .append_pair("client_id", self.client_id.as_str())
            .append_pair("post_logout_redirect_uri", &format!("{}/", origin.as_str()));
        Some(url.into())
    }

    /// Checks a logout token (section 2.6).
    ///
    /// # Errors
    /// `untrusted`, `unreachable` and `misconfigured`; the cause is logged.
    pub async fn read_logout_token(&self, token: &str) -> Result<LogoutToken, EntryRefusal> {
        let metadata = self.discovery.metadata().await?;
        let now = self.clock.seconds();
        let checked = match self.check(token, &metadata.keys, now) {
            Err(error) if error.may_be_of_new_keys() => self.check(token, &self.discovery.renewed().await?.keys, now),
            other => other,
        };
        checked.map_err(|error| {
            tracing::warn!(provider = self.id(), why = %error, "a logout token is not taken");
            EntryRefusal::Untrusted
        })
    }

    fn check(&self, token: &str, keys: &[Value], now: u64) -> Result<LogoutToken, LogoutTokenError> {
        let names =
            Names { issuer: self.config.issuer.as_str(), client_id: self.client_id.as_str(), subject: self.own_subject() };
        check(&verify(token, keys)?, &names, now)
    }

    /// The claim that accounts are found by, where it is not `sub`.
    fn own_subject(&self) -> Option<&str> {
        self.has_own_subjects().then_some(self.config.claims.subject.as_str())
    }
}

/// What a token is held against.
struct Names<'a> {
    issuer: &'a str,
    client_id: &'a str,
    subject: Option<&'a str>,
}

fn check(signed: &Signed, names: &Names, now: u64) -> Result<LogoutToken, LogoutTokenError> {
    let claims = &signed.claims;
    let said = |claim: &str| claims.get(claim).and_then(text).filter(|text| !text.is_empty());
    let at = |claim: &str| claims.get(claim).and_then(instant);
    let is = |holds: bool, error: LogoutTokenError| if holds { Ok(()) } else { Err(error) };
    is(said("iss").as_deref() == Some(names.issuer), LogoutTokenError::Issuer)?;
    let audiences = claims.get("aud").map(texts).unwrap_or_default();
    is(audiences.iter().any(|audience| audience == names.client_id), LogoutTokenError::Audience)?;
    let is_of_now = |issued: u64| issued <= now + SKEW_SECONDS && now <= issued.saturating_add(OLDEST_SECONDS);
    is(at("iat").is_some_and(is_of_now), LogoutTokenError::Time)?;
    // Checked where it is there; providers from before 2022 leave it out.
    let holds = claims.get("exp").is_none_or(|end| instant(end).is_some_and(|end| now < end.saturating_add(SKEW_SECONDS)));
    is(holds, LogoutTokenError::Time)?;
    let is_logout = claims.get("events").and_then(|events| events.get(EVENT)).is_some_and(Value::is_object);
    is(is_logout && is_absent(claims, "nonce"), LogoutTokenError::Kind)?;
    let token = LogoutToken {
        sub: said("sub"),
        subject: names.subject.and_then(|claim| subject(claims, claim)),
        sid: said("sid"),
        jti: said("jti").ok_or(LogoutTokenError::NoId)?,
    };
    is(token.sub.is_some() || token.sid.is_some(), LogoutTokenError::Nobody)?;
    Ok(token)
}

fn is_absent(claims: &Map<String, Value>, claim: &str) -> bool {
    claims.get(claim).is_none_or(Value::is_null)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::testing::Signer, *};

    const NOW: u64 = 2_000_000_000;
    const NAMES: Names = Names { issuer: "https://login.example", client_id: "marquee", subject: None };

    fn claims() -> Value {
        json!({ "iss": "https://login.example", "aud": "marquee", "iat": NOW, "jti": "j", "sub": "7", "sid": "s",
            "events": { EVENT: {} } })
    }

    fn checked(claims: &Value, names: &Names) -> Result<LogoutToken, LogoutTokenError> {
        let signer = Signer::ed25519("k");
        check(&verify(&signer.sign(claims), &[signer.jwk()])?, names, NOW)
    }

    #[test]
    fn a_whole_token_is_taken() {
        let token = checked(&claims(), &NAMES).unwrap();
        let expected = LogoutToken { sub: Some("7".into()), subject: None, sid: Some("s".into()), jti: "j".into() };
        assert_eq!(token, expected);
    }

    #[test]
    fn the_claim_that_accounts_are_found_by_is_read_where_the_token_has_it() {
        let names = Names { subject: Some("oid"), ..NAMES };
        assert_eq!(checked(&claims(), &names).unwrap().subject, None);
        let mut more = claims();
        more["oid"] = json!("o7");
        assert_eq!(checked(&more, &names).unwrap().subject.as_deref(), Some("o7"));
    }

    #[test]
    fn what_is_off_in_a_token_is_named() {
        for (claim, value, error) in [
            ("iss", json!("https://evil.example"), LogoutTokenError::Issuer),
            ("aud", json!("another"), LogoutTokenError::Audience),
            ("iat", json!(NOW + 120), LogoutTokenError::Time),
            ("iat", json!(NOW - 900), LogoutTokenError::Time),
            ("exp", json!(1000), LogoutTokenError::Time),
            ("events", json!({}), LogoutTokenError::Kind),
            ("events", json!({ EVENT: true }), LogoutTokenError::Kind),
            // An ID token has one; a logout token must not, so that neither stands for the other.
            ("nonce", json!("n"), LogoutTokenError::Kind),
            ("jti", json!(null), LogoutTokenError::NoId),
        ] {
            let mut claims = claims();
            claims[claim] = value;
            assert_eq!(checked(&claims, &NAMES), Err(error), "{claims}");
        }
        let mut nobody = claims();
        nobody.as_object_mut().unwrap().retain(|name, _| name != "sub" && name != "sid");
        assert_eq!(checked(&nobody, &NAMES), Err(LogoutTokenError::Nobody));
    }

    #[test]
    fn only_a_signature_is_tried_again_with_new_keys() {
        for error in [SignatureError::UnknownKey, SignatureError::Signature] {
            assert!(LogoutTokenError::from(error).may_be_of_new_keys(), "{error}");
        }
        for error in [SignatureError::Malformed.into(), SignatureError::Algorithm.into(), LogoutTokenError::Time] {
            assert!(!LogoutTokenError::may_be_of_new_keys(error), "{error}");
        }
    }
}
