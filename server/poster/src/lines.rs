//! Breaks a title into lines and finds the largest size at which it fits its box.
//!
//! Pure: knows widths only through the function it is given. Must never lose a letter of what it is given, nor
//! answer a size at which a line is wider than the box or the block higher.

/// The box and the habits of a block of lettering. Lengths in poster units, heights of letters in ems.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    pub width: f32,
    pub height: f32,
    /// The largest em.
    pub largest: f32,
    /// From the top of a line without ascending accents to its baseline.
    pub rise: f32,
    /// From the last baseline to the lowest ink.
    pub fall: f32,
    /// Free space from one line's baseline to the next one's top.
    pub gap: f32,
    /// Every line is set to the full width, as on a bill printed from wood type.
    pub justified: bool,
}

/// One line: its words, its em, and its width in ems.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub text: String,
    pub size: f32,
    pub ems: f32,
}

const MOST_LINES: usize = 5;
/// A line of a justified block is at most this much larger than the smallest.
const MOST_SPREAD: f32 = 2.4;

const WEAK: [&str; 18] =
    ["a", "an", "and", "are", "at", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "vs.", "with", "&"];

/// The best setting of the words in the frame: the largest, with as few lines as do not cost size.
pub fn fit(words: &[&str], frame: &Frame, width: impl Fn(&str) -> f32) -> Vec<Line> {
    let widths: Vec<f32> = words.iter().map(|word| width(word)).collect();
    let blank = width(" ").max(0.15);
    let mut best: Option<(f32, Vec<Line>)> = None;
    for count in 1..=MOST_LINES.min(words.len()) {
        let lines: Vec<Line> = balanced(&widths, blank, count)
            .into_iter()
            .map(|(from, to)| Line {
                text: words[from..to].join(" "),
                size: 0.0,
                ems: spread(&widths[from..to], blank).max(0.05),
            })
            .collect();
        let lines = sized(lines, frame);
        // A block reads by its smallest line, hangs by how much of its box it fills, and limps on a lone letter.
        let smallest = lines.iter().map(|line| line.size).fold(f32::INFINITY, f32::min);
        let inked: f32 = lines.iter().map(|line| line.size * line.ems * line.size * frame.rise).sum();
        let limps = lines.len() > 1 && lines.iter().any(|line| line.text.chars().count() <= 2);
        let score = (smallest + 0.5 * inked.sqrt()) * if limps { 0.8 } else { 1.0 };
        if best.as_ref().is_none_or(|(least, _)| score > least * 1.04) {
            best = Some((score, lines));
        }
    }
    best.map(|(_, lines)| lines).unwrap_or_default()
}

/// Height of a block from the top of its first line to its lowest ink.
pub fn height(lines: &[Line], frame: &Frame) -> f32 {
    let Some(last) = lines.last() else { return 0.0 };
    let letters: f32 = lines.iter().map(|line| line.size * frame.rise).sum();
    letters + gap(lines, frame) * (lines.len() - 1) as f32 + last.size * frame.fall
}

/// Free space between lines: the same throughout a block, however its lines differ in size.
pub fn gap(lines: &[Line], frame: &Frame) -> f32 {
    let mean = lines.iter().map(|line| line.size).sum::<f32>() / lines.len().max(1) as f32;
    mean * frame.gap
}

fn sized(mut lines: Vec<Line>, frame: &Frame) -> Vec<Line> {
    let full = |line: &Line| (frame.width / line.ems).min(frame.largest);
    let smallest = lines.iter().map(full).fold(f32::INFINITY, f32::min);
    for line in &mut lines {
        let spread = if frame.justified && !is_weak(&line.text) { MOST_SPREAD } else { 1.0 };
        line.size = full(line).min(smallest * spread);
    }
    // Everything in a block's height is proportional to its sizes, so one step fits it.
    let shrink = (frame.height / height(&lines, frame)).min(1.0);
    for line in &mut lines {
        line.size *= shrink;
    }
    lines
}

/// Whether a line says nothing of its own and so must not be the loudest.
fn is_weak(text: &str) -> bool {
    text.split(' ').all(|word| WEAK.iter().any(|weak| word.eq_ignore_ascii_case(weak)))
}

