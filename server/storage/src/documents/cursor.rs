//! Cursors: where a page ended, as the values of the index's fields and the id there, in a token that is
//! opaque to everyone else.
//!
//! A cursor comes back from outside: must never be trusted beyond being a place in an order.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::StoreError;

/// Longer tokens are not even decoded.
const LONGEST: usize = 8 * 1024;

/// A value in an index: numbers sort below texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Key {
    #[serde(rename = "i")]
    Integer(i64),
    /// The bits, because digits would not come back exactly.
    #[serde(rename = "r")]
    Real(u64),
    #[serde(rename = "t")]
    Text(String),
}

/// The place after one document in an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// The index, empty for the order of ids: a cursor of another query is refused.
    #[serde(rename = "x")]
    pub order: String,
    #[serde(rename = "k")]
    pub keys: Vec<Key>,
    #[serde(rename = "d")]
    pub id: String,
}

impl Cursor {
    pub(super) fn to_token(&self) -> Result<String, StoreError> {
        let json = serde_json::to_vec(self).map_err(|error| StoreError::Invalid { reason: error.to_string() })?;
        Ok(URL_SAFE_NO_PAD.encode(json))
    }

    /// Reads what [`Cursor::to_token`] made for a query in the same order by as many fields.
    pub(super) fn from_token(token: &str, order: &str, fields: usize) -> Result<Self, StoreError> {
        let refused = || StoreError::Invalid { reason: "this cursor is not one of this query".into() };
        if token.len() > LONGEST {
            return Err(refused());
        }
        let json = URL_SAFE_NO_PAD.decode(token).map_err(|_| refused())?;
        let cursor: Self = serde_json::from_slice(&json).map_err(|_| refused())?;
        let fits = cursor.order == order && cursor.keys.len() == fields;
        if fits { Ok(cursor) } else { Err(refused()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor() -> Cursor {
        let keys = vec![Key::Integer(-7), Key::Real(0.1f64.to_bits()), Key::Text("Ä\0\"".into())];
        Cursor { order: "by_year".into(), keys, id: "a".into() }
    }

    #[test]
    fn a_cursor_survives_its_token_exactly() {
        let token = cursor().to_token().unwrap();
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
        assert_eq!(Cursor::from_token(&token, "by_year", 3).unwrap(), cursor());
    }

    #[test]
    fn a_cursor_of_another_query_or_a_forged_one_is_refused() {
        let token = cursor().to_token().unwrap();
        let long = "A".repeat(LONGEST + 1);
        for (token, order, fields) in [
            (&*token, "by_name", 3),
            (&token, "by_year", 2),
            ("", "by_year", 3),
            ("%%%", "", 0),
            (&long, "", 0),
            ("bnVsbA", "", 0),
        ] {
            let refused = Cursor::from_token(token, order, fields);
            assert!(matches!(refused, Err(StoreError::Invalid { .. })), "{token} {order} {fields}");
        }
    }
}
