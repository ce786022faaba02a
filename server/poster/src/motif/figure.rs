//! Motifs of a few large pieces set against each other: cut paper, discs, mobiles, keyholes.
//!
//! Must never draw letters; see [`super::Stage`] for the bounds.

use std::f32::consts::{FRAC_PI_4, PI, TAU};

use super::Stage;
use crate::canvas::Path;

/// Slabs of torn paper, none of them square.
pub fn cutouts(stage: &mut Stage) {
    let (w, h) = (stage.width, stage.height);
    let count = 3 + stage.dice.pick(3);
    let upright = stage.dice.chance(0.55);
    let accent = stage.dice.pick(count);
    let mut paths = [Path::new(), Path::new()];
    for slab in 0..count {
        let from = 0.08 + 0.84 * slab as f32 / count as f32;
        let to = from + 0.84 / count as f32 * stage.dice.between(0.7, 0.88);
        let (near, far) = (stage.dice.between(-0.02, 0.3), stage.dice.between(0.66, 1.02));
        let mut off = || stage.dice.between(-0.035, 0.035);
        let corners =
            [(from + off(), near + off()), (to + off(), near + off()), (to + off(), far + off()), (from + off(), far + off())];
        let place = |(u, v): (f32, f32)| if upright { (u * w, v * h) } else { (v * w, u * h) };
        paths[usize::from(slab == accent)].polygon(&corners.map(place));
    }
    stage.svg.fill(stage.inks.shape, &paths[0]);
    stage.svg.fill(stage.inks.ink, &paths[1]);
}

/// Two discs printed over each other, the overlap in both inks at once.
pub fn discs(stage: &mut Stage) {
    let (w, h, side) = (stage.width, stage.height, stage.side());
    let angle = stage.dice.among([0.0, FRAC_PI_4, -FRAC_PI_4, PI / 2.0]);
    let radius = side * stage.dice.between(0.27, 0.33);
    let apart = radius * stage.dice.between(0.55, 0.8);
    let (dx, dy) = (apart * angle.cos(), apart * angle.sin());
    let (x, y) = (w / 2.0, h / 2.0);
    let (mut one, mut two, mut lens) = (Path::new(), Path::new(), Path::new());
    one.circle(x - dx, y - dy, radius);
    two.circle(x + dx, y + dy, radius);
    // The circles meet on the line through the middle, across the one between their centres.
    let half = (radius * radius - apart * apart).sqrt();
    let (px, py) = (-angle.sin() * half, angle.cos() * half);
    lens.move_to(x + px, y + py);
    lens.arc_to(radius, false, true, x - px, y - py);
    lens.arc_to(radius, false, true, x + px, y + py);
    lens.close();
    let dark_ground = stage.inks.ground.luminance() < 0.18;
    let both = if dark_ground { stage.inks.ground } else { stage.inks.shape.overprint(stage.inks.tint()) };
    let second = if dark_ground { stage.inks.ink } else { stage.inks.tint() };
    stage.svg.fill(stage.inks.shape, &one);
    stage.svg.fill(second, &two);
    stage.svg.fill(both, &lens);
}

/// Hung from wires, after Alexander Calder.
pub fn mobile(stage: &mut Stage) {
    let (w, h, side) = (stage.width, stage.height, stage.side());
    let (mut wires, mut leaves, mut accent) = (Path::new(), Path::new(), Path::new());
    let arms = 4 + stage.dice.pick(2);
    let (mut x, mut y) = (w * stage.dice.between(0.42, 0.58), 0.0);
    let mut leftward = stage.dice.chance(0.5);
    for arm in 0..arms {
        let drop = h * if arm == 0 { 0.14 } else { 0.11 };
        wires.move_to(x, y);
        wires.line_to(x, y + drop);
        y += drop;
        let sign = if leftward { -1.0 } else { 1.0 };
        let short = w * stage.dice.between(0.2, 0.32);
        let long = w * stage.dice.between(0.1, 0.17);
        let (end, other) = ((x + sign * short).clamp(w * 0.1, w * 0.9), x - sign * long);
        wires.move_to(end, y + h * 0.04);
        wires.quad_to(x, y - h * 0.04, other, y + h * 0.02);
        let size = side * stage.dice.between(0.06, 0.115);
        let target = if arm == 1 { &mut accent } else { &mut leaves };
        if stage.dice.chance(0.6) {
            target.circle(end, y + h * 0.04 + size * 0.6, size);
        } else {
            target.half(end, y + h * 0.04, size * 1.3, stage.dice.among([PI, 0.0, 2.6]));
        }
        x = other;
        y += h * 0.02;
        leftward = !leftward;
    }
    leaves.circle(x, y + side * 0.09, side * 0.1);
    stage.svg.stroke(stage.inks.ink, side * 0.007, &wires);
    stage.svg.fill(stage.inks.shape, &leaves);
    stage.svg.fill(stage.inks.ink, &accent);
}

