//! Which renditions a film gets.
//!
//! Pure. Owns the rungs, their sizes and their bit rates. Must never go above the source's own height.

/// The heights of the ladder, in lines.
pub const RUNGS: [u16; 8] = [240, 360, 480, 720, 1080, 1440, 2160, 4320];

/// Peak rates for 16:9 at up to 30 pictures a second, in kilobits a second, one for each rung. Between Apple's HLS
/// authoring specification (H.264, table "Video average bit rate") and what streaming services publish.
const KILOBITS: [u32; 8] = [450, 900, 1_600, 3_500, 6_000, 11_000, 20_000, 55_000];

/// The rung that is made first, so that a film can be watched early: cheap, and good enough to begin with.
const FIRST: u16 = 360;

/// One rendition as it is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    pub height: u16,
    pub width: u16,
    /// The most that the encoder may spend, in kilobits a second.
    pub kilobits: u32,
}

/// The rungs for a film that is shown at `width` by `height` pixels, lowest first; never empty.
///
/// A source between two rungs gets those up to the lower one; one under the lowest rung gets a single rendition of
/// its own height, made even as 4:2:0 asks for.
pub fn ladder(width: u32, height: u32, frame_rate: f64) -> Vec<Rung> {
    let rungs: Vec<Rung> = RUNGS
        .iter()
        .zip(KILOBITS)
        .filter(|(rung, _)| u32::from(**rung) <= height)
        .map(|(rung, kilobits)| rung_of(*rung, kilobits, width, height, frame_rate))
        .collect();
    if !rungs.is_empty() {
        return rungs;
    }
    let own = u16::try_from(height & !1).unwrap_or(RUNGS[0]).max(2);
    let kilobits = (KILOBITS[0] * u32::from(own) / u32::from(RUNGS[0])).max(100);
    vec![rung_of(own, kilobits, width, height, frame_rate)]
}

fn rung_of(rung: u16, kilobits: u32, width: u32, height: u32, frame_rate: f64) -> Rung {
    let columns = f64::from(width) * f64::from(rung) / f64::from(height.max(1));
    let columns = even(columns).clamp(2, 16_384);
    let area = f64::from(columns) / (f64::from(rung) * 16.0 / 9.0);
    let haste = if frame_rate > 31.0 { 1.5 } else { 1.0 };
    Rung { height: rung, width: columns, kilobits: (f64::from(kilobits) * area * haste).round().max(64.0) as u32 }
}

/// The nearest even number.
pub(super) fn even(value: f64) -> u16 {
    ((value / 2.0).round() * 2.0).clamp(2.0, f64::from(u16::MAX - 1)) as u16
}

/// The order to make them in: the first to watch, then upwards, and what is smaller than the first at the end.
pub fn order(rungs: &[Rung]) -> Vec<Rung> {
    let top = rungs.iter().map(|rung| rung.height).max().unwrap_or(0);
    let first = FIRST.min(top);
    let (mut ordered, smaller): (Vec<Rung>, Vec<Rung>) = rungs.iter().partition(|rung| rung.height >= first);
    ordered.extend(smaller);
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heights(width: u32, height: u32) -> Vec<u16> {
        ladder(width, height, 25.0).iter().map(|rung| rung.height).collect()
    }

    #[test]
    fn the_ladder_ends_at_the_source_and_never_above() {
        assert_eq!(heights(1920, 1080), [240, 360, 480, 720, 1080]);
        assert_eq!(heights(1920, 1079), [240, 360, 480, 720]);
        assert_eq!(heights(1280, 1000), [240, 360, 480, 720]);
        assert_eq!(heights(7680, 4320), RUNGS);
        for height in 16..2500 {
            assert!(heights(1600, height).iter().all(|rung| u32::from(*rung) <= height), "{height}");
        }
    }

    #[test]
    fn a_small_source_gets_one_rendition_of_its_own_even_height() {
        assert_eq!(heights(320, 241), [240]);
        assert_eq!(heights(160, 121), [120]);
        assert_eq!(heights(100, 16), [16]);
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
    fn a_higher_rung_never_costs_less() {
        let rungs = ladder(7680, 4320, 60.0);
        assert!(rungs.windows(2).all(|pair| pair[0].kilobits < pair[1].kilobits));
    }

    #[test]
    fn a_film_is_watchable_after_its_cheapest_good_rung() {
        let order: Vec<u16> = order(&ladder(1280, 720, 25.0)).iter().map(|rung| rung.height).collect();
        assert_eq!(order, [360, 480, 720, 240]);
        assert_eq!(super::order(&ladder(320, 240, 25.0)).len(), 1);
    }
}
