//! Times as a viewer reads and hears them.

/// `7:05`, `1:02:03`; what is no time is `0:00`.
pub fn clock(seconds: f64) -> String {
    let (hours, minutes, seconds) = split(seconds);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// `1 hour 2 minutes 3 seconds`, for screen readers.
pub fn spoken(seconds: f64) -> String {
    let (hours, minutes, seconds) = split(seconds);
    let parts: Vec<String> = [(hours, "hour"), (minutes, "minute"), (seconds, "second")]
        .into_iter()
        .filter(|(count, unit)| *count > 0 || (*unit == "second" && hours == 0 && minutes == 0))
        .map(|(count, unit)| if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") })
        .collect();
    parts.join(" ")
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to four days before")]
fn split(seconds: f64) -> (u32, u32, u32) {
    let whole = if seconds.is_finite() { seconds.clamp(0.0, 359_999.0) as u32 } else { 0 };
    (whole / 3600, whole / 60 % 60, whole % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_shows_hours_only_where_there_are_some() {
        assert_eq!(clock(0.9), "0:00");
        assert_eq!(clock(425.0), "7:05");
        assert_eq!(clock(3723.4), "1:02:03");
        for nothing in [f64::NAN, f64::INFINITY, -3.0] {
            assert_eq!(clock(nothing), "0:00");
        }
    }

    #[test]
    fn a_spoken_time_leaves_out_what_is_nothing() {
        assert_eq!(spoken(0.0), "0 seconds");
        assert_eq!(spoken(61.0), "1 minute 1 second");
        assert_eq!(spoken(7200.0), "2 hours");
    }
}
