//! A plan that knew the year: how near to the lower bound a placement comes that can be had.
//!
//! For a step in each month, titles take their cheapest way one after the other, those that save most by the byte first, through the days on
//! which there is room for them: first paying what room is worth to others, then what is left for nothing.

use super::{
    bound::Bound,
    problem::{Problem, Title},
    title::Memory,
};
use crate::bill::{Placements, Store};

/// Placements for several sequences of steps; some of them may cost more than the flat store's capacity suggests, by its traffic.
pub(super) fn candidates(problem: &Problem, bound: &Bound) -> Vec<Placements> {
    let most = problem.months.iter().map(|month| month.steps.len()).max().unwrap_or(0);
    let constant = (0..most).map(|step| {
        let steps = problem.months.iter().map(move |month| month.steps.len().checked_sub(1).map(|last| step.min(last)));
        steps.collect::<Vec<_>>()
    });
    let mut sequences: Vec<Vec<Option<usize>>> = constant.collect();
    sequences.push(bound.steps.clone());
    sequences.iter().flat_map(|steps| [0.0, 1.0].map(|share| place(problem, steps, bound, share))).collect()
}

/// Whether traffic counts in full.
fn place(problem: &Problem, steps: &[Option<usize>], bound: &Bound, traffic: f64) -> Placements {
    let mut room = Vec::new();
    for (month, step) in problem.months.iter().zip(steps) {
        let capacity = step.and_then(|step| month.steps.get(step)).map_or(0.0, |(_, capacity, _)| *capacity);
        room.extend(month.days.clone().map(|_| capacity));
    }
    let mut order: Vec<(f64, usize)> = problem.titles.iter().map(density).zip(0..).collect();
    order.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let mut memory = Memory::default();
    let mut paths: Vec<Vec<Store>> = problem.titles.iter().map(|title| vec![Store::PerView; title.days.len()]).collect();
    for share in [1.0, 0.0] {
        for (_, number) in &order {
            let (Some(title), Some(path)) = (problem.titles.get(*number), paths.get_mut(*number)) else { continue };
            occupy(&mut room, title, path, 1.0);
            memory.prices.clear();
            for (day, room) in title.days.iter().zip(room.iter().skip(title.first)) {
                let Some(month) = problem.months.get(day.month) else { continue };
                let margin = bound.margins.get(day.month).copied().unwrap_or(0.0) / month.days.len().max(1) as f64;
                let price = day.stored * margin * share + day.out * month.beyond * traffic;
                let price = if *room >= day.stored { price } else { f64::INFINITY };
                memory.prices.push(day, month.mean_price(), price);
            }
            let _ = memory.solve(problem, title);
            path.clone_from(&memory.path);
            occupy(&mut room, title, path, -1.0);
        }
    }
    Placements(paths)
}

/// Adds what a title takes where it lies in the flat store to what is left there.
fn occupy(room: &mut [f64], title: &Title, path: &[Store], by: f64) {
    for ((room, day), store) in room.iter_mut().skip(title.first).zip(&title.days).zip(path) {
        if *store == Store::Flat {
            *room += by * day.stored;
        }
    }
}

/// What a title costs per view by the byte and day.
fn density(title: &Title) -> f64 {
    let cost: f64 = title.months.iter().map(|month| month.per_view).sum();
    let size: f64 = title.days.iter().map(|day| day.stored).sum();
    cost / size.max(1.0)
}
