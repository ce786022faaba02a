//! A linear model between titles, in closed form: Steck, "Embarrassingly Shallow Autoencoders for Sparse Data" (2019).
//!
//! For the head of the catalogue alone: its matrix grows with the square of the titles. Must never give a title a weight on itself.

use crate::{dataset::Rows, linear::inverse};

/// The model: `weights[from * head + to]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ease {
    pub weights: Vec<f32>,
}

/// Trains on what `histories` have of the titles whose place in the head `places` says; nothing where that has no answer.
pub fn train(histories: &Rows, places: &[Option<u32>], head: usize, regularisation: f32) -> Option<Ease> {
    if head == 0 {
        return None;
    }
    let mut matrix = vec![0.0f32; head * head];
    let mut own = Vec::new();
    for profile in 0..histories.len() {
        own.clear();
        own.extend(histories.columns(profile).iter().filter_map(|title| places.get(*title as usize).copied().flatten()));
        for one in &own {
            let start = *one as usize * head;
            let Some(line) = matrix.get_mut(start..start + head) else { continue };
            for other in &own {
                if let Some(entry) = line.get_mut(*other as usize) {
                    *entry += 1.0;
                }
            }
        }
    }
    for at in 0..head {
        if let Some(entry) = matrix.get_mut(at * (head + 1)) {
            *entry += regularisation;
        }
    }
    let mut weights = inverse(&matrix, head)?;
    let diagonal: Vec<f32> = (0..head).filter_map(|at| weights.get(at * (head + 1)).copied()).collect();
    for (from, line) in weights.chunks_mut(head).enumerate() {
        for (to, (weight, own)) in line.iter_mut().zip(&diagonal).enumerate() {
            *weight = if from == to { 0.0 } else { -*weight / own };
        }
    }
    weights.iter().all(|weight| weight.is_finite()).then_some(Ease { weights })
}
