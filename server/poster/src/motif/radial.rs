//! Motifs that turn about a centre: bursts, rings, spirals, eyes, stars.
//!
//! Must never draw letters; see [`super::Stage`] for the bounds.

use std::f32::consts::{PI, TAU};

use super::Stage;
use crate::canvas::Path;

fn polar(x: f32, y: f32, radius: f32, angle: f32) -> (f32, f32) {
    (x + radius * angle.cos(), y + radius * angle.sin())
}

pub fn sunburst(stage: &mut Stage) {
    let (side, reach) = (stage.side(), stage.reach());
    let x = stage.width * stage.dice.among([0.5, 0.5, 0.28, 0.72]);
    let y = stage.height * stage.dice.among([0.5, 0.62, 1.0, 0.8]);
    let rays = 11 + stage.dice.pick(9);
    let share = stage.dice.between(0.36, 0.55);
    let turn = stage.dice.between(0.0, TAU);
    let core = side * stage.dice.between(0.15, 0.27);
    let start = core * stage.dice.among([1.0, 1.28, 1.5]);
    let step = TAU / rays as f32;
    let mut path = Path::new();
    for ray in 0..rays {
        let from = turn + ray as f32 * step;
        let to = from + step * share;
        path.polygon(&[polar(x, y, start, from), polar(x, y, reach, from), polar(x, y, reach, to), polar(x, y, start, to)]);
    }
    stage.svg.fill(stage.inks.shape, &path);
    let mut disc = Path::new();
    disc.circle(x, y, core);
    let colour = if stage.dice.chance(0.5) { stage.inks.ink } else { stage.inks.shape };
    stage.svg.fill(colour, &disc);
}

pub fn arcs(stage: &mut Stage) {
    let (w, h) = (stage.width, stage.height);
    let (x, y, most) = stage.dice.among([
        (0.5 * w, h, (0.5 * w).hypot(h) * 0.82),
        (0.0, h, w.hypot(h) * 0.8),
        (w, h, w.hypot(h) * 0.8),
        (w, 0.0, w.hypot(h) * 0.8),
        (0.5 * w, 0.5 * h, w.min(h) * 0.46),
        (0.36 * w, 0.56 * h, w.max(h) * 0.56),
    ]);
    let rings = 4 + stage.dice.pick(4);
    let fill = stage.dice.between(0.45, 0.68);
    let step = most / (rings as f32 + 0.6);
    let (mut path, mut back) = (Path::new(), Path::new());
    let layered = stage.dice.chance(0.45);
    for ring in 1..=rings {
        let outer = step * (ring as f32 + 0.6);
        let target = if layered && ring % 2 == 0 { &mut back } else { &mut path };
        target.ring(x, y, outer, outer - step * fill);
    }
    stage.svg.fill(stage.inks.tint(), &back);
    stage.svg.fill(stage.inks.shape, &path);
    let mut core = Path::new();
    core.circle(x, y, step * 0.72);
    stage.svg.fill(stage.inks.ink, &core);
}

/// Half circles of growing radius about two centres, as one draws a spiral with compasses.
pub fn spiral(stage: &mut Stage) {
    let side = stage.side();
    let (x, y) = (stage.width * stage.dice.between(0.42, 0.58), stage.height * stage.dice.between(0.44, 0.58));
    let step = side * stage.dice.between(0.075, 0.11);
    let clockwise = stage.dice.chance(0.5);
    let turns = (stage.reach() / step) as usize + 1;
    let mut path = Path::new();
    path.move_to(x, y);
    let mut at = x;
    for half in 1..=turns.min(30) {
        let radius = step * half as f32 / 2.0;
        at += if half % 2 == 1 { 2.0 * radius } else { -2.0 * radius };
        path.arc_to(radius, false, clockwise, at, y);
    }
    stage.svg.stroke(stage.inks.shape, step * stage.dice.between(0.44, 0.56), &path);
    let mut centre = Path::new();
    centre.circle(x + step * 0.25, y, step * stage.dice.between(0.75, 1.1));
    stage.svg.fill(stage.inks.ink, &centre);
}

pub fn eclipse(stage: &mut Stage) {
    let side = stage.side();
    let (x, y) = (stage.width * stage.dice.between(0.44, 0.56), stage.height * stage.dice.between(0.46, 0.54));
    let radius = side * stage.dice.between(0.34, 0.4);
    let angle = stage.dice.between(0.0, TAU);
    let shift = radius * stage.dice.between(0.14, 0.4);
    let rays = stage.dice.among([0_usize, 0, 24, 36, 48]);
    let mut corona = Path::new();
    for ray in 0..rays {
        let angle = TAU * ray as f32 / rays as f32;
        let far = radius * if ray % 2 == 0 { 1.62 } else { 1.34 };
        corona.polygon(&[
            polar(x, y, radius * 1.12, angle - 0.022),
            polar(x, y, far, angle),
            polar(x, y, radius * 1.12, angle + 0.022),
        ]);
    }
    stage.svg.fill(stage.inks.shape, &corona);
    let mut halo = Path::new();
    if rays == 0 {
        halo.circle(x, y, radius * stage.dice.between(1.3, 1.75));
        stage.svg.fill(stage.inks.tint(), &halo);
    }
    let (mut sun, mut moon) = (Path::new(), Path::new());
    sun.circle(x, y, radius);
    let (mx, my) = polar(x, y, shift, angle);
    moon.circle(mx, my, radius * 0.94);
    let lit = if stage.dice.chance(0.35) { stage.inks.ink } else { stage.inks.shape };
    stage.svg.fill(lit, &sun);
    stage.svg.fill(stage.inks.ground, &moon);
}

