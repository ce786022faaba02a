//! What the developer sees while work goes on: numbered steps with their times, and bars inside of a step.
//!
//! Must never print to standard output: that belongs to results.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Numbered steps of one command.
pub struct Steps {
    /// Stands before the number where steps of several things are said at a time.
    of: &'static str,
    total: usize,
    current: usize,
    begun: Instant,
}

impl Steps {
    /// A command of `total` steps.
    pub fn new(total: usize) -> Self {
        Self::of("", total)
    }

    /// Steps of a part of it that goes on beside others.
    pub fn of(part: &'static str, total: usize) -> Self {
        Self { of: part, total, current: 0, begun: Instant::now() }
    }

    /// Says what happens now.
    pub fn begin(&mut self, what: &str) {
        self.current += 1;
        self.begun = Instant::now();
        let space = if self.of.is_empty() { "" } else { " " };
        eprintln!("[{}{space}{}/{}] {what}", self.of, self.current, self.total);
    }

    /// Says how the current step ended and how long it took.
    pub fn end(&self, how: &str) {
        eprintln!("      {how} ({})", human(self.begun.elapsed()));
    }
}

/// A bar over `length` bytes; drawn on a terminal alone.
pub fn byte_bar(length: u64) -> ProgressBar {
    let template = "      {bar:32} {bytes}/{total_bytes} {msg}";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length).with_style(style)
}

/// A duration as people say it.
pub fn human(duration: Duration) -> String {
    match duration.as_secs() {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..60 => format!("{} s", duration.as_secs()),
        seconds => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        assert_eq!(human(Duration::from_millis(1250)), "1.2 s");
        assert_eq!(human(Duration::from_secs(42)), "42 s");
        assert_eq!(human(Duration::from_secs(125)), "2 min 05 s");
    }
}
