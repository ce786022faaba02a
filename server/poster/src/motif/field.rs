//! Motifs that repeat over the whole stage: dots, tiles, scales, squares.
//!
//! Must never draw letters; see [`super::Stage`] for the bounds.

use std::f32::consts::{FRAC_PI_2, PI};

use super::Stage;
use crate::canvas::Path;

/// Tiles that cover the stage: how many across and down, and their side. A long stage gets larger ones, not more.
fn tiles(stage: &Stage, across_shorter: f32) -> (usize, usize, f32) {
    let size = (stage.side() / across_shorter).max(stage.width.max(stage.height) / 8.0);
    ((stage.width / size).ceil() as usize, (stage.height / size).ceil() as usize, size)
}

/// A coarse halftone: dots grow towards one corner, edge or the middle; one of them is the odd one out.
pub fn dots(stage: &mut Stage) {
    let across = stage.dice.among([5.0, 6.0, 7.0]);
    let (columns, rows, size) = tiles(stage, across);
    let source = stage.dice.among([(0.5, 0.5), (0.0, 1.0), (1.0, 1.0), (0.5, 1.0), (1.0, 0.0)]);
    let odd = (columns / 2 + stage.dice.pick(2), rows / 2 + stage.dice.pick(2));
    let (mut path, mut accent) = (Path::new(), Path::new());
    let far = if source == (0.5, 0.5) { 0.72 } else { 1.3 };
    for row in 0..rows {
        for column in 0..columns {
            let (u, v) = ((column as f32 + 0.5) / columns as f32, (row as f32 + 0.5) / rows as f32);
            let near = 1.0 - ((u - source.0).hypot(v - source.1) / far).min(1.0);
            let radius = size * (0.08 + 0.4 * near);
            let (x, y) = ((column as f32 + 0.5) * size, (row as f32 + 0.5) * size);
            if (column, row) == odd { accent.circle(x, y, size * 0.46) } else { path.circle(x, y, radius) }
        }
    }
    stage.svg.fill(stage.inks.shape, &path);
    stage.svg.fill(stage.inks.ink, &accent);
}

/// Half discs, each turned as chance will have it.
pub fn halves(stage: &mut Stage) {
    let across = stage.dice.among([2.0, 3.0, 3.0, 4.0]);
    let (columns, rows, size) = tiles(stage, across);
    let mut paths = [Path::new(), Path::new(), Path::new()];
    for row in 0..rows {
        for column in 0..columns {
            let (x, y) = ((column as f32 + 0.5) * size, (row as f32 + 0.5) * size);
            let turn = FRAC_PI_2 * stage.dice.pick(4) as f32;
            let first = [0, 0, 0, 1, 2][stage.dice.pick(5)];
            paths[first].half(x, y, size / 2.0, turn);
            if stage.dice.chance(0.55) {
                paths[[1, 0, 1][first]].half(x, y, size / 2.0, turn + PI);
            }
        }
    }
    stage.svg.fill(stage.inks.tint(), &paths[1]);
    stage.svg.fill(stage.inks.shape, &paths[0]);
    stage.svg.fill(stage.inks.ink, &paths[2]);
}

/// Rows of overlapping scales, as on Japanese cloth and theatre curtains.
pub fn scales(stage: &mut Stage) {
    let (w, h) = (stage.width, stage.height);
    // At most a dozen rows: each is three paths, and large scales are the better print.
    let radius = (w / stage.dice.among([5.0, 6.0, 8.0])).max(h / (0.62 * 11.0));
    let columns = (w / (2.0 * radius)).ceil() as usize;
    let accent = 2 + stage.dice.pick(6);
    // From the top down, so that each row covers the feet of the one above. Rows are half a radius apart.
    let count = (h / (radius * 0.62)) as usize + 2;
    for row in (0..count).rev() {
        let y = row as f32 * radius * 0.62;
        let shift = if row % 2 == 0 { 0.0 } else { radius };
        let mut layers = [Path::new(), Path::new(), Path::new()];
        for column in 0..=columns {
            let x = column as f32 * 2.0 * radius + shift;
            layers[0].circle(x, y, radius);
            layers[1].circle(x, y, radius * 0.8);
            layers[2].circle(x, y, radius * 0.42);
        }
        let lit = row == accent;
        stage.svg.fill(stage.inks.ground, &layers[0]);
        stage.svg.fill(if lit { stage.inks.ink } else { stage.inks.shape }, &layers[1]);
        stage.svg.fill(stage.inks.tint(), &layers[2]);
    }
}