pub fn eye(stage: &mut Stage) {
    let (w, h) = (stage.width, stage.height);
    let (x, y) = (w / 2.0, h * stage.dice.between(0.47, 0.55));
    let half = (w * 0.44).min(h * 0.8);
    let lift = half * stage.dice.between(0.52, 0.66);
    let mut rays = Path::new();
    let lashes = stage.dice.among([0_usize, 9, 13, 17]);
    for lash in 0..lashes {
        let angle = PI + PI * (lash as f32 + 0.5) / lashes as f32;
        let wide = 0.42 / lashes as f32;
        rays.polygon(&[
            polar(x, y, half * 0.78, angle - wide),
            polar(x, y, half * 1.5, angle),
            polar(x, y, half * 0.78, angle + wide),
        ]);
    }
    stage.svg.fill(stage.inks.tint(), &rays);
    let mut lid = Path::new();
    lid.move_to(x - half, y);
    lid.quad_to(x, y - 2.0 * lift, x + half, y);
    lid.quad_to(x, y + 2.0 * lift, x - half, y);
    lid.close();
    let (white, iris) = stage.dice.among([(stage.inks.ink, stage.inks.shape), (stage.inks.shape, stage.inks.ink)]);
    // Without lashes the ground shows round the eye; a frame of its own keeps it from floating.
    stage.svg.fill(white, &lid);
    let radius = lift * stage.dice.between(0.72, 0.84);
    let look = stage.dice.among([0.0, 0.0, -0.22, 0.22]) * half;
    let (mut ring, mut pupil) = (Path::new(), Path::new());
    ring.circle(x + look, y, radius);
    stage.svg.fill(iris, &ring);
    pupil.circle(x + look, y, radius * stage.dice.between(0.42, 0.6));
    stage.svg.fill(stage.inks.ground, &pupil);
    let mut glint = Path::new();
    glint.circle(x + look + radius * 0.34, y - radius * 0.36, radius * 0.15);
    stage.svg.fill(white, &glint);
}

pub fn star(stage: &mut Stage) {
    let side = stage.side();
    let (x, y) = (stage.width * 0.5, stage.height * stage.dice.between(0.5, 0.54));
    let points = stage.dice.among([5_usize, 5, 6, 8, 12]);
    let depth = stage.dice.between(0.4, 0.52) + if points == 12 { 0.2 } else { 0.0 };
    let turn = -PI / 2.0 + stage.dice.among([0.0, 0.0, 0.12, -0.12]);
    let outline = |radius: f32| {
        let corner = |n: usize| {
            let angle = turn + PI * n as f32 / points as f32;
            polar(x, y, if n.is_multiple_of(2) { radius } else { radius * depth }, angle)
        };
        (0..points * 2).map(corner).collect::<Vec<_>>()
    };
    let shells = stage.dice.among([1_usize, 3, 5]);
    let most = side * if shells == 1 { 0.47 } else { stage.dice.among([0.52, 0.72]) };
    let mut path = Path::new();
    for shell in 0..shells {
        path.polygon(&outline(most * (1.0 - shell as f32 / shells as f32 * 0.78)));
    }
    stage.svg.counterchange(stage.inks.shape, &path);
    let mut core = Path::new();
    core.circle(x, y, side * if shells == 1 { 0.12 } else { 0.05 });
    stage.svg.fill(stage.inks.ink, &core);
}

pub fn petals(stage: &mut Stage) {
    let side = stage.side();
    let (x, y) = (stage.width * 0.5, stage.height * 0.52);
    let count = stage.dice.among([6_usize, 8, 10, 12]);
    let long = side * stage.dice.between(0.44, 0.56);
    let turn = stage.dice.between(0.0, TAU);
    let bulge = stage.dice.between(0.75, 1.0) * PI / count as f32;
    let flower = |long: f32, turn: f32| {
        let mut path = Path::new();
        for petal in 0..count {
            let angle = turn + TAU * petal as f32 / count as f32;
            let tip = polar(x, y, long, angle);
            let (left, right) = (polar(x, y, long * 0.62, angle - bulge), polar(x, y, long * 0.62, angle + bulge));
            path.move_to(x, y);
            path.quad_to(left.0, left.1, tip.0, tip.1);
            path.quad_to(right.0, right.1, x, y);
            path.close();
        }
        path
    };
    let back = flower(long, turn + PI / count as f32);
    stage.svg.fill(stage.inks.tint(), &back);
    let front = flower(long * stage.dice.between(0.7, 1.0), turn);
    stage.svg.fill(stage.inks.shape, &front);
    let mut core = Path::new();
    core.circle(x, y, side * stage.dice.between(0.06, 0.11));
    stage.svg.fill(stage.inks.ink, &core);
}

