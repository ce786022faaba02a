//! Months of UTC, as calls have them and as one reads them.

/// Milliseconds of a day.
const OF_A_DAY: u64 = 24 * 60 * 60 * 1000;
const NAMES: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/// The month of a time, `2026-11`, in milliseconds since 1970.
pub fn month_of(millis: u64) -> String {
    // Howard Hinnant's `civil_from_days`, from the day on: years begin in March, eras are 400 years.
    let day = millis / OF_A_DAY + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}")
}

/// `now` and the months before it, `count` in all, the latest first. What is no month has none.
pub fn back_from(now: &str, count: usize) -> Vec<String> {
    let Some((year, month)) = read(now) else { return Vec::new() };
    let months = year * 12 + month - 1;
    (0..count as u64).filter_map(|back| months.checked_sub(back)).map(|at| format!("{:04}-{:02}", at / 12, at % 12 + 1)).collect()
}

/// `November 2026`, of `2026-11`; what is no month stays as it is.
pub fn in_words(month: &str) -> String {
    let named = read(month).and_then(|(year, month)| Some((year, NAMES.get(usize::try_from(month).ok()?.checked_sub(1)?)?)));
    named.map_or_else(|| month.to_owned(), |(year, name)| format!("{name} {year}"))
}

fn read(month: &str) -> Option<(u64, u64)> {
    let (year, month) = month.split_once('-')?;
    let (year, month) = (year.parse().ok()?, month.parse().ok()?);
    (1..=12).contains(&month).then_some((year, month))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_and_ends_at_midnight_of_utc_and_february_has_its_leap_day() {
        let at = |seconds: u64| month_of(seconds * 1000);
        assert_eq!(at(0), "1970-01");
        assert_eq!([at(951_782_399), at(951_868_799), at(951_868_800)], ["2000-02", "2000-02", "2000-03"]);
        assert_eq!(
            [at(1_764_547_199), at(1_764_547_200), at(1_767_225_599), at(1_767_225_600)],
            ["2025-11", "2025-12", "2025-12", "2026-01"]
        );
    }

    #[test]
    fn months_go_back_over_the_turn_of_the_year() {
        assert_eq!(back_from("2026-02", 3), ["2026-02", "2026-01", "2025-12"]);
        assert_eq!(back_from("soon", 3), [""; 0]);
        assert_eq!(["2026-11", "2026-13", ""].map(in_words), ["November 2026", "2026-13", ""]);
    }
}