/// Quarter circles on a grid that join into one wandering line (Truchet tiles).
pub fn pipes(stage: &mut Stage) {
    let across = stage.dice.among([3.0, 4.0, 5.0]);
    let (columns, rows, size) = tiles(stage, across);
    let half = size / 2.0;
    let mut path = Path::new();
    for row in 0..rows {
        for column in 0..columns {
            let (x, y) = (column as f32 * size, row as f32 * size);
            if stage.dice.chance(0.5) {
                path.move_to(x + half, y);
                path.arc_to(half, false, true, x, y + half);
                path.move_to(x + size, y + half);
                path.arc_to(half, false, false, x + half, y + size);
            } else {
                path.move_to(x, y + half);
                path.arc_to(half, false, true, x + half, y + size);
                path.move_to(x + half, y);
                path.arc_to(half, false, false, x + size, y + half);
            }
        }
    }
    stage.svg.stroke(stage.inks.shape, size * stage.dice.between(0.3, 0.42), &path);
    if stage.dice.chance(0.6) {
        stage.svg.stroke(stage.inks.ink, size * 0.07, &path);
    }
}

/// A chessboard that is drawn into a fold, after Bridget Riley.
pub fn squares(stage: &mut Stage) {
    let (w, h) = (stage.width, stage.height);
    let rows = 6 + stage.dice.pick(4);
    let columns = 12;
    let fold = stage.dice.between(0.35, 0.68);
    let mut edges = vec![0.0_f32];
    for column in 0..columns {
        let distance = ((column as f32 + 0.5) / columns as f32 - fold).abs();
        let last = edges.last().copied().unwrap_or(0.0);
        edges.push(last + 0.06 + distance.powf(0.9));
    }
    let total = edges.last().copied().unwrap_or(1.0);
    let tall = h / rows as f32;
    let mut paths = [Path::new(), Path::new()];
    let accent = stage.dice.pick(rows);
    for row in 0..rows {
        for column in 0..columns {
            if (row + column) % 2 == 0 {
                let (from, to) = (edges[column] / total * w, edges[column + 1] / total * w);
                let lit = row == accent && (column < 2 || (column == 2 && row % 2 == 0));
                paths[usize::from(lit)].rect(from, row as f32 * tall, to - from, tall);
            }
        }
    }
    stage.svg.fill(stage.inks.shape, &paths[0]);
    stage.svg.fill(stage.inks.ink, &paths[1]);
}

/// Triangles that halve their squares, turned by chance: a quilt.
pub fn quilt(stage: &mut Stage) {
    let across = stage.dice.among([3.0, 4.0, 5.0]);
    let (columns, rows, size) = tiles(stage, across);
    let mut paths = [Path::new(), Path::new(), Path::new()];
    for row in 0..rows {
        for column in 0..columns {
            let (x, y) = (column as f32 * size, row as f32 * size);
            let corners = [(x, y), (x + size, y), (x + size, y + size), (x, y + size)];
            let turn = stage.dice.pick(4);
            let which = [0, 0, 0, 0, 1, 1, 2][stage.dice.pick(7)];
            paths[which].polygon(&[corners[turn], corners[(turn + 1) % 4], corners[(turn + 2) % 4]]);
        }
    }
    stage.svg.fill(stage.inks.shape, &paths[0]);
    stage.svg.fill(stage.inks.tint(), &paths[1]);
    stage.svg.fill(stage.inks.ink, &paths[2]);
}
