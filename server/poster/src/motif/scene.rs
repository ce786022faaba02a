//! Motifs that hint at a place: horizons, ridges, streets, stages.
//!
//! Must never draw letters; see [`super::Stage`] for the bounds.

use super::Stage;
use crate::canvas::Path;

pub fn horizon(stage: &mut Stage) {
    let (w, h, side) = (stage.width, stage.height, stage.side());
    let line = h * stage.dice.between(0.58, 0.7);
    let x = w * stage.dice.among([0.5, 0.35, 0.65]);
    let radius = side * stage.dice.between(0.2, 0.32);
    let y = line - radius * stage.dice.among([0.0, 0.35, 1.25]);
    let mut disc = Path::new();
    disc.circle(x, y, radius);
    let (body, sea) = stage.dice.among([(stage.inks.ink, stage.inks.shape), (stage.inks.shape, stage.inks.tint())]);
    stage.svg.fill(body, &disc);
    let mut water = Path::new();
    water.rect(0.0, line, w, h - line + 2.0);
    stage.svg.fill(sea, &water);
    // The light on the water: strokes that grow shorter and further apart.
    let mut glints = Path::new();
    let count = 5 + stage.dice.pick(4);
    for glint in 0..count {
        let near = (glint as f32 + 0.6) / count as f32;
        let long = radius * 2.0 * (1.0 - near * 0.62) * stage.dice.between(0.75, 1.1);
        let thick = (h - line) * 0.028 * (1.0 + near);
        glints.rect(x - long / 2.0, line + (h - line) * near * 0.92, long, thick);
    }
    stage.svg.fill(body, &glints);
}

pub fn ridges(stage: &mut Stage) {
    let (w, h, side) = (stage.width, stage.height, stage.side());
    let mut sun = Path::new();
    sun.circle(w * stage.dice.between(0.28, 0.72), h * stage.dice.between(0.3, 0.42), side * stage.dice.between(0.16, 0.26));
    stage.svg.fill(stage.inks.ink, &sun);
    let flat = stage.dice.chance(0.45);
    let deep = stage.inks.ground.mix(stage.inks.shape, 0.72);
    for (layer, colour) in [stage.inks.tint(), deep, stage.inks.shape].into_iter().enumerate() {
        let base = h * (0.5 + 0.17 * layer as f32);
        let peaks = 3 + stage.dice.pick(2);
        let step = w / peaks as f32;
        let mut points = vec![(-10.0, h + 2.0), (-10.0, base)];
        for peak in 0..peaks {
            let x = (peak as f32 + stage.dice.between(0.2, 0.5)) * step;
            let top = base - h * stage.dice.between(0.05, 0.2);
            if flat {
                // A mesa: steep sides, a level top.
                let half = step * stage.dice.between(0.12, 0.26);
                points.extend([(x - half * 1.35, base), (x - half, top), (x + half, top), (x + half * 1.35, base)]);
            } else {
                points.extend([(x, top), (x + step * 0.45, base + h * 0.03)]);
            }
        }
        points.extend([(w + 10.0, base), (w + 10.0, h + 2.0)]);
        let mut path = Path::new();
        path.polygon(&points);
        stage.svg.fill(colour, &path);
    }
}

pub fn spotlights(stage: &mut Stage) {
    let (w, h) = (stage.width, stage.height);
    let cones = 2 + stage.dice.pick(2);
    let floor = h * 0.86;
    let x = w * stage.dice.between(0.42, 0.58);
    let mut pool = Path::new();
    pool.ellipse(x, floor, w * 0.36, h * 0.075);
    for cone in 0..cones {
        let spread = if cones == 2 { [0.08, 0.92][cone] } else { [0.0, 0.5, 1.0][cone] };
        let lamp = w * spread;
        let mut beam = Path::new();
        beam.polygon(&[(lamp - 10.0, -4.0), (lamp + 10.0, -4.0), (x + w * 0.36, floor), (x - w * 0.36, floor)]);
        stage.svg.wash(stage.inks.shape, 52, &beam);
    }
    stage.svg.fill(stage.inks.shape, &pool);
    // Whoever the light is for: a microphone, or a head and shoulders.
    let mut figure = Path::new();
    if stage.dice.chance(0.5) {
        let r = h * 0.055;
        figure.circle(x, h * 0.5, r);
        figure.rect(x - r * 0.16, h * 0.5, r * 0.32, floor - h * 0.5);
        figure.ellipse(x, floor, r * 1.3, r * 0.3);
    } else {
        let r = h * 0.06;
        figure.circle(x, floor - r * 6.2, r);
        figure.polygon(&[
            (x - r * 1.5, floor - r * 4.8),
            (x + r * 1.5, floor - r * 4.8),
            (x + r * 0.5, floor),
            (x - r * 0.5, floor),
        ]);
    }
    let colour = if stage.dice.chance(0.5) { stage.inks.ink } else { stage.inks.ground };
    stage.svg.fill(colour, &figure);
}

