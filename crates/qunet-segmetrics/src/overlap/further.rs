//! Further metrics of confusion counts.

use qunet_grid::Error;

use crate::{ConfusionCounts, EmptyPolicy, Result};

/// Further metrics of the counts. Each is what `policy` says where its denominator is 0, which is
/// in these cases (0/0; - is undefined under every policy):
///
/// | prediction | truth | balanced accuracy | NPV | FPR | FNR | F-beta | MCC | kappa | VS | RVD |
/// |---|---|---|---|---|---|---|---|---|---|---|
/// | no pixel | no pixel | 0/0 | 0/0 | 0/0 | 0/0 | 0/0 | 0/0 | 0/0 | 0/0 | 0/0 |
/// | empty | empty | 0/0 | 1 | 0 | 0/0 | 0/0 | 0/0 | 0/0 | 0/0 | 0/0 |
/// | empty | a part | 0.5 | < 1 | 0 | 1 | 0 | 0/0 | 0 | 0 | -1 |
/// | a part | empty | 0/0 | 1 | > 0 | 0/0 | 0 | 0/0 | 0 | 0 | - |
/// | full | full | 0/0 | 0/0 | 0/0 | 0 | 1 | 0/0 | 0/0 | 1 | 0 |
/// | full | empty | 0/0 | 0/0 | 1 | 0/0 | 0 | 0/0 | 0 | 0 | - |
///
/// The balanced accuracy is 0/0 where recall or specificity is, and takes the policy's value for
/// that one of the two.
///
/// ```
/// use qunet_segmetrics::{ConfusionCounts, EmptyPolicy};
///
/// let counts = ConfusionCounts {
///     true_positives: 3, false_positives: 1, false_negatives: 2, true_negatives: 9,
/// };
/// let policy = EmptyPolicy::Undefined;
/// assert_eq!(counts.balanced_accuracy(policy), Some((0.6 + 0.9) / 2.0));
/// assert_eq!(counts.negative_predictive_value(policy), Some(9.0 / 11.0));
/// assert_eq!(counts.f_beta(1.0, policy), counts.dice(policy));
/// assert_eq!(counts.volumetric_similarity(policy), Some(8.0 / 9.0));
/// assert_eq!(counts.relative_volume_difference(policy), Some(-0.2));
/// assert_eq!(counts.absolute_volume_difference(&[0.5, 2.0]), Ok(1.0));
/// assert!(counts.absolute_volume_difference(&[0.0, 2.0]).is_err());
/// ```
impl ConfusionCounts {
    /// Balanced accuracy: (recall + specificity) / 2, in [0, 1], higher = better; undefined where
    /// either is.
    #[must_use]
    pub fn balanced_accuracy(&self, policy: EmptyPolicy) -> Option<f64> {
        Some((self.recall(policy)? + self.specificity(policy)?) / 2.0)
    }

    /// Negative predictive value: TN / (TN + FN), in [0, 1], higher = better.
    #[must_use]
    pub fn negative_predictive_value(&self, policy: EmptyPolicy) -> Option<f64> {
        policy.ratio(self.true_negatives, self.true_negatives + self.false_negatives)
    }

    /// False positive rate: FP / (FP + TN), in [0, 1], lower = better.
    #[must_use]
    pub fn false_positive_rate(&self, policy: EmptyPolicy) -> Option<f64> {
        policy.ratio(self.false_positives, self.false_positives + self.true_negatives)
    }

    /// False negative rate: FN / (FN + TP), in [0, 1], lower = better.
    #[must_use]
    pub fn false_negative_rate(&self, policy: EmptyPolicy) -> Option<f64> {
        policy.ratio(self.false_negatives, self.actual())
    }

    /// F-beta: (1 + b²) TP / ((1 + b²) TP + b² FN + FP), in [0, 1], higher = better.
    ///
    /// Recall weighs `beta` times as much as precision; 1 gives [`dice`](Self::dice). Undefined
    /// under every policy where the square of `beta` is not finite.
    #[must_use]
    pub fn f_beta(&self, beta: f64, policy: EmptyPolicy) -> Option<f64> {
        let square = beta * beta;
        let hits = (1.0 + square) * self.true_positives as f64;
        let misses = square * self.false_negatives as f64 + self.false_positives as f64;
        let denominator = hits + misses;
        if denominator.is_finite() { policy.quotient(hits, denominator) } else { None }
    }

    /// Matthews correlation coefficient: (TP TN - FP FN) / sqrt((TP+FP)(TP+FN)(TN+FP)(TN+FN)),
    /// in [-1, 1], higher = better.
    #[must_use]
    pub fn matthews(&self, policy: EmptyPolicy) -> Option<f64> {
        let negatives = [
            self.true_negatives + self.false_positives,
            self.true_negatives + self.false_negatives,
        ];
        let margins = [self.predicted(), self.actual(), negatives[0], negatives[1]];
        policy.quotient(
            self.determinant() as f64,
            margins.into_iter().map(|pixels| (pixels as f64).sqrt()).product(),
        )
    }

    /// Cohen's kappa: 2 (TP TN - FP FN) / ((TP+FP)(FP+TN) + (TP+FN)(FN+TN)), in [-1, 1],
    /// higher = better.
    #[must_use]
    pub fn kappa(&self, policy: EmptyPolicy) -> Option<f64> {
        let product = |a: u64, b: u64| i128::from(a) * i128::from(b);
        let spread = product(self.predicted(), self.false_positives + self.true_negatives)
            + product(self.actual(), self.false_negatives + self.true_negatives);
        policy.quotient((2 * self.determinant()) as f64, spread as f64)
    }

    /// Volumetric similarity: 1 - |FN - FP| / (2 TP + FP + FN), in [0, 1], higher = better; it
    /// compares sizes, and is 1 for equal volumes that do not touch.
    #[must_use]
    pub fn volumetric_similarity(&self, policy: EmptyPolicy) -> Option<f64> {
        let volumes = self.predicted() + self.actual();
        policy.ratio(volumes - self.predicted().abs_diff(self.actual()), volumes)
    }

    /// Relative volume difference: (predicted - actual) / actual, lower in size = better;
    /// negative where the prediction is too small. Undefined under every policy where only the
    /// truth is empty, as the quotient is then infinite.
    #[must_use]
    pub fn relative_volume_difference(&self, policy: EmptyPolicy) -> Option<f64> {
        if self.actual() == 0 && self.predicted() > 0 {
            return None;
        }
        let difference = self.predicted() as f64 - self.actual() as f64;
        policy.quotient(difference, self.actual() as f64)
    }

    /// Absolute volume difference: |predicted - actual| times the volume of a pixel, the product
    /// of its `spacing`; lower = better, in the unit of the spacing to the power of its length.
    ///
    /// # Errors
    /// [`qunet_grid::Error::Spacing`] for a length that is not positive and finite.
    pub fn absolute_volume_difference(&self, spacing: &[f64]) -> Result<f64> {
        let pixel: f64 = spacing.iter().product();
        let difference = self.predicted().abs_diff(self.actual()) as f64 * pixel;
        if spacing.iter().all(|&step| step > 0.0) && difference.is_finite() {
            return Ok(difference);
        }
        Err(Error::Spacing { axes: spacing.len(), found: spacing.to_vec() }.into())
    }

    /// TP TN - FP FN.
    fn determinant(&self) -> i128 {
        i128::from(self.true_positives) * i128::from(self.true_negatives)
            - i128::from(self.false_positives) * i128::from(self.false_negatives)
    }
}
