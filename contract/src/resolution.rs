//! Resolutions as classes: `1080p` is a frame that a picture fits into, never a height.
//!
//! Pure. Plans, devices, grants, labels and the ladder of an import compare classes. Must never give a picture that is
//! larger than another a lower class.

/// The standard heights of 16:9 frames, in pixels, lowest first.
///
/// 144 to 480 and 720 to 4320 are what streaming services offer (720: SMPTE ST 296, 1080: SMPTE ST 274, 2160 and 4320:
/// ITU-R BT.2020); 576 is what European DVDs and television hold (ITU-R BT.601).
pub const CLASSES: [u16; 10] = [144, 240, 360, 480, 576, 720, 1080, 1440, 2160, 4320];

/// The class of a picture of `width` by `height` square pixels: the height of the smallest frame of [`CLASSES`] that
/// holds it, lying or turned by a quarter.
///
/// 3840x1600 is 2160p, 1920x800 and 1080x1920 are 1080p. Frames hold what is up to 1/15 larger than they are, each way:
/// those of DCI are that much wider than their 16:9 siblings (4096x2160, 2048x1080), and encoders round up (1920x1088).
/// A side of 0 is one that is not known, and counts as if it were as long as the other. What no frame holds is of the
/// highest class.
pub fn class(width: u32, height: u32) -> u16 {
    let [.., highest] = CLASSES;
    CLASSES.into_iter().find(|class| holds(*class, width, height)).unwrap_or(highest)
}

/// Whether the 16:9 frame of this height holds a picture of `width` by `height` pixels, by the rules of [`class`].
pub fn holds(frame: u16, width: u32, height: u32) -> bool {
    let long = u64::from(width.max(height));
    let short = if width == 0 || height == 0 { long } else { u64::from(width.min(height)) };
    let frame = u64::from(frame);
    // long <= frame * 16/9 * 16/15, and short <= frame * 16/15.
    long * 9 * 15 <= frame * 16 * 16 && short * 15 <= frame * 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_of_the_smallest_frame_that_holds_it() {
        for (width, height, expected) in [
            // Frames themselves, and one pixel more than the tolerance.
            (256, 144, 144),
            (426, 240, 240),
            (640, 360, 360),
            (854, 480, 480),
            (1024, 576, 576),
            (1280, 720, 720),
            (1920, 1080, 1080),
            (2560, 1440, 1440),
            (3840, 2160, 2160),
            (7680, 4320, 4320),
            (2048, 1152, 1080),
            (2049, 1152, 1440),
            (2048, 1153, 1440),
            // Wide films, by their width.
            (1920, 800, 1080),
            (1280, 536, 720),
            (3840, 1600, 2160),
            (1728, 720, 1080),
            (640, 266, 360),
            // Films of 4:3, by their height.
            (640, 480, 480),
            (768, 576, 576),
            (960, 720, 720),
            (1440, 1080, 1080),
            // Held upright.
            (1080, 1920, 1080),
            (720, 1280, 720),
            (1080, 1080, 1080),
            // Digital cinema, and what encoders round up.
            (2048, 1080, 1080),
            (4096, 2160, 2160),
            (4096, 1716, 2160),
            (8192, 4320, 4320),
            (1920, 1088, 1080),
            (1080, 1920 + 16, 1080),
            (3840, 2176, 2160),
            // The ends.
            (16, 16, 144),
            (0, 0, 144),
            (0, 1080, 1080),
            (16_384, 16_384, 4320),
            (u32::MAX, u32::MAX, 4320),
        ] {
            assert_eq!(class(width, height), expected, "{width}x{height}");
        }
    }

    #[test]
    fn a_larger_picture_is_never_of_a_lower_class() {
        for width in (16..8200).step_by(61) {
            for height in (16..8200).step_by(61) {
                let own = class(width, height);
                assert_eq!(own, class(height, width), "{width}x{height} turned");
                assert!(class(width + 1, height) >= own && class(width, height + 1) >= own, "{width}x{height}");
            }
        }
    }
}
