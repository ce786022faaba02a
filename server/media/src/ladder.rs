//! Which renditions a film gets.
//!
//! Pure. Owns the rungs, their sizes and their bit rates. The best rendition has the source's own size; below it, each
//! class of [`RUNGS`] has one that fills its frame. Must never go above the source's own size.

use contract::resolution;

/// The classes of the ladder below a film's own size, lowest first.
pub const RUNGS: [u16; 8] = [240, 360, 480, 720, 1080, 1440, 2160, 4320];

/// Peak rates at up to 30 pictures a second, by pixels: those of the 16:9 frames of [`RUNGS`], in kilobits a second.
/// Between Apple's HLS authoring specification (H.264, table "Video average bit rate") and what streaming services publish.
const KILOBITS: [(f64, f64); 8] = [
    (426.0 * 240.0, 450.0),
    (640.0 * 360.0, 900.0),
    (854.0 * 480.0, 1_600.0),
    (1280.0 * 720.0, 3_500.0),
    (1920.0 * 1080.0, 6_000.0),
    (2560.0 * 1440.0, 11_000.0),
    (3840.0 * 2160.0, 20_000.0),
    (7680.0 * 4320.0, 55_000.0),
];

/// The class that is made first, so that a film can be watched early: cheap, and good enough to begin with.
const FIRST: u16 = 360;
/// The class that poster and backdrop are taken from: as large as they are.
const PICTURES: u16 = 720;
/// Pixels of the shortest side that is packaged.
const SHORTEST: u16 = 16;
/// Macroblocks of 16 by 16 pixels in the largest picture of H.264 (ITU-T H.264, table A-1, levels 6 to 6.2).
const MOST_MACROBLOCKS: u32 = 139_264;

/// One rendition as it is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    /// Pixels.
    pub height: u16,
    pub width: u16,
    /// The most that the encoder may spend, in kilobits a second.
    pub kilobits: u32,
}

impl Rung {
    /// Its class, as [`resolution::class`] says.
    pub fn class(&self) -> u16 {
        resolution::class(self.width.into(), self.height.into())
    }
}

/// The rungs for a film that is shown at `width` by `height` pixels, lowest first; never empty.
///
/// The last has the film's own size, made even as 4:2:0 asks for. The others are the classes below its own: what is of
/// one class with the source is too close to it to be of use, and what is of a lower one is what a limit allows.
pub fn ladder(width: u32, height: u32, frame_rate: f64) -> Vec<Rung> {
    let own = own_size(width, height);
    let mut sizes = vec![own];
    let below = resolution::class(own.0.into(), own.1.into());
    for class in RUNGS.into_iter().rev().filter(|class| *class < below) {
        let size = within(class, width, height);
        let above = sizes.last().copied().unwrap_or(own);
        // Of a very long, thin picture little is left that differs.
        if size.0 < above.0 && size.1 < above.1 && size.0.min(size.1) >= SHORTEST {
            sizes.push(size);
        }
    }
    sizes.reverse();
    sizes.into_iter().map(|(width, height)| Rung { width, height, kilobits: kilobits(width, height, frame_rate) }).collect()
}

/// The film's own size on even numbers, or the largest frame's where H.264 has no level for it.
fn own_size(width: u32, height: u32) -> (u16, u16) {
    if width.div_ceil(16).saturating_mul(height.div_ceil(16)) > MOST_MACROBLOCKS {
        return within(4320, width, height);
    }
    let side = |side: u32| u16::try_from(side & !1).unwrap_or(u16::MAX - 1).max(2);
    (side(width), side(height))
}

/// The size at which a film fills the 16:9 frame of this height, turned where the film is upright.
fn within(class: u16, width: u32, height: u32) -> (u16, u16) {
    let (long, short) = (f64::from(width.max(height)), f64::from(width.min(height)));
    let factor = (f64::from(class) * 16.0 / 9.0 / long.max(1.0)).min(f64::from(class) / short.max(1.0));
    (even(f64::from(width) * factor), even(f64::from(height) * factor))
}

/// The rate for so many pixels, on straight lines between the known points where both are drawn as logarithms; below
/// the lowest it falls with the pixels.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and below 2^32 for every size of H.264")]
fn kilobits(width: u16, height: u16, frame_rate: f64) -> u32 {
    let pixels = f64::from(width) * f64::from(height);
    let [lowest, ..] = KILOBITS;
    let pairs = || KILOBITS.iter().zip(KILOBITS.iter().skip(1));
    let around = pairs().find(|(_, to)| pixels < to.0).or_else(|| pairs().next_back());
    let rate = match around {
        Some((from, to)) if pixels >= lowest.0 => from.1 * (pixels / from.0).powf((to.1 / from.1).ln() / (to.0 / from.0).ln()),
        Some(_) | None => (lowest.1 * pixels / lowest.0).max(100.0),
    };
    let haste = if frame_rate > 31.0 { 1.5 } else { 1.0 };
    (rate * haste).round().max(64.0) as u32
}

/// The nearest even number.
pub(super) fn even(value: f64) -> u16 {
    ((value / 2.0).round() * 2.0).clamp(2.0, f64::from(u16::MAX - 1)) as u16
}

/// The order to make them in: the first to watch, then upwards, and what is smaller than the first at the end.
pub fn order(rungs: &[Rung]) -> Vec<Rung> {
    let top = rungs.iter().map(Rung::class).max().unwrap_or(0);
    let first = FIRST.min(top);
    let (mut ordered, smaller): (Vec<Rung>, Vec<Rung>) = rungs.iter().partition(|rung| rung.class() >= first);
    ordered.extend(smaller);
    ordered
}

