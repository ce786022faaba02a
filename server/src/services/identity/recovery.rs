//! Recovery codes: what stands in for an authenticator app that is lost, each good once.
//!
//! 60 random bits each, kept as keyed hashes that are bound to their account. Must never be kept as they are.

use blake3::Hash;
use contract::ids::AccountId;
use rand::Rng;

/// How many there are at first.
pub const CODES: usize = 10;
const GROUPS: usize = 3;
const IN_A_GROUP: usize = 4;
/// Crockford's base 32: without the letters that are read as others.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Hashes codes.
pub struct RecoveryKey([u8; 32]);

impl RecoveryKey {
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// What is kept of a code; nothing where it cannot be one. Spaces, hyphens and case do not matter.
    pub fn hash(&self, account: &AccountId, typed: &str) -> Option<Hash> {
        let code = normal(typed)?;
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        // Ids hold no slash: no two pairs read alike.
        hasher.update(format!("{account}/{code}").as_bytes());
        Some(hasher.finalize())
    }
}

/// New codes, as they are shown.
pub fn new_codes() -> Vec<String> {
    (0..CODES).map(|_| new_code()).collect()
}

fn new_code() -> String {
    let mut random = rand::rng();
    let mut group =
        || -> String { (0..IN_A_GROUP).map(|_| char::from(ALPHABET[random.random_range(0..ALPHABET.len())])).collect() };
    let groups: Vec<String> = (0..GROUPS).map(|_| group()).collect();
    groups.join("-")
}

/// Whether it looks like one.
pub fn is_code(typed: &str) -> bool {
    normal(typed).is_some()
}

fn normal(typed: &str) -> Option<String> {
    let mut code = String::with_capacity(GROUPS * IN_A_GROUP);
    for letter in typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-') {
        let letter = match letter.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        };
        if code.len() == GROUPS * IN_A_GROUP || !letter.is_ascii() || !ALPHABET.contains(&(letter as u8)) {
            return None;
        }
        code.push(letter);
    }
    (code.len() == GROUPS * IN_A_GROUP).then_some(code)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ten_codes_are_made_and_no_two_are_the_same() {
        let codes: HashSet<String> = (0..100).flat_map(|_| new_codes()).collect();
        assert_eq!(codes.len(), 1000);
        for code in codes {
            let shape: String = code.chars().map(|letter| if letter == '-' { '-' } else { 'x' }).collect();
            assert_eq!(shape, "xxxx-xxxx-xxxx", "{code}");
            assert_eq!(normal(&code), Some(code.replace('-', "")));
        }
    }

    #[test]
    fn a_code_is_read_however_it_is_typed_and_nothing_else_is() {
        assert_eq!(normal(" ABCD efgh-1O2l "), normal("abcd-efgh-1021"));
        assert!(normal("abcd-efgh-1021").is_some());
        for typed in ["", "123456", "abcd-efgh-102", "abcd-efgh-10210", "abcd-efgh-102u", "abcd-efgh-102ä"] {
            assert_eq!(normal(typed), None, "{typed}");
        }
    }

    #[test]
    fn what_is_kept_is_of_one_account_and_one_installation() {
        let (key, other) = (RecoveryKey::new([1; 32]), RecoveryKey::new([2; 32]));
        let (ada, bob) = ("ada".parse().unwrap(), "bob".parse().unwrap());
        let hash = key.hash(&ada, "abcd-efgh-1021");
        assert_eq!(hash, key.hash(&ada, "ABCDEFGH1021"));
        assert_ne!(hash, key.hash(&bob, "abcd-efgh-1021"));
        assert_ne!(hash, other.hash(&ada, "abcd-efgh-1021"));
    }
}
