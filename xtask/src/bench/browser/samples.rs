//! Values that were measured one by one, and what is said of them together.

use anyhow::{Context, Result};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Samples(Vec<f64>);

impl Samples {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// # Errors
    /// Where nothing was measured.
    pub fn median(&self) -> Result<f64> {
        self.quantile(0.5)
    }

    /// # Errors
    /// As [`Samples::median`].
    pub fn p95(&self) -> Result<f64> {
        self.quantile(0.95)
    }

    /// # Errors
    /// As [`Samples::median`].
    pub fn mean(&self) -> Result<f64> {
        #[expect(clippy::cast_precision_loss, reason = "some thousands")]
        let count = self.len() as f64;
        (count > 0.0).then(|| self.0.iter().sum::<f64>() / count).context("nothing was measured")
    }

    /// The least of the values that so large a share of all does not exceed.
    fn quantile(&self, share: f64) -> Result<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some thousands"
        )]
        let at = (sorted.len() as f64 * share).ceil() as usize;
        sorted.get(at.saturating_sub(1)).copied().context("nothing was measured")
    }
}

impl From<Vec<f64>> for Samples {
    fn from(values: Vec<f64>) -> Self {
        Self(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_values_and_the_last_of_few() {
        let hundred = Samples::from((1..=100).rev().map(f64::from).collect::<Vec<_>>());
        assert_eq!((hundred.median().unwrap(), hundred.p95().unwrap(), hundred.mean().unwrap()), (50.0, 95.0, 50.5));
        let few = Samples::from(vec![3.0, 1.0, 2.0]);
        assert_eq!((few.median().unwrap(), few.p95().unwrap()), (2.0, 3.0));
    }

    #[test]
    fn nothing_has_no_quantile_and_no_mean() {
        let nothing = Samples::from(Vec::new());
        assert!(nothing.median().is_err() && nothing.p95().is_err() && nothing.mean().is_err());
    }
}
