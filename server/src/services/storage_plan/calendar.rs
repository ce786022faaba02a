//! Between instants and the days that storage is reckoned by, all of UTC.

use storage_plan::calendar::Day;

/// In milliseconds.
const OF_A_DAY: u64 = 24 * 60 * 60 * 1000;

/// The day of an instant in milliseconds since 1970.
pub fn day(millis: u64) -> Day {
    Day::new(i32::try_from(millis / OF_A_DAY).unwrap_or(i32::MAX))
}

/// When a day begins, in milliseconds since 1970.
pub fn begin(day: Day) -> u64 {
    u64::try_from(day.number()).unwrap_or(0) * OF_A_DAY
}
