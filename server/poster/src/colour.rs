//! Colours of print: what they look like mixed, and how far apart two of them are to the eye.
//!
//! Pure arithmetic on sRGB. Must never know a palette.

use std::fmt;

/// An opaque sRGB colour. Displays as `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// From `0xrrggbb`.
    pub const fn hex(value: u32) -> Self {
        Self((value >> 16) as u8, (value >> 8) as u8, value as u8)
    }

    /// `share` (0 to 1) of `other` laid over this one.
    pub fn mix(self, other: Self, share: f32) -> Self {
        let blend = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * share).round() as u8;
        Self(blend(self.0, other.0), blend(self.1, other.1), blend(self.2, other.2))
    }

    /// What two inks give where they are printed over each other.
    pub fn overprint(self, other: Self) -> Self {
        let multiply = |a: u8, b: u8| (u16::from(a) * u16::from(b) / 255) as u8;
        Self(multiply(self.0, other.0), multiply(self.1, other.1), multiply(self.2, other.2))
    }

    /// Relative luminance, 0 (black) to 1 (white), as WCAG 2.2 defines it.
    pub fn luminance(self) -> f32 {
        let linear = |channel: u8| {
            let value = f32::from(channel) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// Contrast ratio, 1 to 21, as WCAG 2.2 defines it.
    pub fn contrast(self, other: Self) -> f32 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }
}

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_on_white_has_the_greatest_contrast() {
        let ratio = Rgb::hex(0x000000).contrast(Rgb::hex(0xffffff));
        assert!((ratio - 21.0).abs() < 0.01, "{ratio}");
    }

    #[test]
    fn a_known_grey_has_its_known_contrast() {
        let ratio = Rgb::hex(0x767676).contrast(Rgb::hex(0xffffff));
        assert!((ratio - 4.54).abs() < 0.01, "{ratio}");
    }

    #[test]
    fn colours_are_written_as_css_reads_them() {
        assert_eq!(Rgb::hex(0x0a0b0c).to_string(), "#0a0b0c");
    }
}
