//! When a delivery is tried again (Standard Webhooks 1.0, "Deliverability and reliability"): within three days, ten times.

use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
/// Seconds from each failure to the next try. The first try is made at once.
const PAUSES: [u64; 9] = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

/// The longest of them, with what chance adds to it.
pub const LONGEST: Duration = Duration::from_secs(24 * HOUR * 11 / 10);

/// How long to wait after the try that is the `step`th since it was asked for; nothing where that was the last. Up to a tenth longer, by
/// `chance` from 0 to 1, so that what failed together is not tried together.
pub fn pause_after(step: u64, chance: f64) -> Option<Duration> {
    let place = usize::try_from(step.checked_sub(1)?).ok()?;
    let pause = Duration::from_secs(*PAUSES.get(place)?);
    Some(pause + pause.mul_f64(0.1 * chance.clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_tried_ten_times_in_three_days_with_pauses_that_grow() {
        let pauses: Vec<Duration> = (1..).map_while(|step| pause_after(step, 0.0)).collect();
        assert_eq!(pauses.len(), 9);
        assert!(pauses.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!((pauses[0], pauses[8]), (Duration::from_secs(5), Duration::from_secs(24 * 60 * 60)));
        let total: Duration = pauses.iter().sum();
        assert_eq!(total.as_secs() / HOUR, 75);
        assert_eq!(pause_after(10, 0.0), None);
        assert_eq!(pause_after(1, 1.0), Some(Duration::from_millis(5500)));
        assert_eq!(pause_after(9, 1.0), Some(LONGEST));
    }
}