/// The rung whose pictures are worth showing: the smallest of 720p or more, or else the best.
pub fn for_pictures(rungs: &[Rung]) -> Option<Rung> {
    let large = rungs.iter().filter(|rung| rung.class() >= PICTURES).min_by_key(|rung| rung.height);
    large.or_else(|| rungs.iter().max_by_key(|rung| rung.height)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(width: u32, height: u32) -> Vec<(u16, u16)> {
        ladder(width, height, 25.0).iter().map(|rung| (rung.width, rung.height)).collect()
    }

    #[test]
    fn the_best_rendition_has_the_size_of_the_film_and_the_others_fill_frames() {
        assert_eq!(sizes(1920, 1080), [(426, 240), (640, 360), (854, 480), (1280, 720), (1920, 1080)]);
        assert_eq!(sizes(1920, 800), [(426, 178), (640, 266), (854, 356), (1280, 534), (1920, 800)]);
        assert_eq!(sizes(1280, 536), [(426, 178), (640, 268), (854, 358), (1280, 536)]);
        assert_eq!(sizes(1024, 576), [(426, 240), (640, 360), (854, 480), (1024, 576)]);
        assert_eq!(sizes(640, 480), [(320, 240), (480, 360), (640, 480)]);
        assert_eq!(sizes(1080, 1920), [(240, 426), (360, 640), (480, 854), (720, 1280), (1080, 1920)]);
        assert_eq!(sizes(4096, 2160).last(), Some(&(4096, 2160)));
        assert_eq!(ladder(7680, 4320, 25.0).iter().map(Rung::class).collect::<Vec<_>>(), RUNGS);
    }

    #[test]
    fn no_two_renditions_are_of_one_class_and_none_is_larger_than_the_film() {
        for width in (16..8200).step_by(73) {
            for height in (16..4500).step_by(71) {
                let rungs = ladder(width, height, 24.0);
                let fits = |rung: &Rung| u32::from(rung.width) <= width && u32::from(rung.height) <= height;
                assert!(rungs.iter().all(fits), "{width}x{height}: {rungs:?}");
                let grow = |pair: &[Rung]| pair[0].class() < pair[1].class() && pair[0].height < pair[1].height;
                assert!(rungs.windows(2).all(grow), "{width}x{height}: {rungs:?}");
            }
        }
    }

    #[test]
    fn a_small_source_gets_one_rendition_of_its_own_even_size() {
        assert_eq!(sizes(320, 241), [(320, 240)]);
        assert_eq!(sizes(160, 121), [(160, 120)]);
        assert_eq!(sizes(100, 16), [(100, 16)]);
    }

    #[test]
    fn a_picture_that_h264_has_no_level_for_is_made_smaller() {
        assert_eq!(sizes(16_384, 16_384).last(), Some(&(4320, 4320)));
        assert_eq!(sizes(8192, 4320).last(), Some(&(8192, 4320)), "the largest frame of digital cinema has one");
    }

    #[test]
    fn every_size_is_even_and_keeps_the_form() {
        for (width, height) in [(1920, 800), (720, 576), (1080, 1920), (321, 241), (4096, 1716)] {
            for rung in ladder(width, height, 24.0) {
                assert_eq!((rung.width % 2, rung.height % 2), (0, 0));
                let form = f64::from(rung.width) / f64::from(rung.height);
                let wanted = f64::from(width) / f64::from(height);
                assert!((form / wanted - 1.0).abs() < 0.01, "{width}x{height} became {rung:?}");
            }
        }
    }

    #[test]
    fn a_higher_rung_never_costs_less_and_rates_follow_pixels() {
        for (width, height) in [(7680, 4320), (1920, 800), (1440, 1080), (1080, 1920), (720, 576), (400, 300)] {
            let rungs = ladder(width, height, 60.0);
            assert!(rungs.windows(2).all(|pair| pair[0].kilobits < pair[1].kilobits), "{rungs:?}");
        }
        let rate = |width, height| ladder(width, height, 25.0).last().map(|rung| rung.kilobits);
        assert_eq!((rate(1280, 720), rate(1920, 1080), rate(7680, 4320)), (Some(3_500), Some(6_000), Some(55_000)));
        assert_eq!(rate(1080, 1920), Some(6_000), "upright or not");
        assert!((4_500..5_500).contains(&rate(1920, 800).unwrap()), "{:?}", rate(1920, 800));
    }

    #[test]
    fn a_film_is_watchable_after_its_cheapest_good_rung() {
        let order: Vec<u16> = order(&ladder(1280, 720, 25.0)).iter().map(|rung| rung.height).collect();
        assert_eq!(order, [360, 480, 720, 240]);
        assert_eq!(super::order(&ladder(1920, 800, 25.0)).first().map(Rung::class), Some(360));
        assert_eq!(super::order(&ladder(320, 240, 25.0)).len(), 1);
    }

    #[test]
    fn pictures_are_taken_from_a_rendition_as_large_as_they_are() {
        let taken = |width, height| for_pictures(&ladder(width, height, 25.0)).map(|rung| (rung.width, rung.height));
        assert_eq!(taken(3840, 2160), Some((1280, 720)));
        assert_eq!(taken(1920, 800), Some((1280, 534)));
        assert_eq!(taken(640, 480), Some((640, 480)));
    }
}
