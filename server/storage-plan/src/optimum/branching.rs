//! Branch and bound on the months' steps (Land and Doig, 1960): a bound of what prices alone leave open.
//!
//! Where a month is as cheap with one step as with another, its prices leave both, and titles take a part of each: the year pays for a mean of two steps that no plan
//! can rent. Such a month is split into its steps up to one and those beyond it. Each plan has a step in each month (or none), so it is in one of both, and the least of the
//! bounds of all leaves is a bound of the whole; each of them is proven whatever its prices are ([`super::months`]). The leaf that is the least is split first: no other
//! one can raise the bound.

use super::{bound::Bound, months::Decomposition};

/// How many leaves are split at most.
const SPLITS: usize = 6;
/// Of the rounds of the whole, the part that each branch is improved for: it begins at the prices that the whole ended with.
const ROUNDS_OF_BRANCH: usize = 10;

/// The bounds of leaves that hold all plans between them, where some plan costs `known`.
pub(super) fn leaves(whole: Decomposition<'_>, known: f64, rounds: usize) -> Vec<Bound> {
    let mut open = vec![whole];
    for _ in 0..SPLITS {
        let Some((at, leaf)) = open.iter().enumerate().min_by(|(_, one), (_, other)| one.value().total_cmp(&other.value()))
        else {
            break;
        };
        if leaf.value() >= known {
            break;
        }
        let Some(branches) = leaf.branches(known, rounds.div_ceil(ROUNDS_OF_BRANCH)) else { break };
        open.swap_remove(at);
        open.extend(branches);
    }
    open.iter().map(Decomposition::bound).collect()
}

/// The bound of all of them together.
pub(super) fn least(leaves: &[Bound]) -> f64 {
    leaves.iter().map(|leaf| leaf.bound).fold(f64::INFINITY, f64::min)
}
