//! Which moment of a film to show on its page.
//!
//! Pure: small pictures in, the number of the best one out. Must never choose a black one where there is another.

/// Size of the pictures that are judged, in pixels.
pub const WIDTH: usize = 48;
pub const HEIGHT: usize = 27;
/// Bytes of one: red, green, blue.
pub const BYTES: usize = WIDTH * HEIGHT * 3;

/// The most telling of some pictures in the film's order; `None` for none.
pub fn best(pictures: &[u8]) -> Option<usize> {
    let count = pictures.len() / BYTES;
    let scored = pictures.chunks_exact(BYTES).enumerate().map(|(index, picture)| {
        // Titles at the start and credits at the end say little.
        let place = (index as f64 + 0.5) / count as f64;
        let weight = if (0.08..0.85).contains(&place) { 1.0 } else { 0.6 };
        (index, score(picture) * weight)
    });
    // The earliest of equals: a still film shows its first picture.
    scored.reduce(|best, next| if next.1 > best.1 + 1e-9 { next } else { best }).map(|(index, _)| index)
}

/// Contrast and colourfulness (Hasler and Suesstrunk, "Measuring colourfulness in natural images", 2003), less for
/// pictures that are very dark or very bright.
fn score(picture: &[u8]) -> f64 {
    let (mut light, mut red_green, mut yellow_blue) = (Moments::default(), Moments::default(), Moments::default());
    for pixel in picture.chunks_exact(3) {
        let (red, green, blue) = (f64::from(pixel[0]), f64::from(pixel[1]), f64::from(pixel[2]));
        light.add(0.2126 * red + 0.7152 * green + 0.0722 * blue);
        red_green.add(red - green);
        yellow_blue.add(0.5 * (red + green) - blue);
    }
    let spread = red_green.deviation().hypot(yellow_blue.deviation());
    let colourfulness = spread + 0.3 * red_green.mean().hypot(yellow_blue.mean());
    let exposure = match light.mean() {
        mean if mean < 40.0 => 0.1 + 0.9 * mean / 40.0,
        mean if mean > 215.0 => 0.1 + 0.9 * (255.0 - mean) / 40.0,
        _ => 1.0,
    };
    exposure * (light.deviation() + 0.5 * colourfulness)
}

#[derive(Default)]
struct Moments {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    fn mean(&self) -> f64 {
        self.sum / self.count.max(1.0)
    }

    fn deviation(&self) -> f64 {
        (self.squares / self.count.max(1.0) - self.mean().powi(2)).max(0.0).sqrt()
    }
}

/// The mean colour of columns `from` up to `to` of one picture, `#rrggbb`.
pub fn colour(picture: &[u8], from: usize, to: usize) -> String {
    let mut sums = [0_u64; 3];
    let mut count = 0_u64;
    for row in picture.chunks_exact(WIDTH * 3) {
        for pixel in row.chunks_exact(3).take(to).skip(from) {
            count += 1;
            for (sum, value) in sums.iter_mut().zip(pixel) {
                *sum += u64::from(*value);
            }
        }
    }
    let [red, green, blue] = sums.map(|sum| sum / count.max(1));
    format!("#{red:02x}{green:02x}{blue:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(value: u8) -> Vec<u8> {
        vec![value; BYTES]
    }

    fn lively() -> Vec<u8> {
        (0..BYTES).map(|at| (at * 37 % 251) as u8).collect()
    }

    #[test]
    fn a_black_picture_is_never_preferred() {
        let film = [flat(0), flat(2), lively(), flat(255), flat(0)].concat();
        assert_eq!(best(&film), Some(2));
        assert_eq!(best(&[flat(9), flat(9)].concat()), Some(0));
        assert_eq!(best(&[]), None);
    }

    #[test]
    fn a_colour_is_the_mean_of_what_is_shown() {
        let mut picture = flat(0);
        for row in picture.chunks_exact_mut(WIDTH * 3) {
            row[..3].copy_from_slice(&[255, 128, 0]);
        }
        assert_eq!(colour(&picture, 0, 1), "#ff8000");
        assert_eq!(colour(&picture, 1, WIDTH), "#000000");
    }
}
