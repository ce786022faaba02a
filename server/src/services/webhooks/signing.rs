//! Secrets of webhooks: drawn, sealed, and signed with (Standard Webhooks 1.0, "Signature scheme").

use base64::{Engine, engine::general_purpose::STANDARD};
use contract::ids::WebhookId;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use storage::StoreError;

use super::record::SecretRecord;
use crate::seal::SealKey;

/// For what the key that seals secrets is derived.
pub const PURPOSE: &str = "webhook secrets v1";
/// Bytes of a secret; the specification asks for 24 to 64.
const LENGTH: usize = 32;
const PREFIX: &str = "whsec_";
/// Secrets of one webhook that sign at a time: a header has its bounds.
pub const AT_ONCE: usize = 4;

/// A secret that was just drawn, as it is shown, and sealed.
pub struct Drawn {
    pub shown: String,
    pub record: SecretRecord,
}

/// Draws the secret of a webhook that has this number.
///
/// # Errors
/// [`StoreError::Invalid`] where it cannot be sealed.
pub fn draw(seal: &SealKey, webhook: &WebhookId, number: u64) -> Result<Drawn, StoreError> {
    let secret = rand::random::<[u8; LENGTH]>();
    let sealed = seal.seal(&place(webhook, number), &secret);
    let sealed = sealed.map_err(|error| StoreError::Invalid { reason: error.to_string() })?;
    Ok(Drawn { shown: format!("{PREFIX}{}", STANDARD.encode(secret)), record: SecretRecord { number, sealed, until: None } })
}

/// The value of `webhook-signature`: one signature for each secret that is good at `now` (milliseconds since 1970), the newest's first.
///
/// # Errors
/// [`StoreError::Corrupt`] where a secret does not open, or none is good.
pub fn sign(
    seal: &SealKey,
    webhook: &WebhookId,
    secrets: &[SecretRecord],
    (now, timestamp): (u64, u64),
    (message, body): (&str, &str),
) -> Result<String, StoreError> {
    let good = secrets.iter().filter(|secret| secret.until.is_none_or(|until| until > now)).take(AT_ONCE);
    let signed = good.map(|secret| {
        let key = seal.open(&place(webhook, secret.number), &secret.sealed);
        let key = key.map_err(|error| StoreError::corrupt(format_args!("the secret of webhook {webhook}"), error))?;
        Ok(format!("v1,{}", signature(&key, message, timestamp, body)?))
    });
    let signed = signed.collect::<Result<Vec<_>, StoreError>>()?;
    if signed.is_empty() {
        return Err(StoreError::corrupt(format_args!("webhook {webhook}"), "it has no secret"));
    }
    Ok(signed.join(" "))
}

fn signature(key: &[u8], message: &str, timestamp: u64, body: &str) -> Result<String, StoreError> {
    let mac = <Hmac<Sha256> as Mac>::new_from_slice(key);
    let mut mac = mac.map_err(|error| StoreError::Invalid { reason: error.to_string() })?;
    mac.update(format!("{message}.{timestamp}.").as_bytes());
    mac.update(body.as_bytes());
    Ok(STANDARD.encode(mac.finalize().into_bytes()))
}

fn place(webhook: &WebhookId, number: u64) -> String {
    format!("webhook/{webhook}/{number}")
}

#[cfg(test)]
mod tests {
    use standardwebhooks::Webhook;

    use super::*;

    fn seal() -> SealKey {
        SealKey::new([7; 32])
    }

    #[test]
    fn a_signature_is_the_one_that_the_specifications_own_tests_expect() {
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#).unwrap();
        assert_eq!(signed, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn both_secrets_sign_until_the_old_ones_time_is_over_and_a_receiver_with_either_is_content() {
        let webhook: WebhookId = "w".parse().unwrap();
        let (old, new) = (draw(&seal(), &webhook, 1).unwrap(), draw(&seal(), &webhook, 2).unwrap());
        let secrets = [new.record.clone(), SecretRecord { until: Some(5000), ..old.record.clone() }];
        let verified = |now: u64, shown: &str| {
            let signed = sign(&seal(), &webhook, &secrets, (now, 2), ("msg_1", "{}")).unwrap();
            let expected = Webhook::new(shown).unwrap().sign("msg_1", 2, b"{}").unwrap();
            signed.split(' ').any(|one| one == expected)
        };
        assert!(verified(4999, &new.shown) && verified(4999, &old.shown));
        assert!(verified(5000, &new.shown) && !verified(5000, &old.shown));
        assert_ne!(old.shown, new.shown);
        assert_eq!(STANDARD.decode(&new.shown[PREFIX.len()..]).unwrap().len(), LENGTH);
    }

    #[test]
    fn a_secret_signs_for_its_own_webhook_alone() {
        let (one, other): (WebhookId, WebhookId) = ("one".parse().unwrap(), "other".parse().unwrap());
        let secrets = [draw(&seal(), &one, 1).unwrap().record];
        assert!(sign(&seal(), &one, &secrets, (0, 0), ("m", "{}")).is_ok());
        for signed in [sign(&seal(), &other, &secrets, (0, 0), ("m", "{}")), sign(&seal(), &one, &[], (0, 0), ("m", "{}"))] {
            assert!(matches!(signed, Err(StoreError::Corrupt { .. })), "{signed:?}");
        }
    }
}
