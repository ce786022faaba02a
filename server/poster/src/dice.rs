//! Chance that repeats itself: the same id rolls the same dice on every machine.
//!
//! Owns the only source of variety of a poster. Must never look at a clock, at memory addresses or at another
//! generator. Every aspect (palette, motif, layout ...) rolls dice of its own, so that a new choice in one
//! leaves the others as they were.

/// A stream of well-mixed choices, drawn from BLAKE3's extendable output over the aspect and the id.
pub struct Dice {
    stream: blake3::OutputReader,
    buffer: [u8; 64],
    used: usize,
}

impl Dice {
    pub fn new(id: &str, aspect: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(aspect.as_bytes()).update(&[0]).update(id.as_bytes());
        Self { stream: hasher.finalize_xof(), buffer: [0; 64], used: 64 }
    }

    fn roll(&mut self) -> u32 {
        if self.used + 4 > self.buffer.len() {
            self.stream.fill(&mut self.buffer);
            self.used = 0;
        }
        let mut bytes = [0; 4];
        bytes.copy_from_slice(&self.buffer[self.used..self.used + 4]);
        self.used += 4;
        u32::from_le_bytes(bytes)
    }

    /// A whole number of `0..sides`; 0 for no sides at all.
    pub fn pick(&mut self, sides: usize) -> usize {
        ((u64::from(self.roll()) * sides as u64) >> 32) as usize
    }

    /// A number from `low` to `high`.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * (self.roll() >> 8) as f32 / (1 << 24) as f32
    }

    /// Heads with the given probability (0 to 1).
    pub fn chance(&mut self, probability: f32) -> bool {
        self.between(0.0, 1.0) < probability
    }

    /// One of a few.
    pub fn among<T: Copy, const N: usize>(&mut self, choices: [T; N]) -> T {
        const { assert!(N > 0, "nothing to choose from") };
        choices[self.pick(N)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_id_rolls_the_same() {
        let (mut one, mut two) = (Dice::new("a", "motif"), Dice::new("a", "motif"));
        assert!((0..100).all(|_| one.roll() == two.roll()));
    }

    #[test]
    fn ids_that_differ_in_one_letter_share_nothing() {
        let mut counts = [0_u32; 8];
        for n in 0..8000 {
            counts[Dice::new(&format!("t{n}"), "motif").pick(8)] += 1;
        }
        assert!(counts.iter().all(|&count| (850..1150).contains(&count)), "{counts:?}");
    }

    #[test]
    fn a_pick_stays_below_its_sides_and_a_number_within_its_bounds() {
        let mut dice = Dice::new("x", "y");
        for _ in 0..10_000 {
            assert!(dice.pick(7) < 7);
            assert!((2.0..=3.0).contains(&dice.between(2.0, 3.0)));
        }
        assert_eq!(dice.pick(0), 0);
    }
}
