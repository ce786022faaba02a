//! What commands say: results to standard output, everything else to standard error.
//!
//! The one place in the server that prints.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command speaks to whoever typed it")]

use std::io::{IsTerminal, stderr};

/// A result, for a person or a pipe.
pub fn line(text: &str) {
    println!("{text}");
}

/// What is going on.
pub fn note(text: &str) {
    eprintln!("{text}");
}

/// Why it did not work.
pub fn error(text: &str) {
    eprintln!("error: {text}");
}

/// Whether a person watches what is going on.
pub fn is_watched() -> bool {
    stderr().is_terminal()
}
