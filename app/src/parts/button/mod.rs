//! The looks of buttons and of links that act like one. Style alone: what they do is the caller's.

stylance::import_crate_style!(style, "src/parts/button/button.module.scss");

/// The one thing to do here: filled in the colour of the bulbs.
pub const PRIMARY: &str = style::primary;
/// Another thing to do.
pub const QUIET: &str = style::quiet;
/// As [`QUIET`], on a picture.
pub const GLASS: &str = style::glass;
/// An icon alone, round.
pub const ROUND: &str = style::round;
/// As [`ROUND`], on a picture.
pub const ROUND_GLASS: &str = style::round_glass;
/// An icon at the corner of a poster: little of the picture is covered, and a finger has as much room as anywhere.
pub const CORNER: &str = style::corner;
