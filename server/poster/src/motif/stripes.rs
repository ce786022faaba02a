//! Motifs of bands and edges: bars, stairs, blinds, teeth.
//!
//! Must never draw letters; see [`super::Stage`] for the bounds.

use super::Stage;
use crate::canvas::Path;

/// A setting sun behind bars that thicken towards the foot.
pub fn bars(stage: &mut Stage) {
    let (w, h, side) = (stage.width, stage.height, stage.side());
    let (mut disc, mut path) = (Path::new(), Path::new());
    let radius = side * stage.dice.between(0.26, 0.36);
    let x = w * stage.dice.among([0.5, 0.5, 0.34, 0.66]);
    disc.circle(x, h * 0.44, radius);
    stage.svg.fill(stage.inks.ink, &disc);
    let count = 6 + stage.dice.pick(4);
    let mut top = h * 0.44 + radius * stage.dice.between(-0.35, 0.1);
    let room = h - top;
    let total: usize = (1..=count).sum();
    for bar in 1..=count {
        let pitch = room * bar as f32 / total as f32;
        path.rect(0.0, top + pitch * 0.3, w, pitch * 0.7 + if bar == count { 2.0 } else { 0.0 });
        top += pitch;
    }
    stage.svg.fill(stage.inks.shape, &path);
}

pub fn equaliser(stage: &mut Stage) {
    let (w, h) = (stage.width, stage.height);
    let count = 7 + stage.dice.pick(6);
    let pitch = w / count as f32;
    let wide = pitch * stage.dice.between(0.6, 0.8);
    let round = stage.dice.chance(0.5);
    let middle = stage.dice.chance(0.35);
    let mut paths = [Path::new(), Path::new()];
    let accent = stage.dice.pick(count);
    for bar in 0..count {
        let tall = h * stage.dice.between(0.16, 0.86);
        let x = bar as f32 * pitch + (pitch - wide) / 2.0;
        let (top, foot) = if middle { ((h - tall) / 2.0, (h + tall) / 2.0) } else { (h - tall, h + wide) };
        let path = &mut paths[usize::from(bar == accent)];
        if round {
            path.move_to(x, top + wide / 2.0);
            path.arc_to(wide / 2.0, false, true, x + wide, top + wide / 2.0);
            path.line_to(x + wide, foot - wide / 2.0);
            path.arc_to(wide / 2.0, false, true, x, foot - wide / 2.0);
            path.close();
        } else {
            path.rect(x, top, wide, foot - top);
        }
    }
    stage.svg.fill(stage.inks.shape, &paths[0]);
    stage.svg.fill(stage.inks.ink, &paths[1]);
}

pub fn stairs(stage: &mut Stage) {
    let (w, h) = (stage.width, stage.height);
    let count = 5 + stage.dice.pick(4);
    let (run, rise) = (w / count as f32, h * stage.dice.between(0.66, 0.8) / count as f32);
    let left = stage.dice.chance(0.5);
    let mirror = |x: f32| if left { x } else { w - x };
    let flight = |lift: f32, from: usize| {
        let mut points = vec![(mirror(w), h)];
        points.push((mirror(from as f32 * run), h));
        for step in from..count {
            let y = h - (step - from + 1) as f32 * rise - lift;
            points.push((mirror(step as f32 * run), y));
            points.push((mirror((step + 1) as f32 * run), y));
        }
        let mut path = Path::new();
        path.polygon(&points);
        path
    };
    let radius = run.min(rise) * stage.dice.between(0.7, 1.1);
    let moon_at = stage.dice.chance(0.5);
    let mut disc = Path::new();
    if moon_at {
        disc.circle(mirror(w * 0.28), h * 0.26, stage.side() * 0.15);
    } else {
        // Someone stands on the last step but one.
        let top = h - (count - 1) as f32 * rise;
        disc.circle(mirror((count as f32 - 1.5) * run), top - radius, radius);
    }
    stage.svg.fill(stage.inks.ink, &disc);
    stage.svg.fill(stage.inks.shape, &flight(0.0, 0));
    stage.svg.fill(stage.inks.tint(), &flight(-rise * 0.4, count / 2));
}

/// One straight edge; a disc on it changes colour from side to side.
pub fn diagonal(stage: &mut Stage) {
    let (w, h, side) = (stage.width, stage.height, stage.side());
    let (a, b) = stage.dice.among([(0.85, 0.2), (0.2, 0.85), (0.65, 0.35), (0.35, 0.65)]);
    let mut path = Path::new();
    path.polygon(&[(0.0, h * a), (w, h * b), (w, h), (0.0, h)]);
    let radius = side * stage.dice.between(0.26, 0.36);
    let along = stage.dice.between(0.42, 0.58);
    let (x, y) = (w * along, h * (a + (b - a) * along));
    let rings = stage.dice.among([1_usize, 1, 2, 3]);
    for ring in 0..rings {
        path.circle(x, y, radius * (1.0 - ring as f32 / rings as f32));
    }
    stage.svg.counterchange(stage.inks.shape, &path);
    let mut dot = Path::new();
    dot.circle(w * if a > b { 0.16 } else { 0.84 }, h * 0.18, side * 0.06);
    stage.svg.fill(stage.inks.ink, &dot);
}

