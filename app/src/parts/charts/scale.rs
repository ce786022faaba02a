//! From numbers to places in a box: pure.
//!
//! Every box is a thousand wide and a thousand high, and is stretched to whatever room there is. Must never place anything outside of it.

use std::fmt::Write;

/// What each side of a box measures.
pub const SIDE: f64 = 1000.0;
/// How much of its place a bar takes.
const BAR: f64 = 0.64;
/// Lines of a scale at most, beside the one at nothing.
const LINES: f64 = 4.0;

/// A bar, or one part of a stacked one, in its box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// The values at which a scale from nothing has its lines, the highest above all of `values`: one, two, two and a half or five of a power of ten
/// apart, and whole where `is_whole`.
pub fn ticks(values: impl IntoIterator<Item = f64>, is_whole: bool) -> Vec<f64> {
    let most = values.into_iter().filter(|value| value.is_finite()).fold(0.0, f64::max);
    if most <= 0.0 {
        // A line at nothing alone: a scale of values that nobody has seen would be an invention.
        return vec![0.0];
    }
    let rough = most / LINES;
    let power = 10_f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|step| step * power);
    let fits = |step: &f64| *step >= rough * (1.0 - f64::EPSILON) && (!is_whole || step.fract() == 0.0);
    let step = steps.into_iter().find(fits).unwrap_or(if is_whole { rough.ceil().max(1.0) } else { rough });
    let count = (most / step - 1e-9).ceil().max(1.0);
    (0..=count as u32).map(|line| f64::from(line) * step).collect()
}

/// How high a value stands, from the top.
pub fn height(value: f64, most: f64) -> f64 {
    if most > 0.0 && value.is_finite() { SIDE - (value / most).clamp(0.0, 1.0) * SIDE } else { SIDE }
}

/// Where the middle of the place of one of so many is, from the left.
pub fn place(index: usize, count: usize) -> f64 {
    (index as f64 + 0.5) / count.max(1) as f64 * SIDE
}

/// A line through the values that are there, as the data of an SVG path; [`dots`] has those that stand alone.
pub fn line(values: &[Option<f64>], count: usize, most: f64) -> String {
    let mut path = String::new();
    let mut is_drawing = false;
    for (index, value) in values.iter().enumerate() {
        let Some(value) = value else {
            is_drawing = false;
            continue;
        };
        let (x, y) = (place(index, count), height(*value, most));
        if !is_alone(values, index) {
            // What is written to a text cannot fail.
            let _ = write!(path, "{}{x:.1} {y:.1}", if is_drawing { 'L' } else { 'M' });
        }
        is_drawing = true;
    }
    path
}

/// Dots at the values that no line leads to or from, as the data of an SVG path whose stroke is as wide as they are.
pub fn dots(values: &[Option<f64>], count: usize, most: f64) -> String {
    let mut path = String::new();
    for (index, value) in values.iter().enumerate() {
        if let Some(value) = value.filter(|_| is_alone(values, index)) {
            let _ = write!(path, "M{:.1} {:.1}h.1", place(index, count), height(value, most));
        }
    }
    path
}

fn is_alone(values: &[Option<f64>], index: usize) -> bool {
    let is_there = |index: Option<usize>| index.and_then(|index| values.get(index).copied().flatten()).is_some();
    !is_there(index.checked_sub(1)) && !is_there(index.checked_add(1))
}

/// The bars of one series on those below it, whose sums are in `below` and grow by it.
pub fn bars(values: &[Option<f64>], below: &mut Vec<f64>, count: usize, most: f64) -> Vec<Bar> {
    below.resize(values.len().max(below.len()), 0.0);
    let width = SIDE / count.max(1) as f64 * BAR;
    let placed = values.iter().zip(below.iter_mut()).enumerate().filter_map(|(index, (value, below))| {
        let value = value.filter(|value| *value > 0.0)?;
        let (foot, y) = (height(*below, most), height(*below + value, most));
        *below += value;
        Some(Bar { x: place(index, count) - width / 2.0, y, width, height: foot - y })
    });
    placed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_has_round_lines_and_reaches_above_all() {
        assert_eq!(ticks([3.2, 0.1], false), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(ticks([870.0], false), [0.0, 250.0, 500.0, 750.0, 1000.0]);
        assert_eq!(ticks([0.07], false), [0.0, 0.02, 0.04, 0.06, 0.08]);
        assert_eq!(ticks([4.0], false), [0.0, 1.0, 2.0, 3.0, 4.0], "what is on a line needs none above");
        assert_eq!(ticks([], false), [0.0], "without data nothing is invented");
        assert_eq!(ticks([0.0, f64::NAN, f64::INFINITY], false), [0.0]);
    }

    #[test]
    fn what_is_counted_has_no_halves() {
        assert_eq!(ticks([1.0], true), [0.0, 1.0]);
        assert_eq!(ticks([9.0], true), [0.0, 5.0, 10.0]);
        for most in 1..2000_u32 {
            let lines = ticks([f64::from(most)], true);
            assert!(lines.iter().all(|line| line.fract() == 0.0) && lines.len() <= 6, "{most}: {lines:?}");
            assert!(lines.last().is_some_and(|last| *last >= f64::from(most)), "{most}: {lines:?}");
        }
    }

    #[test]
    fn a_line_stops_where_nothing_is_known_and_goes_on_after() {
        let values = [Some(0.0), Some(5.0), None, Some(10.0)];
        assert_eq!(line(&values, 4, 10.0), "M125.0 1000.0L375.0 500.0");
        assert_eq!(line(&[Some(0.0), Some(20.0)], 2, 10.0), "M250.0 1000.0L750.0 0.0", "never outside of the box");
        assert_eq!(line(&[], 4, 10.0), "");
    }

    #[test]
    fn a_value_that_stands_alone_is_a_dot_and_no_other_is() {
        assert_eq!(dots(&[Some(0.0), Some(5.0), None, Some(10.0)], 4, 10.0), "M875.0 0.0h.1");
        assert_eq!(dots(&[Some(20.0)], 1, 10.0), "M500.0 0.0h.1", "never outside of the box");
        assert_eq!(dots(&[None, Some(5.0), Some(5.0)], 3, 10.0), "");
    }

    #[test]
    fn stacked_bars_stand_on_each_other() {
        let mut below = Vec::new();
        let first = bars(&[Some(2.0), None, Some(1.0)], &mut below, 3, 4.0);
        let second = bars(&[Some(2.0), Some(4.0)], &mut below, 3, 4.0);
        assert_eq!(first.iter().map(|bar| (bar.y, bar.height)).collect::<Vec<_>>(), [(500.0, 500.0), (750.0, 250.0)]);
        assert_eq!(second.iter().map(|bar| (bar.y, bar.height)).collect::<Vec<_>>(), [(0.0, 500.0), (0.0, 1000.0)]);
        assert!(first.iter().chain(&second).all(|bar| bar.x >= 0.0 && bar.x + bar.width <= SIDE));
        assert_eq!(below, [4.0, 4.0, 1.0]);
    }
}