fn spread(widths: &[f32], blank: f32) -> f32 {
    widths.iter().sum::<f32>() + blank * widths.len().saturating_sub(1) as f32
}

/// Cuts the words into `count` lines so that the widest is as narrow as can be, and the rest near to it.
fn balanced(widths: &[f32], blank: f32, count: usize) -> Vec<(usize, usize)> {
    let total = widths.len();
    let ideal = spread(widths, blank) / count as f32;
    let cost = |from: usize, to: usize| (spread(&widths[from..to], blank) - ideal).powi(2);
    // best[k][n]: the least cost of the first n words on k lines, and where the last of these lines begins.
    let mut best = vec![vec![(f32::INFINITY, 0_usize); total + 1]; count + 1];
    best[0][0] = (0.0, 0);
    for k in 1..=count {
        for n in k..=total {
            for from in (k - 1)..n {
                let candidate = best[k - 1][from].0 + cost(from, n);
                if candidate < best[k][n].0 {
                    best[k][n] = (candidate, from);
                }
            }
        }
    }
    let mut lines = Vec::with_capacity(count);
    let mut end = total;
    for k in (1..=count).rev() {
        let from = best[k][end].1;
        lines.push((from, end));
        end = from;
    }
    lines.reverse();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FRAME: Frame = Frame { width: 516.0, height: 320.0, largest: 220.0, rise: 0.7, fall: 0.2, gap: 0.25, justified: false };

    fn plain(text: &str) -> f32 {
        text.chars().count() as f32 * 0.5
    }

    fn set(title: &str, frame: &Frame) -> Vec<Line> {
        fit(&title.split(' ').collect::<Vec<_>>(), frame, plain)
    }

    fn texts(lines: &[Line]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn lines_are_balanced() {
        let lines = set("The Assassination of Jesse James by the Coward Robert Ford", &FRAME);
        let longest = lines.iter().map(|line| line.text.len()).max().unwrap();
        let shortest = lines.iter().map(|line| line.text.len()).min().unwrap();
        assert!(longest - shortest <= 7, "{:?}", texts(&lines));
    }

    #[test]
    fn two_short_words_stand_one_over_the_other() {
        assert_eq!(texts(&set("Cool Runnings", &FRAME)), ["Cool", "Runnings"]);
    }

    #[test]
    fn a_single_letter_is_no_larger_than_the_largest() {
        assert_eq!(set("Z", &FRAME)[0].size, 220.0);
    }

    #[test]
    fn one_long_word_shrinks_until_it_fits() {
        let line = &set("Supercalifragilisticexpialidocious", &FRAME)[0];
        assert!((line.size * line.ems - 516.0).abs() < 0.1);
    }

    #[test]
    fn justified_lines_reach_both_edges() {
        let frame = Frame { justified: true, height: 600.0, ..FRAME };
        for line in set("Grand Canyon", &frame) {
            assert!((line.size * line.ems - 516.0).abs() < 0.1, "{line:?}");
        }
    }

    #[test]
    fn a_line_of_small_words_is_not_the_loudest() {
        let frame = Frame { justified: true, height: 900.0, ..FRAME };
        let lines = set("Diamonds are Forever", &frame);
        let loudest = lines.iter().max_by(|a, b| a.size.total_cmp(&b.size)).unwrap();
        assert_ne!(loudest.text, "are", "{lines:?}");
    }

    #[test]
    fn a_lone_letter_stays_with_its_word() {
        assert_eq!(texts(&set("Henry V", &FRAME)), ["Henry V"]);
    }

    #[test]
    fn nothing_to_set_is_no_line() {
        assert!(fit(&[], &FRAME, plain).is_empty());
    }

    proptest! {
        #[test]
        fn whatever_is_set_fits_and_is_complete(
            words in prop::collection::vec("[a-z]{1,14}", 1..24),
            justified: bool,
            height in 60.0_f32..400.0,
        ) {
            let frame = Frame { justified, height, ..FRAME };
            let title = words.join(" ");
            let lines = set(&title, &frame);
            prop_assert_eq!(texts(&lines).join(" "), title);
            prop_assert!(super::height(&lines, &frame) <= height + 0.01);
            prop_assert!(lines.iter().all(|line| line.size * line.ems <= frame.width + 0.01 && line.size > 0.0));
        }
    }
}
