//! Music for the demo's shorts: a small synthesiser of slow chords, and the tones that Lissajous figures are made of.
//!
//! Pure and deterministic: the same score gives the same samples on every machine. Must never clip.

use std::f32::consts::TAU;

/// Samples in a second.
pub const RATE: u32 = 48_000;
/// Seconds of one chord, and of its fading into the next.
const CHORD: f32 = 6.0;
const OVERLAP: f32 = 3.0;

/// What is heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Score {
    /// Chords that flow into each other, with or without bells above them.
    Ambient { seed: u64, root: f32, mood: Mood, bells: bool },
    /// A tone on the left and one on the right, whose ratio is a musical interval; another one every eight seconds.
    Intervals,
}

/// Which chords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Bright,
    Dusk,
    Deep,
}

impl Mood {
    /// Four chords of four notes, in semitones above the root.
    fn chords(self) -> [[i8; 4]; 4] {
        match self {
            Self::Bright => [[0, 7, 16, 23], [-3, 9, 12, 19], [5, 9, 16, 21], [-5, 7, 14, 17]],
            Self::Dusk => [[0, 7, 15, 22], [-4, 8, 12, 19], [3, 10, 14, 19], [-2, 5, 14, 17]],
            Self::Deep => [[-12, 7, 14, 15], [-7, 5, 12, 20], [-9, 3, 15, 22], [-14, 10, 14, 17]],
        }
    }
}

/// The intervals and their names are spoken of in the captions of the short that uses them.
const INTERVALS: [(f32, f32); 5] = [(1.0, 1.0), (1.0, 2.0), (2.0, 3.0), (3.0, 4.0), (4.0, 5.0)];
/// Seconds of each interval.
pub const INTERVAL_SECONDS: f32 = 8.0;

/// Left and right samples of a score of so many seconds, as a WAV file (16 bits).
pub fn wav(score: Score, seconds: u32) -> Vec<u8> {
    let mut sound = Sound::silent(seconds);
    match score {
        Score::Ambient { seed, root, mood, bells } => ambient(&mut sound, seed, root, mood, bells),
        Score::Intervals => intervals(&mut sound),
    }
    sound.master();
    sound.wav()
}

fn ambient(sound: &mut Sound, seed: u64, root: f32, mood: Mood, bells: bool) {
    let mut chance = Chance(seed);
    let chords = mood.chords();
    let count = (sound.seconds() / CHORD).ceil() as usize;
    for (index, chord) in (0..count).map(|index| (index, chords[index % chords.len()])) {
        let start = index as f32 * CHORD;
        for (voice, note) in chord.into_iter().enumerate() {
            let pitch = root * 2.0_f32.powf(f32::from(note) / 12.0);
            let loud = 0.22 / (1.0 + voice as f32 * 0.35);
            // Two voices a little apart, one on each side: the beating is what makes it wide.
            sound.pad(pitch * 0.9985, start, loud, 0.25);
            sound.pad(pitch * 1.0015, start, loud, 0.75);
        }
        if bells {
            for step in 0..4 {
                if chance.next() < 0.62 {
                    let note = chord[(chance.next() * 4.0) as usize % 4];
                    let pitch = root * 2.0_f32.powf(f32::from(note) / 12.0 + 2.0);
                    let at = start + step as f32 * CHORD / 4.0 + chance.next() * 0.2;
                    sound.bell(pitch, at, 0.10 + 0.06 * chance.next(), 0.2 + 0.6 * chance.next());
                }
            }
        }
    }
    sound.echo(0.43, 0.34);
}

fn intervals(sound: &mut Sound) {
    const BASE: f32 = 110.0;
    let (mut left, mut right) = (0.0_f32, 0.0_f32);
    let count = sound.left.len();
    for at in 0..count {
        let seconds = at as f32 / RATE as f32;
        let place = seconds / INTERVAL_SECONDS;
        let (down, up) = INTERVALS[(place as usize).min(INTERVALS.len() - 1)];
        // A tenth of a hertz too high: the figure turns slowly instead of standing still.
        left = (left + BASE * TAU / RATE as f32) % TAU;
        right = (right + (BASE * up / down + 0.1) * TAU / RATE as f32) % TAU;
        let within = place.fract() * INTERVAL_SECONDS;
        let swell = (within / 0.6).min((INTERVAL_SECONDS - within) / 0.6).clamp(0.0, 1.0);
        sound.left[at] = swell * left.sin();
        sound.right[at] = swell * right.sin();
    }
}

/// Two channels in the making.
struct Sound {
    left: Vec<f32>,
    right: Vec<f32>,
}

impl Sound {
    fn silent(seconds: u32) -> Self {
        let count = (seconds * RATE) as usize;
        Self { left: vec![0.0; count], right: vec![0.0; count] }
    }

    fn seconds(&self) -> f32 {
        self.left.len() as f32 / RATE as f32
    }

