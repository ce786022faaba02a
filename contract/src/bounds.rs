//! What the fields of a request may hold beyond their types: lengths, ranges, shapes.
//!
//! One table for each call ([`crate::Call::BOUNDS`]). The server checks every request by it before a handler sees it, and
//! the OpenAPI document is written from it, so that neither can know of a bound that the other does not. What depends on
//! anything else than the field itself is the handler's. Must never allow what a handler refuses for its length or range.

use serde_json::{Map, Value};

use crate::{FieldError, Problem};

/// Bytes of a request's JSON body, where its call says nothing else.
pub const BODY: usize = 64 * 1024;
/// The same, where it carries a file.
pub const FILE: usize = 4 * 1024 * 1024;
/// Characters of a name that people read: of an account, a plan, a token, a passkey.
pub const NAME: usize = 64;
/// Characters of a profile's name.
pub const PROFILE_NAME: usize = 32;
/// Characters of a password at least (NIST SP 800-63B asks for 8 where a second factor stands behind it).
pub const PASSWORD_LEAST: usize = 10;
/// Characters of a password at most: what is hashed is bounded.
pub const PASSWORD_MOST: usize = 256;
/// Years up to which a profile's films may be limited.
pub const AGE: u64 = 21;
/// Titles and accounts on a page at most.
pub const PAGE: u64 = 100;
/// How long ago what a request tells of may have happened, in milliseconds: 30 days.
pub const MILLISECONDS_AGO: u64 = 30 * 24 * 60 * 60 * 1_000;
/// Titles before a page at most.
pub const OFFSET: u64 = 1_000_000;
/// Cards that are asked for at once.
pub const CARDS: usize = 100;
/// Titles of which it is asked at once whether they are shown.
pub const SHOWN: usize = 1_000;
/// Titles that a search answers with at most.
pub const FOUND: u64 = 50;
/// Characters of a search.
pub const QUERY: usize = 200;
/// Days that an API token is good for at most.
pub const TOKEN_DAYS: u64 = 366;
/// Characters of what a viewer notes of a list, or of a title on it.
pub const NOTE: usize = 500;
/// Characters of a review.
pub const REVIEW: usize = 10_000;
/// Reviews on a page at most.
pub const REVIEWS: u64 = 50;
/// A profile's own ratings on a page at most, and how many it gives at once.
pub const RATINGS_PAGE: u64 = 500;
pub const RATINGS: usize = 1_000;
/// Characters of a line of a billing address.
pub const BILLING_LINE: usize = 100;
pub const POSTAL_CODE: usize = 20;

/// What one field may hold. A field that is absent or null is for its type to refuse.
#[derive(Clone, Copy, Debug)]
pub enum Bound {
    /// A text of so many characters (Unicode scalar values).
    Text { least: usize, most: usize },
    /// A text for people: of so many characters, without control characters, and not of spaces alone unless `least` is 0.
    Line { least: usize, most: usize },
    /// A text for people, of lines: no control character but the line feed between them.
    Lines { most: usize },
    /// A text of a shape: the expression that the document shows (ECMA 262), and what checks it.
    Shape { pattern: &'static str, fits: fn(&str) -> bool, words: &'static str },
    /// A number from `least` to `most`, both included.
    Number { least: u64, most: u64 },
    /// A number that is not negative.
    NotNegative,
    /// A list of so many.
    Items { least: usize, most: usize },
    /// An object, and none of the other things that JSON has. Null is refused, too.
    Object,
}

/// Bounds by the field's name, dotted where it is in another: those describe themselves, in the other's schema.
pub type Bounds = &'static [(&'static str, Bound)];

/// A name.
pub const fn name(most: usize) -> Bound {
    Bound::Line { least: 1, most }
}

/// A password that is to be one.
pub const NEW_PASSWORD: Bound = Bound::Text { least: PASSWORD_LEAST, most: PASSWORD_MOST };
/// `#rrggbb`.
pub const COLOUR: Bound = Bound::Shape { pattern: "^#[0-9A-Fa-f]{6}$", fits: is_colour, words: "a colour like #ffb547" };

