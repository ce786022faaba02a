//! How long to wait before something that failed is tried again: pauses that double, up to a limit.

/// The first pause.
const FIRST_MILLISECONDS: u32 = 1_000;
/// How often it doubles at most.
const DOUBLINGS: u32 = 4;

/// Milliseconds until the next try, after so many `failures` before the one at hand.
pub const fn pause(failures: u32) -> u32 {
    let doublings = if failures < DOUBLINGS { failures } else { DOUBLINGS };
    FIRST_MILLISECONDS << doublings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_until_they_are_long_enough() {
        assert_eq!([0, 1, 2, 3, 4, 5, u32::MAX].map(pause), [1_000, 2_000, 4_000, 8_000, 16_000, 16_000, 16_000]);
    }
}
