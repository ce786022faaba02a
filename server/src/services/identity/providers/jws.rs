//! Signatures of providers' tokens (RFC 7515), by the keys that a provider publishes (RFC 7517).
//!
//! Owns which algorithms prove anything: those whose checker cannot sign. Must never give out a claim before the signature
//! held, nor say anything of what a claim means: every kind of token has rules of its own.

use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey, Validation,
    errors::{Error, ErrorKind},
    jwk::Jwk,
};
use serde_json::{Map, Value};

/// What may sign.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];
/// Of a key, what a signature is checked with. The rest is not read: one odd word there must not make the key unknown.
const PARAMETERS: [&str; 6] = ["kty", "crv", "n", "e", "x", "y"];

/// A token whose signature held.
#[derive(Clone, Debug, PartialEq)]
pub struct Signed {
    pub algorithm: Algorithm,
    pub claims: Map<String, Value>,
}

/// Why a token proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("it is no token")]
    Malformed,
    #[error("its algorithm proves nothing")]
    Algorithm,
    /// It may have been published a moment ago.
    #[error("its key is unknown")]
    UnknownKey,
    #[error("its signature does not hold")]
    Signature,
}

impl SignatureError {
    /// Whether the provider's newest keys may say otherwise.
    pub const fn may_be_of_new_keys(self) -> bool {
        match self {
            Self::UnknownKey | Self::Signature => true,
            Self::Malformed | Self::Algorithm => false,
        }
    }
}

/// The claims of a token in its compact form, if one of `keys` signed it.
///
/// # Errors
/// [`SignatureError`].
pub fn verify(token: &str, keys: &[Value]) -> Result<Signed, SignatureError> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| SignatureError::Malformed)?;
    let algorithm = header.alg;
    if !ALGORITHMS.contains(&algorithm) {
        return Err(SignatureError::Algorithm);
    }
    // The signature alone: what the claims must be is another's affair, by a clock that tests set.
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.set_required_spec_claims::<&str>(&[]);
    let mut outcome = Err(SignatureError::UnknownKey);
    for key in keys.iter().filter(|key| fits(key, algorithm, header.kid.as_deref())).filter_map(decoding_key) {
        match jsonwebtoken::decode::<Map<String, Value>>(token, &key, &validation) {
            Ok(token) => return Ok(Signed { algorithm, claims: token.claims }),
            Err(error) => outcome = Err(reason(&error)),
        }
    }
    outcome
}

/// Whether a key is of the token's name and algorithm. What a key does not say of itself does not speak against it.
fn fits(key: &Value, algorithm: Algorithm, kid: Option<&str>) -> bool {
    let says = |name: &str| key.get(name).and_then(Value::as_str);
    let (family, names_algorithm) = match algorithm.family() {
        AlgorithmFamily::Rsa => ("RSA", true),
        AlgorithmFamily::Ec => ("EC", true),
        // Some say EdDSA, some Ed25519 (RFC 9864): the curve says it as well.
        AlgorithmFamily::Ed => ("OKP", false),
        AlgorithmFamily::Hmac => return false,
    };
    says("kty") == Some(family)
        && says("use").is_none_or(|purpose| purpose == "sig")
        && (!names_algorithm || says("alg").is_none_or(|name| name == format!("{algorithm:?}")))
        && kid.is_none_or(|kid| says("kid").is_none_or(|name| name == kid))
}

fn decoding_key(key: &Value) -> Option<DecodingKey> {
    let parameters = PARAMETERS.iter().filter_map(|name| Some(((*name).to_owned(), key.get(name)?.clone())));
    let key: Jwk = serde_json::from_value(Value::Object(parameters.collect())).ok()?;
    DecodingKey::from_jwk(&key).ok()
}

fn reason(error: &Error) -> SignatureError {
    match error.kind() {
        ErrorKind::Json(_) | ErrorKind::Utf8(_) => SignatureError::Malformed,
        _ => SignatureError::Signature,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::testing::Signer, *};

    fn other_key() -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": "other", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })
    }

    #[test]
    fn a_token_is_read_by_whichever_kind_of_key_signed_it_and_however_little_the_key_says_of_itself() {
        let claims = json!({ "sub": "7" });
        for signer in [Signer::ed25519("a"), Signer::es256("b"), Signer::rs256("c")] {
            let token = signer.sign(&claims);
            let whole = [other_key(), signer.jwk()];
            assert_eq!(verify(&token, &whole).unwrap().claims["sub"], "7", "{}", signer.jwk());
            let mut bare = signer.jwk();
            bare.as_object_mut().unwrap().retain(|name, _| PARAMETERS.contains(&name.as_str()));
            assert_eq!(verify(&token, &[bare]).unwrap().claims["sub"], "7");
            let odd = [json!({ "kty": 7 }), json!("x"), {
                let mut odd = signer.jwk();
                odd["x5c"] = json!(7);
                odd["key_ops"] = json!(["frobnicate"]);
                odd
            }];
            assert_eq!(verify(&token, &odd).unwrap().claims["sub"], "7");
        }
    }

    #[test]
    fn a_key_for_something_else_or_by_another_name_is_not_the_tokens() {
        let signer = Signer::es256("b");
        let token = signer.sign(&json!({}));
        for (name, value) in [("use", "enc"), ("alg", "ES384"), ("kid", "another"), ("kty", "RSA")] {
            let mut key = signer.jwk();
            key[name] = json!(value);
            assert_eq!(verify(&token, &[key]), Err(SignatureError::UnknownKey), "{name}");
        }
    }

    #[test]
    fn a_token_signed_by_another_by_nobody_or_with_what_everybody_knows_proves_nothing() {
        let signer = Signer::ed25519("k");
        let (token, keys) = (signer.sign(&json!({ "sub": "7" })), [signer.jwk()]);
        let (body, _) = token.rsplit_once('.').unwrap();
        assert_eq!(verify(&format!("{body}.{}", "A".repeat(86)), &keys), Err(SignatureError::Signature));
        assert_eq!(verify(&format!("{body}."), &keys), Err(SignatureError::Signature));
        let known = jsonwebtoken::EncodingKey::from_secret(b"public");
        let symmetric = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &json!({ "sub": "7" }), &known).unwrap();
        assert_eq!(verify(&symmetric, &keys), Err(SignatureError::Algorithm));
        assert_eq!(verify(&token, &[]), Err(SignatureError::UnknownKey));
        for text in ["x.y.z", "", "eyJhbGciOiJub25lIn0.e30."] {
            assert_eq!(verify(text, &keys), Err(SignatureError::Malformed), "{text}");
        }
    }
}
