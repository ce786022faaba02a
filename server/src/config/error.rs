//! Why a start was stopped: the key, where it was set, and what would have been allowed.

use std::{fmt, path::PathBuf};

use figment::{
    Figment,
    error::{Actual, Kind},
};

/// The config cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file that was asked for by name.
    #[error("{}: there is no such config file", .0.display())]
    MissingFile(PathBuf),
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Faults(Vec<Fault>),
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, the variable or the flag.
    pub place: String,
    /// Dotted; empty where the whole file cannot be read.
    pub key: String,
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => write!(f, "{}: {}", self.place, self.message),
            key => write!(f, "{}: `{key}` {}", self.place, self.message),
        }
    }
}

impl ConfigError {
    /// What figment found, in words.
    pub(super) fn from_figment(figment: &Figment, error: figment::Error) -> Self {
        Self::Faults(error.into_iter().map(|error| fault(figment, &error)).collect())
    }
}

fn fault(figment: &Figment, error: &figment::Error) -> Fault {
    let mut path = error.path.clone();
    if let Kind::UnknownField(field, _) = &error.kind
        && path.last() != Some(field)
    {
        path.push(field.clone());
    }
    let key = path.join(".");
    let metadata = figment.find_metadata(&key).or(error.metadata.as_ref());
    let place = metadata.map_or_else(
        || "the config".to_owned(),
        |metadata| match metadata.source.as_ref().and_then(figment::Source::file_path) {
            Some(file) => file.display().to_string(),
            None => metadata.name.to_string(),
        },
    );
    Fault { place, key, message: message(&error.kind) }
}

fn message(kind: &Kind) -> String {
    match kind {
        Kind::UnknownField(_, allowed) => format!("is no key of the config; allowed here: {}", allowed.join(", ")),
        Kind::UnknownVariant(value, allowed) => format!("is `{value}`; allowed: {}", allowed.join(", ")),
        Kind::InvalidType(actual, expected) | Kind::InvalidValue(actual, expected) => {
            format!("is {}; it must be {}", found(actual), in_words(expected))
        }
        Kind::InvalidLength(length, expected) => format!("has {length} items; it must have {expected}"),
        Kind::Message(message) => format!("cannot be read: {}", message.trim_end()),
        Kind::MissingField(field) => format!("lacks `{field}`"),
        Kind::DuplicateField(field) => format!("has `{field}` twice"),
        Kind::ISizeOutOfRange(number) => format!("is {number}, which is out of range"),
        Kind::USizeOutOfRange(number) => format!("is {number}, which is out of range"),
        Kind::Unsupported(actual) | Kind::UnsupportedKey(actual, _) => format!("is {}, which is not taken here", found(actual)),
    }
}

fn found(actual: &Actual) -> String {
    match actual {
        Actual::Bool(value) => value.to_string(),
        Actual::Unsigned(number) => number.to_string(),
        Actual::Signed(number) => number.to_string(),
        Actual::Float(number) => number.to_string(),
        Actual::Char(character) => format!("\"{character}\""),
        Actual::Str(text) => format!("\"{text}\""),
        Actual::Map => "a table".to_owned(),
        Actual::Seq => "a list".to_owned(),
        Actual::Bytes(_)
        | Actual::Unit
        | Actual::Option
        | Actual::NewtypeStruct
        | Actual::Enum
        | Actual::UnitVariant
        | Actual::NewtypeVariant
        | Actual::TupleVariant
        | Actual::StructVariant
        | Actual::Other(_) => "of another type".to_owned(),
    }
}

/// serde speaks of Rust's types; an operator does not.
fn in_words(expected: &str) -> String {
    match expected {
        "a boolean" => "true or false".to_owned(),
        "a string" | "path string" => "a text in quotes".to_owned(),
        "a sequence" => "a list, like [\"catalog\", \"playback\"]".to_owned(),
        other => match other.strip_prefix("struct ") {
            Some(_) => "a table of keys".to_owned(),
            None => other.to_owned(),
        },
    }
}