pub fn skyline(stage: &mut Stage) {
    let (w, h, side) = (stage.width, stage.height, stage.side());
    let mut moon = Path::new();
    moon.circle(w * stage.dice.among([0.26, 0.5, 0.74]), h * 0.3, side * stage.dice.between(0.13, 0.22));
    let lit = stage.dice.chance(0.6);
    stage.svg.fill(stage.inks.ink, &moon);
    let mut back = Path::new();
    let mut x = -w * 0.02;
    while x < w {
        let wide = w * stage.dice.between(0.1, 0.2);
        back.rect(x, h * stage.dice.between(0.36, 0.62), wide, h);
        x += wide * 1.06;
    }
    stage.svg.fill(stage.inks.tint(), &back);
    let (mut front, mut windows) = (Path::new(), Path::new());
    let mut x = -w * 0.05;
    let pane = w.max(h) * 0.02;
    while x < w {
        let wide = w * stage.dice.between(0.13, 0.24);
        let top = h * stage.dice.between(0.5, 0.8);
        front.rect(x, top, wide, h);
        let columns = (wide / (pane * 2.6)) as usize;
        for column in 0..columns {
            for row in 0..((h - top) / (pane * 3.4)) as usize {
                if lit && stage.dice.chance(0.3) {
                    let left = x + pane * 1.1 + column as f32 * pane * 2.5;
                    windows.rect(left, top + pane * 1.4 + row as f32 * pane * 3.2, pane, pane * 1.7);
                }
            }
        }
        x += wide * 1.08;
    }
    stage.svg.fill(stage.inks.shape, &front);
    stage.svg.fill(stage.inks.ground, &windows);
}

pub fn road(stage: &mut Stage) {
    let (w, h, side) = (stage.width, stage.height, stage.side());
    let line = h * stage.dice.between(0.44, 0.56);
    let x = w * stage.dice.among([0.5, 0.36, 0.64]);
    let mut sun = Path::new();
    let radius = side * stage.dice.between(0.22, 0.34);
    sun.circle(x, line, radius);
    stage.svg.fill(stage.inks.ink, &sun);
    let mut land = Path::new();
    land.rect(0.0, line, w, h - line + 2.0);
    stage.svg.fill(stage.inks.shape, &land);
    let mut asphalt = Path::new();
    asphalt.polygon(&[(x - 3.0, line), (x + 3.0, line), (w * 0.5 + w * 0.46, h + 2.0), (w * 0.5 - w * 0.46, h + 2.0)]);
    stage.svg.fill(stage.inks.ground, &asphalt);
    let mut dashes = Path::new();
    let mut near = 0.05_f32;
    while near < 1.0 {
        let far = (near * 1.45).min(1.05);
        let at = |t: f32, side: f32| (x + (w * 0.5 - x) * t + side * w * 0.03 * t, line + (h - line) * t);
        dashes.polygon(&[at(near, -1.0), at(near, 1.0), at(far, 1.0), at(far, -1.0)]);
        near *= 2.1;
    }
    stage.svg.fill(stage.inks.ink, &dashes);
}

/// Swell after swell, each with its crest shifted against the one before.
pub fn waves(stage: &mut Stage) {
    let (w, h, side) = (stage.width, stage.height, stage.side());
    let mut moon = Path::new();
    moon.circle(w * stage.dice.among([0.3, 0.5, 0.7]), h * 0.27, side * stage.dice.between(0.14, 0.21));
    stage.svg.fill(stage.inks.ink, &moon);
    let swells = 5 + stage.dice.pick(2);
    let long = w / stage.dice.among([1.5, 2.0, 2.5]);
    let swing = h * stage.dice.between(0.035, 0.06);
    let colours = [stage.inks.shape, stage.inks.tint(), stage.inks.shape, stage.inks.ground];
    let top = h * 0.42;
    for swell in 0..swells {
        let y = top + (h - top) * swell as f32 / swells as f32;
        let mut x = -long * if swell % 2 == 0 { 0.25 } else { 0.75 };
        let mut path = Path::new();
        path.move_to(x, y);
        let mut up = true;
        while x < w + long {
            let lift = if up { -2.0 * swing } else { 2.0 * swing };
            path.quad_to(x + long / 4.0, y + lift, x + long / 2.0, y);
            x += long / 2.0;
            up = !up;
        }
        path.line_to(x, h + 2.0);
        path.line_to(-long, h + 2.0);
        path.close();
        stage.svg.fill(colours[swell % 4], &path);
    }
}

/// A lit window in a dark wall, and what it throws on the floor.
pub fn window(stage: &mut Stage) {
    let (w, h) = (stage.width, stage.height);
    let tall = h * stage.dice.between(0.48, 0.56);
    let wide = (tall * stage.dice.between(0.66, 0.9)).min(w * 0.54);
    let (x, y) = (w * stage.dice.between(0.14, 0.4), h * 0.1);
    let bar = wide * 0.045;
    let (columns, rows) = stage.dice.among([(2_usize, 2_usize), (2, 3), (1, 2), (3, 3)]);
    let accent = stage.dice.pick(columns * rows);
    let slant = w * stage.dice.between(0.1, 0.3) * if x > w * 0.28 { -1.0 } else { 1.0 };
    let foot = y + tall + h * 0.08;
    let (mut panes, mut lit, mut light) = (Path::new(), Path::new(), Path::new());
    for row in 0..rows {
        for column in 0..columns {
            let (pw, ph) = (wide / columns as f32, tall / rows as f32);
            let (px, py) = (x + column as f32 * pw, y + row as f32 * ph);
            let target = if row * columns + column == accent { &mut lit } else { &mut panes };
            target.rect(px + bar, py + bar, pw - 2.0 * bar, ph - 2.0 * bar);
            // The same pane on the floor, sheared and drawn out.
            let far = (h - foot) * 0.96 / rows as f32;
            let (top, bottom) = (foot + row as f32 * far, foot + (row as f32 + 0.86) * far);
            let lean = |y: f32| slant * (y - foot) / (h - foot);
            let (l, r) = (px + bar, px + pw - bar);
            light.polygon(&[(l + lean(top), top), (r + lean(top), top), (r + lean(bottom), bottom), (l + lean(bottom), bottom)]);
        }
    }
    stage.svg.fill(stage.inks.tint(), &light);
    stage.svg.fill(stage.inks.shape, &panes);
    stage.svg.fill(stage.inks.ink, &lit);
}
