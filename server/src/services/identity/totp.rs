//! Codes of an authenticator app (TOTP, RFC 6238): the secret, how an app is told it, and which step a code is of.
//!
//! Pure: what was used already is remembered by `factors.rs`.

use contract::identity::NewTotp;
use qrcode::{EcLevel, QrCode, render::svg};
use totp_rs::{Algorithm, Builder, Totp, TotpError};

/// What apps show above a code.
const ISSUER: &str = "Marquee";
/// RFC 4226, section 4, recommends 160 bits.
const SECRET: usize = 20;
const DIGITS: u8 = 6;
/// Seconds a code is shown for.
const STEP: u64 = 30;
/// Steps that the two clocks may be apart.
const SKEW: u16 = 1;

/// A secret as it is kept.
pub type Secret = [u8; SECRET];

/// A secret that cannot be told to an app, or is none.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    #[error(transparent)]
    Totp(#[from] TotpError),
    #[error(transparent)]
    Qr(#[from] qrcode::types::QrError),
}

pub fn new_secret() -> Secret {
    rand::random()
}

/// What an app is told, for the account that signs in as `login`.
///
/// # Errors
/// [`Unusable`] where no QR code holds it, which no login is long enough for.
pub fn invitation(secret: &Secret, login: &str) -> Result<NewTotp, Unusable> {
    // The colon parts the issuer from the name.
    let totp = totp(secret, &login.replace(':', "."))?;
    let uri = totp.to_url()?;
    let code = QrCode::with_error_correction_level(&uri, EcLevel::M)?;
    let drawn = code.render::<svg::Color>().module_dimensions(4, 4).build();
    // An element of a page, not a document.
    let qr_svg = drawn.split_once("?>").map_or(drawn.as_str(), |(_, element)| element).to_owned();
    Ok(NewTotp { secret: totp.secret().to_base32(), uri, qr_svg })
}

/// The step whose code this is, at a time in seconds since 1970; the one before and the one after are taken as well.
///
/// # Errors
/// [`Unusable`].
pub fn step(secret: &Secret, code: &str, now: u64) -> Result<Option<u64>, Unusable> {
    Ok(if is_code(code) { totp(secret, "")?.check(code, now) } else { None })
}

/// Whether it looks like a code of an app, rather than a recovery code.
pub fn is_code(typed: &str) -> bool {
    typed.len() == usize::from(DIGITS) && typed.bytes().all(|byte| byte.is_ascii_digit())
}

fn totp(secret: &Secret, login: &str) -> Result<Totp, TotpError> {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(DIGITS)
        .with_skew(SKEW)
        .with_step_duration(STEP)
        .with_secret(secret.to_vec())
        .with_issuer(Some(ISSUER))
        .with_account_name(login)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, cut to six digits.
    const RFC: &Secret = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_standard() {
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert_eq!(step(RFC, code, seconds).unwrap(), Some(seconds / 30), "{code}");
        }
    }

    #[test]
    fn a_code_is_good_one_step_early_and_one_step_late_and_no_further() {
        let (code, its_step) = ("081804", 1_111_111_109 / 30);
        let at = |step: u64| super::step(RFC, code, step * 30).unwrap();
        assert_eq!([at(its_step - 1), at(its_step), at(its_step + 1)], [Some(its_step); 3]);
        assert_eq!([at(its_step - 2), at(its_step + 2)], [None; 2]);
    }

    #[test]
    fn what_is_no_code_is_never_right() {
        for typed in ["", "28708", "2870820", "28708a", "２８７０８２", " 287082"] {
            assert_eq!(step(RFC, typed, 59).unwrap(), None, "{typed}");
        }
    }

    #[test]
    fn an_app_is_told_whose_account_it_is_whatever_the_name() {
        for login in ["ada", "a:b", "Ada & Bob?", &"漢".repeat(64)] {
            let told = invitation(RFC, login).unwrap();
            assert!(told.uri.starts_with("otpauth://totp/Marquee:"), "{}", told.uri);
            let read = Totp::from_url(&told.uri).unwrap();
            assert_eq!(read.account_name(), login.replace(':', "."));
            assert_eq!(read.secret().as_bytes(), RFC);
            assert_eq!(told.secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
            let element = roxmltree::Document::parse(&told.qr_svg).unwrap();
            assert!(element.root_element().has_tag_name(("http://www.w3.org/2000/svg", "svg")));
        }
    }
}