/// Discs, half discs, triangles and sticks, one to each place of a loose grid.
pub fn confetti(stage: &mut Stage) {
    let (w, h) = (stage.width, stage.height);
    let size = stage.side() / stage.dice.among([3.0, 4.0, 4.5]);
    let (columns, rows) = ((w / size).round().max(1.0), (h / size).round().max(1.0));
    let mut paths = [Path::new(), Path::new(), Path::new()];
    for row in 0..rows as usize {
        for column in 0..columns as usize {
            let x = w * (column as f32 + 0.5) / columns + size * stage.dice.between(-0.14, 0.14);
            let y = h * (row as f32 + 0.5) / rows + size * stage.dice.between(-0.14, 0.14);
            let turn = stage.dice.between(0.0, TAU);
            let path = &mut paths[[0, 0, 0, 1, 1, 2][stage.dice.pick(6)]];
            let r = size * stage.dice.between(0.24, 0.38);
            let corner = |angle: f32, radius: f32| (x + radius * (turn + angle).cos(), y + radius * (turn + angle).sin());
            match stage.dice.pick(5) {
                0 | 1 => path.circle(x, y, r),
                2 => path.half(x, y, r * 1.15, turn),
                3 => path.polygon(&[corner(0.0, r * 1.1), corner(TAU / 3.0, r * 1.1), corner(TAU / 1.5, r * 1.1)]),
                _ => path.polygon(&[
                    corner(0.2, r * 1.2),
                    corner(PI - 0.2, r * 1.2),
                    corner(PI + 0.2, r * 1.2),
                    corner(-0.2, r * 1.2),
                ]),
            }
        }
    }
    stage.svg.fill(stage.inks.shape, &paths[0]);
    stage.svg.fill(stage.inks.tint(), &paths[1]);
    stage.svg.fill(stage.inks.ink, &paths[2]);
}

/// A heart of two half discs and a triangle, whole, broken or within another.
pub fn heart(stage: &mut Stage) {
    let side = stage.side();
    let (x, y) = (stage.width / 2.0, stage.height * 0.5);
    let outline = |size: f32| {
        // Two circles of radius r and the square that stands on its corner between them.
        let r = size * 0.31;
        let d = r * std::f32::consts::FRAC_1_SQRT_2;
        let top = y - size * 0.16;
        let mut path = Path::new();
        path.move_to(x, top - d + d);
        path.arc_to(r, true, true, x + 2.0 * d, top + 2.0 * d);
        path.line_to(x, top + 4.0 * d);
        path.line_to(x - 2.0 * d, top + 2.0 * d);
        path.arc_to(r, true, true, x, top);
        path.close();
        path
    };
    let shells = stage.dice.among([1_usize, 3, 4]);
    let most = side * stage.dice.between(0.8, 1.0);
    for shell in 0..shells {
        let colours = [stage.inks.shape, stage.inks.ground, stage.inks.shape, stage.inks.ink];
        stage.svg.fill(colours[shell], &outline(most * (1.0 - 0.24 * shell as f32)));
    }
    if shells == 1 {
        let broken = stage.dice.chance(0.5);
        let mut mark = Path::new();
        if broken {
            let (s, top) = (side * 0.05, y - side * 0.3);
            mark.polygon(&[
                (x - s, top),
                (x + s, top),
                (x + s * 0.2, top + 5.0 * s),
                (x + s * 1.6, top + 5.0 * s),
                (x - s * 0.3, top + 13.0 * s),
                (x, top + 7.0 * s),
                (x - s * 1.4, top + 7.0 * s),
            ]);
            stage.svg.fill(stage.inks.ground, &mark);
        } else {
            mark.circle(x + side * 0.3, y - side * 0.3, side * 0.11);
            stage.svg.fill(stage.inks.ink, &mark);
        }
    }
}

