//! Which packaging of a film: a name of its own for each, and a folder of its own below its title.
//!
//! Pure. What is stored under a generation never changes, so that a film that plays is not touched by the one that replaces
//! it. Must never be taken from what a request says: a grant names it, or the title's placement does.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// Bytes that tell one from another; drawn at random.
pub const BYTES: usize = 10;

/// One packaging of one film.
///
/// Its text is `g` and 20 hexadecimal digits. The one of builds that had no generations has an empty text, and lies directly
/// below its title.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Generation([u8; BYTES]);

/// A text that names no generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a generation is `g` and 20 hexadecimal digits, or nothing")]
pub struct InvalidGeneration;

impl Generation {
    /// What builds without generations packaged.
    pub const UNNAMED: Self = Self([0; BYTES]);

    /// A new one.
    pub fn random() -> Self {
        Self(rand::random())
    }

    pub const fn to_bytes(self) -> [u8; BYTES] {
        self.0
    }

    pub const fn from_bytes(bytes: [u8; BYTES]) -> Self {
        Self(bytes)
    }

    /// Where its objects are below the title: `g…/`, or nothing for [`Generation::UNNAMED`].
    pub fn prefix(self) -> String {
        if self == Self::UNNAMED { String::new() } else { format!("{self}/") }
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::UNNAMED {
            return Ok(());
        }
        f.write_str("g")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Generation {
    type Err = InvalidGeneration;

    fn from_str(text: &str) -> Result<Self, InvalidGeneration> {
        if text.is_empty() {
            return Ok(Self::UNNAMED);
        }
        let digits = text.strip_prefix('g').filter(|digits| digits.len() == BYTES * 2).ok_or(InvalidGeneration)?;
        let mut bytes = [0; BYTES];
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let is_digit = |digit: &u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
            let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.as_bytes().iter().all(is_digit));
            *byte = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()).ok_or(InvalidGeneration)?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Generation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Generation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generation_is_read_as_it_was_written() {
        for generation in [Generation::UNNAMED, Generation::random(), Generation([0xab; BYTES])] {
            assert_eq!(generation.to_string().parse(), Ok(generation));
            assert_eq!(serde_json::from_str::<Generation>(&serde_json::to_string(&generation).unwrap()).unwrap(), generation);
        }
        assert_eq!(Generation([0xab; BYTES]).prefix(), "gabababababababababab/");
        assert_eq!(Generation::UNNAMED.prefix(), "");
    }

    #[test]
    fn nothing_that_lies_below_a_title_otherwise_is_taken_for_one() {
        for name in
            ["v360", "a0", "storyboard", "t0.vtt", "poster.jpg", "manifest.json", "g", "gAB", "..", "g+1020304050607080910"]
        {
            assert_eq!(name.parse::<Generation>(), Err(InvalidGeneration), "{name}");
        }
    }
}
