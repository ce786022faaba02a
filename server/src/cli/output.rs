//! What commands say: results to standard output, everything else to standard error, bars below it all.
//!
//! The one place in the server that prints.

#![expect(clippy::print_stderr, reason = "a command speaks to whoever typed it")]

use std::{
    io::{self, IsTerminal, Write, stderr},
    sync::LazyLock,
};

use indicatif::MultiProgress;

static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// A result, for a person or a pipe. Where whoever reads the pipe has enough, the command is at its end.
pub fn line(text: &str) {
    let written = BARS.suspend(|| writeln!(io::stdout(), "{text}"));
    if let Err(error) = written {
        let has_enough = error.kind() == io::ErrorKind::BrokenPipe;
        std::process::exit(if has_enough { 0 } else { 1 });
    }
}

/// What is going on.
pub fn note(text: &str) {
    BARS.suspend(|| eprintln!("{text}"));
}

/// Why it did not work.
pub fn error(text: &str) {
    BARS.suspend(|| eprintln!("error: {text}"));
}

/// Whether a person watches what is going on.
pub fn is_watched() -> bool {
    stderr().is_terminal()
}

/// Where progress bars are drawn; what is printed meanwhile stays above them.
pub fn bars() -> &'static MultiProgress {
    &BARS
}

/// Standard error for the log, above the bars.
#[derive(Clone, Copy, Debug, Default)]
pub struct AboveBars;

impl Write for AboveBars {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        BARS.suspend(|| stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        stderr().flush()
    }
}