    /// A soft tone that swells and goes.
    fn pad(&mut self, pitch: f32, start: f32, loud: f32, side: f32) {
        let length = CHORD + OVERLAP;
        for (partial, strength) in [(1.0, 1.0), (2.0, 0.33), (3.0, 0.17), (4.0, 0.08)] {
            self.tone(pitch * partial, start, length, loud * strength, side, |at| {
                let swell = (at / OVERLAP).min((length - at) / OVERLAP).clamp(0.0, 1.0);
                0.5 - 0.5 * (swell * TAU / 2.0).cos()
            });
        }
    }

    /// A struck tone that rings out.
    fn bell(&mut self, pitch: f32, start: f32, loud: f32, side: f32) {
        for (partial, strength, decay) in [(1.0, 1.0, 1.6), (2.76, 0.35, 3.0), (5.4, 0.12, 6.0)] {
            self.tone(pitch * partial, start, 3.0, loud * strength, side, |at| (at / 0.006).min(1.0) * (-at * decay).exp());
        }
    }

    /// Adds a sine; `shape` is its strength after so many seconds.
    fn tone(&mut self, pitch: f32, start: f32, length: f32, loud: f32, side: f32, shape: impl Fn(f32) -> f32) {
        if pitch > RATE as f32 / 2.2 {
            return;
        }
        let first = ((start * RATE as f32) as usize).min(self.left.len());
        let count = ((length * RATE as f32) as usize).min(self.left.len() - first);
        let (to_left, to_right) = ((1.0 - side).sqrt() * loud, side.sqrt() * loud);
        // A turning pointer instead of a sine for each sample.
        let (turn_sine, turn_cosine) = (TAU * pitch / RATE as f32).sin_cos();
        let (mut sine, mut cosine) = (0.0_f32, 1.0_f32);
        let mut strength = 0.0;
        let channels = self.left[first..].iter_mut().zip(&mut self.right[first..]);
        for (at, (left, right)) in channels.take(count).enumerate() {
            if at % 32 == 0 {
                strength = shape(at as f32 / RATE as f32);
            }
            *left += sine * strength * to_left;
            *right += sine * strength * to_right;
            (sine, cosine) = (sine * turn_cosine + cosine * turn_sine, cosine * turn_cosine - sine * turn_sine);
        }
    }

    /// Repeats, each softer and on the other side.
    fn echo(&mut self, seconds: f32, softer: f32) {
        let delay = (seconds * RATE as f32) as usize;
        for at in delay..self.left.len() {
            let (left, right) = (self.left[at - delay], self.right[at - delay]);
            self.left[at] += right * softer;
            self.right[at] += left * softer;
        }
    }

    /// Fades in and out, and sets the loudest sample to 70 %.
    fn master(&mut self) {
        let seconds = self.seconds();
        let loudest = self.left.iter().chain(&self.right).fold(1e-6_f32, |most, sample| most.max(sample.abs()));
        for channel in [&mut self.left, &mut self.right] {
            for (at, sample) in channel.iter_mut().enumerate() {
                let now = at as f32 / RATE as f32;
                let fade = (now / 1.5).min((seconds - now) / 3.0).clamp(0.0, 1.0);
                *sample *= fade * 0.7 / loudest;
            }
        }
    }

    fn wav(&self) -> Vec<u8> {
        let bytes = self.left.len() as u32 * 4;
        let mut file = Vec::with_capacity(44 + bytes as usize);
        file.extend_from_slice(b"RIFF");
        file.extend_from_slice(&(36 + bytes).to_le_bytes());
        file.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x02\0");
        file.extend_from_slice(&RATE.to_le_bytes());
        file.extend_from_slice(&(RATE * 4).to_le_bytes());
        file.extend_from_slice(b"\x04\0\x10\0data");
        file.extend_from_slice(&bytes.to_le_bytes());
        for (left, right) in self.left.iter().zip(&self.right) {
            for sample in [left, right] {
                file.extend_from_slice(&((sample * f32::from(i16::MAX)) as i16).to_le_bytes());
            }
        }
        file
    }
}

/// Numbers from 0 to 1, the same for the same seed (SplitMix64: Steele, Lea, Flood, 2014).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 40) as f32 / (1_u32 << 24) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(score: Score) -> Vec<i16> {
        wav(score, 9)[44..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
    }

    #[test]
    fn a_score_is_heard_never_clips_and_is_the_same_each_time() {
        for score in [Score::Ambient { seed: 3, root: 110.0, mood: Mood::Dusk, bells: true }, Score::Intervals] {
            let samples = samples(score);
            assert_eq!(samples.len(), 9 * 48_000 * 2);
            let loudest = samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap();
            assert!((20_000..24_000).contains(&loudest), "{loudest}");
            assert!(samples[..200].iter().all(|sample| sample.unsigned_abs() < 200), "it begins softly");
            assert_eq!(wav(score, 9), wav(score, 9));
        }
    }

    #[test]
    fn another_seed_plays_other_bells() {
        let score = |seed| Score::Ambient { seed, root: 110.0, mood: Mood::Bright, bells: true };
        assert_ne!(samples(score(1)), samples(score(2)));
    }
}
