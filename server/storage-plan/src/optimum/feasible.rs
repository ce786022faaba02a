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
    let constant: Vec<Vec<Option<usize>>> = constant.collect();
    let mut made: Vec<Placements> = constant
        .iter()
        .flat_map(|steps| [Some(0.0), Some(1.0)].map(|share| place(problem, steps, bound, share, (1.0, 1.0))))
        .collect();
    made.extend(constant.iter().map(|steps| place(problem, steps, bound, None, (1.0, 1.0))));
    made.extend(of_bound(problem, bound));
    made
}

/// Placements for the steps of a bound.
pub(super) fn of_bound(problem: &Problem, bound: &Bound) -> Vec<Placements> {
    // Dearer traffic and less of it leave some for moves, which come to it later.
    let ways = [
        (Some(0.0), (1.0, 1.0)),
        (Some(1.0), (1.0, 1.0)),
        (None, (1.0, 1.0)),
        (None, (1.0, 0.99)),
        (None, (1.03, 0.98)),
        (None, (1.1, 1.0)),
    ];
    ways.map(|(share, traffic)| place(problem, &bound.steps, bound, share, traffic)).into()
}

/// With a share of what traffic beyond the last step costs as the price of all; or with what it is worth (times `dearer`), within a part of what the steps include.
fn place(
    problem: &Problem,
    steps: &[Option<usize>],
    bound: &Bound,
    share_of_beyond: Option<f64>,
    (dearer, part): (f64, f64),
) -> Placements {
    let mut room = Vec::new();
    let mut traffic = Vec::new();
    for (month, step) in problem.months.iter().zip(steps) {
        let of_step = step.and_then(|step| month.steps.get(step));
        let capacity = of_step.map_or(0.0, |(_, capacity, _)| *capacity);
        room.extend(month.days.clone().map(|_| capacity));
        // More can be had of the last step.
        let limited = share_of_beyond.is_none() && step.is_some_and(|step| step + 1 < month.steps.len());
        traffic.push(of_step.filter(|_| limited).map_or(f64::INFINITY, |(_, _, traffic)| *traffic * part));
    }
    let mut order: Vec<(f64, usize)> = problem.titles.iter().map(density).zip(0..).collect();
    order.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let mut memory = Memory::default();
    let mut paths: Vec<Vec<Store>> = problem.titles.iter().map(|title| vec![Store::PerView; title.days.len()]).collect();
    for share in [1.0, 0.0] {
        for (_, number) in &order {
            let (Some(title), Some(path)) = (problem.titles.get(*number), paths.get_mut(*number)) else { continue };
            occupy(&mut room, &mut traffic, title, path, 1.0);
            memory.prices.clear();
            for ((day, room), number) in title.days.iter().zip(room.iter().skip(title.first)).zip(title.first..) {
                let Some(month) = problem.months.get(day.month) else { continue };
                let margin = bound
                    .margins
                    .get(day.month)
                    .zip(bound.shares.get(day.month))
                    .map_or(0.0, |(margin, shares)| margin * shares.of(number.saturating_sub(month.days.start)));
                let by_month = |values: &[f64]| values.get(day.month).copied().unwrap_or(0.0);
                let of_out = share_of_beyond.map_or_else(|| by_month(&bound.flat_out) * dearer, |share| month.beyond * share);
                let own = title.months.get(day.month.saturating_sub(title.first_month)).map_or(0.0, |month| month.out);
                let fits = *room >= day.stored && by_month(&traffic) >= own;
                let price = if fits { day.stored * margin * share + day.out * of_out } else { f64::INFINITY };
                memory.prices.push(day, by_month(&bound.out), price);
            }
            let _ = memory.solve(problem, title);
            path.clone_from(&memory.path);
            occupy(&mut room, &mut traffic, title, path, -1.0);
        }
    }
    Placements(paths)
}

/// Adds what a title takes where it lies in the flat store to what is left there, and of its traffic, moves among it.
fn occupy(room: &mut [f64], traffic: &mut [f64], title: &Title, path: &[Store], by: f64) {
    let next = path.iter().skip(1).chain(path.last());
    let before = path.first().into_iter().chain(path);
    let around = before.zip(next);
    for (((room, day), store), (before, next)) in room.iter_mut().skip(title.first).zip(&title.days).zip(path).zip(around) {
        if *store == Store::Flat {
            *room += by * day.stored;
            let moves = [before, next].into_iter().filter(|other| **other == Store::PerView).count();
            let out = day.out + day.stored * moves as f64;
            traffic.iter_mut().skip(day.month).take(1).for_each(|traffic| *traffic += by * out);
        }
    }
}

/// What a title costs per view by the byte and day.
fn density(title: &Title) -> f64 {
    let cost: f64 = title.months.iter().map(|month| month.per_view).sum();
    let size: f64 = title.days.iter().map(|day| day.stored).sum();
    cost / size.max(1.0)
}