pub fn keyhole(stage: &mut Stage) {
    let (w, h, side) = (stage.width, stage.height, stage.side());
    let (x, y) = (w * stage.dice.among([0.5, 0.5, 0.4, 0.6]), h * 0.38);
    let radius = side * stage.dice.between(0.17, 0.22);
    let hole = |scale: f32| {
        let r = radius * scale;
        let mut path = Path::new();
        path.circle(x, y, r);
        path.polygon(&[
            (x - r * 0.5, y),
            (x + r * 0.5, y),
            (x + r * 1.05, y + radius * 2.0 + r * 0.9),
            (x - r * 1.05, y + radius * 2.0 + r * 0.9),
        ]);
        path
    };
    let mut plate = Path::new();
    let round = stage.dice.chance(0.5);
    if round {
        plate.circle(x, y + radius * 0.7, side * 0.46);
    } else {
        plate.rect(x - side * 0.34, -10.0, side * 0.68, h + 20.0);
    }
    stage.svg.fill(stage.inks.shape, &plate);
    stage.svg.fill(stage.inks.ground, &hole(1.0));
    let mut light = Path::new();
    light.circle(x + radius * 0.1, y + radius * 0.12, radius * 0.42);
    stage.svg.fill(stage.inks.ink, &light);
}

/// Steps up to a disc out of reach.
pub fn ladder(stage: &mut Stage) {
    let (w, h, side) = (stage.width, stage.height, stage.side());
    let lean = stage.dice.among([-1.0, 1.0]);
    let (foot, head) = (w * (0.5 - 0.2 * lean), w * (0.5 + 0.12 * lean));
    let (bottom, top) = (h + 20.0, h * 0.38);
    let mut disc = Path::new();
    disc.circle(w * (0.5 + 0.17 * lean), h * 0.3, side * stage.dice.between(0.2, 0.27));
    stage.svg.fill(stage.inks.shape, &disc);
    let (mut rails, mut rungs) = (Path::new(), Path::new());
    let half = side * 0.085;
    for rail in [-half, half] {
        rails.move_to(foot + rail * 1.35, bottom);
        rails.line_to(head + rail, top);
    }
    let count = 7 + stage.dice.pick(4);
    for rung in 0..count {
        let t = (rung as f32 + 0.6) / count as f32;
        let (x, y, reach) = (foot + (head - foot) * t, bottom + (top - bottom) * t, half * (1.35 - 0.35 * t));
        rungs.move_to(x - reach, y);
        rungs.line_to(x + reach, y);
    }
    stage.svg.stroke(stage.inks.ink, side * 0.022, &rails);
    stage.svg.stroke(stage.inks.ink, side * 0.018, &rungs);
}

/// The blades of a lens, half shut.
pub fn aperture(stage: &mut Stage) {
    let side = stage.side();
    let (x, y) = (stage.width / 2.0, stage.height / 2.0);
    let blades = stage.dice.among([6_usize, 7, 8]);
    let outer = side * 0.46;
    let inner = outer * stage.dice.between(0.28, 0.46);
    let turn = stage.dice.between(0.0, TAU);
    let step = TAU / blades as f32;
    let at = |radius: f32, angle: f32| (x + radius * angle.cos(), y + radius * angle.sin());
    let mut disc = Path::new();
    disc.circle(x, y, outer);
    stage.svg.fill(stage.inks.shape, &disc);
    let (mut opening, mut seams) = (Path::new(), Path::new());
    let corners: Vec<_> = (0..blades).map(|blade| at(inner, turn + step * blade as f32)).collect();
    opening.polygon(&corners);
    stage.svg.fill(stage.inks.ink, &opening);
    for blade in 0..blades {
        let angle = turn + step * blade as f32;
        let (from, to) = (at(inner, angle), at(inner, angle + step));
        // Each seam carries one side of the opening on to the rim.
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let long = outer * 1.1 / dx.hypot(dy);
        seams.move_to(from.0, from.1);
        seams.line_to(from.0 + dx * long, from.1 + dy * long);
    }
    stage.svg.stroke(stage.inks.ground, side * 0.012, &seams);
}