pub fn reel(stage: &mut Stage) {
    let side = stage.side();
    let radius = side * 0.38;
    let (x, y) = (stage.width * stage.dice.among([0.42, 0.5, 0.58]), (stage.height * 0.46).max(radius * 1.08));
    // The film runs off the reel's lower edge and out of the picture.
    let wide = radius * 0.42;
    let top = y + radius - wide;
    let rightward = stage.dice.chance(0.5);
    let (from, to) = if rightward { (x, stage.width + 20.0) } else { (-20.0, x) };
    let mut film = Path::new();
    film.rect(from, top, to - from, wide);
    stage.svg.fill(stage.inks.ink, &film);
    let mut holes = Path::new();
    let pitch = wide * 0.4;
    for hole in 0..((to - from) / pitch) as usize {
        let at = from + hole as f32 * pitch + pitch * 0.25;
        holes.rect(at, top + wide * 0.1, pitch * 0.5, wide * 0.14);
        holes.rect(at, top + wide * 0.76, pitch * 0.5, wide * 0.14);
    }
    stage.svg.fill(stage.inks.ground, &holes);
    let count = stage.dice.among([3_usize, 5, 6]);
    let turn = stage.dice.between(0.0, TAU);
    let mut wheel = Path::new();
    wheel.circle(x, y, radius);
    stage.svg.fill(stage.inks.shape, &wheel);
    let mut cut = Path::new();
    let size = if count == 3 { 0.27 } else { 0.215 };
    for hole in 0..count {
        let (hx, hy) = polar(x, y, radius * 0.6, turn + TAU * hole as f32 / count as f32);
        cut.circle(hx, hy, radius * size);
    }
    cut.circle(x, y, radius * 0.09);
    stage.svg.fill(stage.inks.ground, &cut);
}

pub fn record(stage: &mut Stage) {
    let (side, long) = (stage.side(), stage.width.max(stage.height));
    let (x, y, radius) = stage.dice.among([
        (stage.width * 0.5, stage.height * 0.5, side * 0.44),
        (stage.width, stage.height * 0.5, long * 0.62),
        (stage.width * 0.5, stage.height * 0.92, long * 0.58),
        (0.0, stage.height * 0.4, long * 0.62),
    ]);
    let mut disc = Path::new();
    disc.circle(x, y, radius);
    stage.svg.fill(stage.inks.shape, &disc);
    let mut grooves = Path::new();
    for groove in 0..7 {
        let r = radius * (0.46 + groove as f32 * 0.075);
        grooves.ring(x, y, r, r - radius * 0.012);
    }
    stage.svg.fill(stage.inks.ground, &grooves);
    let turn = stage.dice.between(0.0, TAU);
    let mut shine = Path::new();
    for opposite in [0.0, PI] {
        shine.slice(x, y, radius, turn + opposite, turn + opposite + 0.4);
    }
    stage.svg.wash(stage.inks.ground, 35, &shine);
    let (mut label, mut hole) = (Path::new(), Path::new());
    label.circle(x, y, radius * 0.34);
    stage.svg.fill(stage.inks.ink, &label);
    hole.circle(x, y, radius * 0.045);
    stage.svg.fill(stage.inks.ground, &hole);
}

/// Splinters of glass about the point of impact.
pub fn shards(stage: &mut Stage) {
    let reach = stage.reach();
    let (x, y) = (stage.width * stage.dice.between(0.3, 0.7), stage.height * stage.dice.between(0.35, 0.65));
    let count = 9 + stage.dice.pick(6);
    let mut angle = stage.dice.between(0.0, TAU);
    let mut paths = [Path::new(), Path::new(), Path::new()];
    for shard in 0..count {
        let step = TAU / count as f32;
        let wide = step * stage.dice.between(0.35, 0.85);
        let near = stage.side() * stage.dice.between(0.04, 0.2);
        let far = reach * stage.dice.between(0.35, 1.0);
        let which = if shard == 0 { 2 } else { usize::from(shard % 3 == 1) };
        paths[which].polygon(&[
            polar(x, y, near, angle + wide * 0.5),
            polar(x, y, far, angle),
            polar(x, y, far * stage.dice.between(0.6, 0.95), angle + wide),
        ]);
        angle += step;
    }
    stage.svg.fill(stage.inks.shape, &paths[0]);
    stage.svg.fill(stage.inks.tint(), &paths[1]);
    stage.svg.fill(stage.inks.ink, &paths[2]);
}