pub fn chevrons(stage: &mut Stage) {
    let (w, h) = (stage.width, stage.height);
    let upward = stage.dice.chance(0.5);
    let (across, along) = if upward { (w, h) } else { (h, w) };
    let count = 4 + stage.dice.pick(3);
    let slope = across * stage.dice.between(0.3, 0.5);
    let pitch = (along + slope) / count as f32;
    let accent = stage.dice.pick(count);
    let backward = stage.dice.chance(0.3);
    let mut paths = [Path::new(), Path::new()];
    for chevron in 0..count {
        let thick = pitch * (0.22 + 0.5 * chevron as f32 / count as f32);
        let tip = pitch * chevron as f32 - slope * 0.35;
        let corners = [
            (0.0, tip + slope),
            (0.5, tip),
            (1.0, tip + slope),
            (1.0, tip + slope + thick),
            (0.5, tip + thick),
            (0.0, tip + slope + thick),
        ];
        let place = |(u, v): (f32, f32)| match (upward, backward) {
            (true, _) => (u * w, v),
            (false, false) => (w - v, u * h),
            (false, true) => (v, u * h),
        };
        paths[usize::from(chevron == accent)].polygon(&corners.map(place));
    }
    stage.svg.fill(stage.inks.shape, &paths[0]);
    stage.svg.fill(stage.inks.ink, &paths[1]);
}

/// Slats that thicken, with a disc in counterchange: the light of a street lamp through them.
pub fn blinds(stage: &mut Stage) {
    let (w, h, side) = (stage.width, stage.height, stage.side());
    let count = 9 + stage.dice.pick(6);
    let pitch = h / count as f32;
    let upright = stage.dice.chance(0.3);
    let mut path = Path::new();
    for slat in 0..count {
        let share = 0.14 + 0.72 * slat as f32 / (count - 1) as f32;
        if upright {
            path.rect(slat as f32 * w / count as f32, 0.0, w / count as f32 * share, h);
        } else {
            path.rect(0.0, slat as f32 * pitch, w, pitch * share);
        }
    }
    let (x, y) = (w * stage.dice.among([0.5, 0.38, 0.62]), h * stage.dice.between(0.44, 0.56));
    path.circle(x, y, side * stage.dice.between(0.3, 0.38));
    stage.svg.counterchange(stage.inks.shape, &path);
    let mut core = Path::new();
    core.circle(x, y, side * stage.dice.between(0.07, 0.12));
    stage.svg.fill(stage.inks.ink, &core);
}

pub fn keys(stage: &mut Stage) {
    let (w, h) = (stage.width, stage.height);
    let count = stage.dice.among([5_usize, 7, 7, 8]);
    let pitch = w / count as f32;
    let top = h * stage.dice.between(0.1, 0.3);
    let (mut white, mut black, mut struck) = (Path::new(), Path::new(), Path::new());
    let accent = stage.dice.pick(count);
    for key in 0..count {
        let x = key as f32 * pitch;
        let target = if key == accent { &mut struck } else { &mut white };
        let sunk = if key == accent { h * 0.05 } else { 0.0 };
        target.rect(x + pitch * 0.04, top + sunk, pitch * 0.92, h - top);
        // As on a keyboard, the third and the seventh white key have no black one after them.
        if key % 7 != 2 && key % 7 != 6 && key + 1 < count {
            black.rect(x + pitch * 0.7, top, pitch * 0.6, (h - top) * 0.58);
        }
    }
    stage.svg.fill(stage.inks.ink, &white);
    stage.svg.fill(stage.inks.shape, &struck);
    stage.svg.fill(stage.inks.ground, &black);
}

pub fn comet(stage: &mut Stage) {
    let (w, h) = (stage.width, stage.height);
    let tails = 6 + stage.dice.pick(4);
    let radius = stage.side() * stage.dice.between(0.17, 0.23);
    let (x, y) = (w * stage.dice.between(0.66, 0.74), h * stage.dice.between(0.24, 0.36));
    let mut paths = [Path::new(), Path::new()];
    for tail in 0..tails {
        let spread = (tail as f32 + 0.5) / tails as f32 - 0.5;
        // Perpendicular to the flight, which goes up and to the right.
        let (px, py) = (spread * radius * 1.35, spread * radius * 1.35);
        let wide = radius * 0.72 / tails as f32;
        let long = stage.reach() * stage.dice.between(0.55, 1.1);
        let end = (x + px * 3.4 - long * 0.66, y + py * 3.4 + long * 0.75);
        paths[tail % 2].polygon(&[(x + px - wide, y + py - wide), (x + px + wide, y + py + wide), end]);
    }
    stage.svg.fill(stage.inks.tint(), &paths[1]);
    stage.svg.fill(stage.inks.shape, &paths[0]);
    let mut head = Path::new();
    head.circle(x, y, radius);
    stage.svg.fill(stage.inks.ink, &head);
}

/// Jaws: a row of teeth from above, one from below, and a moon between them.
pub fn teeth(stage: &mut Stage) {
    let (w, h) = (stage.width, stage.height);
    let mut moon = Path::new();
    moon.circle(w * stage.dice.between(0.36, 0.64), h * 0.5, stage.side() * stage.dice.between(0.2, 0.29));
    stage.svg.fill(stage.inks.ink, &moon);
    let count = 4 + stage.dice.pick(5);
    let pitch = w / count as f32;
    let even = stage.dice.chance(0.4);
    let mut path = Path::new();
    for (edge, direction) in [(0.0, 1.0), (h, -1.0)] {
        let mut points = vec![(0.0, edge - 4.0 * direction)];
        for tooth in 0..count {
            let long = h * if even { 0.36 } else { stage.dice.between(0.2, 0.46) };
            let x = tooth as f32 * pitch;
            points.push((x, edge + h * 0.04 * direction));
            points.push((x + pitch * 0.5, edge + long * direction));
        }
        points.push((w, edge + h * 0.04 * direction));
        points.push((w, edge - 4.0 * direction));
        path.polygon(&points);
    }
    stage.svg.fill(stage.inks.shape, &path);
}
