//! What a viewer can choose from of speed and quality, and which choice fits what they prefer.

/// Per cent of normal speed, slowest first.
pub const SPEEDS: [u16; 8] = [25, 50, 75, 100, 125, 150, 175, 200];

/// `steps` along the list of speeds from `current`, staying within it.
pub fn speed(current: u16, steps: i8) -> u16 {
    let at = SPEEDS.iter().position(|speed| *speed >= current).unwrap_or(SPEEDS.len() - 1);
    let wanted = at.saturating_add_signed(isize::from(steps)).min(SPEEDS.len() - 1);
    SPEEDS[wanted]
}

/// The index of the level to play for a preferred height: the highest that is not above it, else the lowest.
/// `heights` are in the order of the player's levels, which may be any.
pub fn level(heights: &[u16], preferred: u16) -> Option<usize> {
    let indexed = || heights.iter().copied().enumerate();
    let below = indexed().filter(|(_, height)| *height <= preferred).max_by_key(|(_, height)| *height);
    below.or_else(|| indexed().min_by_key(|(_, height)| *height)).map(|(index, _)| index)
}

/// The next lower level than the one that plays, to offer where that one fails.
pub fn lower(heights: &[u16], current: u16) -> Option<u16> {
    heights.iter().copied().filter(|height| *height < current).max()
}

/// `1080p`, `4K`, `8K`, of a class of `contract::resolution`.
pub fn class_name(class: u16) -> String {
    match class {
        2160 => "4K".to_owned(),
        4320 => "8K".to_owned(),
        other => format!("{other}p"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_step_and_stop_at_the_ends() {
        assert_eq!(speed(100, 1), 125);
        assert_eq!(speed(25, -1), 25);
        assert_eq!(speed(200, 1), 200);
        assert_eq!(speed(999, 0), 200);
    }

    #[test]
    fn a_fixed_quality_is_never_above_what_was_asked_for_where_that_can_be() {
        assert_eq!(level(&[360, 1080, 720], 720), Some(2));
        assert_eq!(level(&[360, 1080, 720], 1000), Some(2));
        assert_eq!(level(&[360, 720], 240), Some(0));
        assert_eq!(level(&[], 240), None);
        assert_eq!(lower(&[360, 720, 1080], 720), Some(360));
        assert_eq!(lower(&[360], 360), None);
    }
}