fn is_colour(text: &str) -> bool {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
    digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// A profile's PIN.
pub const PIN: Bound = Bound::Shape { pattern: "^[0-9]{4,8}$", fits: is_pin, words: "4 to 8 digits" };
/// A profile's PIN, or nothing, which takes it away.
pub const PIN_OR_NONE: Bound =
    Bound::Shape { pattern: "^([0-9]{4,8})?$", fits: |text| text.is_empty() || is_pin(text), words: "4 to 8 digits, or none" };

/// Whether a text is a PIN.
pub fn is_pin(text: &str) -> bool {
    (4..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The shape of a tag of BCP 47 (RFC 5646, section 2.1); what it means is the client's to know.
pub const LANGUAGE: Bound = Bound::Shape {
    pattern: "^(?=.{2,35}$)[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$",
    fits: is_language,
    words: "a language tag like en or pt-BR",
};

fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let primary = parts.next().unwrap_or_default();
    let is_primary = (2..=8).contains(&primary.len()) && primary.bytes().all(|byte| byte.is_ascii_alphabetic());
    tag.len() <= 35
        && is_primary
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Two letters (ISO 3166-1), in any case.
pub const COUNTRY: Bound = Bound::Shape { pattern: r"^\s*[A-Za-z]{2}\s*$", fits: is_country, words: "two letters, like DE" };

fn is_country(text: &str) -> bool {
    let text = text.trim();
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// The id of what a client makes: as hard to guess as one that the server draws.
pub const NEW_ID: Bound =
    Bound::Shape { pattern: "^[A-Za-z0-9]{20,32}$", fits: is_new_id, words: "20 to 32 letters and digits, drawn at random" };

/// Whether a text may be the id of something that a client makes.
pub fn is_new_id(text: &str) -> bool {
    (20..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// An account that is to be.
pub const NEW_ACCOUNT: Bounds = &[("login", name(NAME)), ("name", name(NAME)), ("password", NEW_PASSWORD)];
/// The same, under an id that the client drew.
pub const NEW_ACCOUNT_BY_ID: Bounds = &[("id", NEW_ID), ("login", name(NAME)), ("name", name(NAME)), ("password", NEW_PASSWORD)];
/// A profile that is to be.
pub const NEW_PROFILE: Bounds = &[
    ("name", name(PROFILE_NAME)),
    ("colour", COLOUR),
    ("maturity", Bound::Number { least: 0, most: AGE }),
    ("language", LANGUAGE),
    ("pin", PIN),
];
/// What a profile is to become, or to be.
pub const OTHER_PROFILE: Bounds = &[
    ("name", name(PROFILE_NAME)),
    ("colour", COLOUR),
    ("maturity", Bound::Number { least: 0, most: AGE }),
    ("language", LANGUAGE),
    ("pin", PIN_OR_NONE),
];

/// Checks the fields of a call.
///
/// # Errors
/// `invalid_request`, with each field that is off.
pub fn check(bounds: Bounds, call: &Map<String, Value>) -> Result<(), Problem> {
    let mut problems = bounds.iter().filter_map(|(field, bound)| {
        let mut names = field.split('.');
        let first = call.get(names.next()?)?;
        let value = names.try_fold(first, |value, name| value.get(name))?;
        (!bound.holds(value)).then(|| Problem::invalid(field, bound.words()))
    });
    let Some(mut first) = problems.next() else { return Ok(()) };
    first.fields.extend(problems.flat_map(|problem| problem.fields));
    Err(first)
}

/// The first field of an object that is off, for whoever says where in a document it stands.
pub fn first_fault(bounds: Bounds, said: &Value) -> Option<FieldError> {
    check(bounds, said.as_object()?).err()?.fields.into_iter().next()
}

impl Bound {
    /// Whether a value is within; what has another type is not for a bound to refuse.
    fn holds(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Text { least, most }, Value::String(text)) => (*least..=*most).contains(&text.chars().count()),
            (Self::Line { least, most }, Value::String(text)) => {
                let is_blank = text.trim().is_empty();
                (*least..=*most).contains(&text.chars().count())
                    && !text.chars().any(char::is_control)
                    && !(*least > 0 && is_blank)
            }
            (Self::Lines { most }, Value::String(text)) => {
                text.chars().count() <= *most && !text.chars().any(|letter| letter.is_control() && letter != '\n')
            }
            (Self::Shape { fits, .. }, Value::String(text)) => fits(text),
            (Self::Number { least, most }, Value::Number(number)) => {
                number.as_u64().is_some_and(|number| (*least..=*most).contains(&number))
            }
            (Self::NotNegative, Value::Number(number)) => number.as_f64().is_some_and(|number| number >= 0.0),
            (Self::Items { least, most }, Value::Array(items)) => (*least..=*most).contains(&items.len()),
            (Self::Object, value) => value.is_object(),
            (Self::Text { .. } | Self::Line { .. } | Self::Lines { .. } | Self::Shape { .. }, _)
            | (Self::Number { .. } | Self::NotNegative | Self::Items { .. }, _) => true,
        }
    }

    /// What the field should have been.
    pub fn words(&self) -> String {
        match self {
            Self::Text { least, most } | Self::Line { least, most } => format!("{least} to {most} characters"),
            Self::Lines { most } => format!("at most {most} characters, and no control characters but line feeds"),
            Self::Shape { words, .. } => (*words).to_owned(),
            Self::Number { least, most } => format!("{least} to {most}"),
            Self::NotNegative => "0 or more".to_owned(),
            Self::Items { least, most } => format!("{least} to {most} of them"),
            Self::Object => "an object".to_owned(),
        }
    }

    /// The keywords of JSON Schema (2020-12) that say the same.
    pub fn keywords(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Text { least, most } => vec![("minLength", Value::from(*least)), ("maxLength", Value::from(*most))],
            Self::Line { least, most } => {
                // No control character (general category Cc), and something that is no space where it may not be empty.
                let pattern = if *least > 0 { r"^\P{Cc}*[^\s\p{Cc}]\P{Cc}*$" } else { r"^\P{Cc}*$" };
                vec![("minLength", Value::from(*least)), ("maxLength", Value::from(*most)), ("pattern", Value::from(pattern))]
            }
            Self::Lines { most } => vec![("maxLength", Value::from(*most)), ("pattern", Value::from(r"^[\P{Cc}\n]*$"))],
            Self::Shape { pattern, .. } => vec![("pattern", Value::from(*pattern))],
            Self::Number { least, most } => vec![("minimum", Value::from(*least)), ("maximum", Value::from(*most))],
            Self::NotNegative => vec![("minimum", Value::from(0))],
            Self::Items { least, most } => vec![("minItems", Value::from(*least)), ("maxItems", Value::from(*most))],
            Self::Object => vec![("type", Value::from("object"))],
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ALL: Bounds = &[
        ("name", name(4)),
        ("note", Bound::Line { least: 0, most: 2 }),
        ("password", NEW_PASSWORD),
        ("colour", COLOUR),
        ("pin", PIN),
        ("text", Bound::Lines { most: 3 }),
        ("limit", Bound::Number { least: 1, most: 100 }),
        ("position", Bound::NotNegative),
        ("ids", Bound::Items { least: 0, most: 2 }),
        ("kept.state", Bound::Object),
    ];

    fn wrong(call: Value) -> Vec<String> {
        let Value::Object(call) = call else { panic!("no object") };
        check(ALL, &call).err().into_iter().flat_map(|problem| problem.fields).map(|field| field.field).collect()
    }

    #[test]
    fn what_is_within_passes_and_each_field_that_is_not_is_named() {
        let nothing: [&str; 0] = [];
        assert_eq!(wrong(json!({})), nothing);
        assert_eq!(
            wrong(json!({ "name": "\u{e9}\u{e9}\u{e9}\u{e9}", "limit": 100, "ids": [1, 2], "pin": "1234", "position": 0.0 })),
            nothing
        );
        assert_eq!(wrong(json!({ "name": null, "limit": null, "note": "" })), nothing);
        assert_eq!(wrong(json!({ "name": "", "limit": 0 })), ["name", "limit"]);
        for name in ["  ", "abcde", "a\nb"] {
            assert_eq!(wrong(json!({ "name": name })), ["name"], "{name:?}");
        }
        assert_eq!(wrong(json!({ "note": "abc" })), ["note"]);
        for text in ["", "a\nb", "\n\n\n", "\u{1f600}\u{200b}\u{202e}"] {
            assert_eq!(wrong(json!({ "text": text })), nothing, "{text:?}");
        }
        for text in ["a\rb", "\t", "\u{0}", "\u{85}", "abcd"] {
            assert_eq!(wrong(json!({ "text": text })), ["text"], "{text:?}");
        }
        assert_eq!(wrong(json!({ "kept": { "state": {} } })), nothing);
        for state in [json!(null), json!([]), json!([null, null]), json!("x"), json!(1)] {
            assert_eq!(wrong(json!({ "kept": { "state": state } })), ["kept.state"]);
        }
        assert_eq!(
            wrong(json!({ "colour": "#12345", "pin": "123", "position": -0.5, "ids": [1, 2, 3] })),
            ["colour", "pin", "position", "ids"]
        );
        assert_eq!(wrong(json!({ "password": "x".repeat(PASSWORD_MOST + 1) })), ["password"]);
    }
}
