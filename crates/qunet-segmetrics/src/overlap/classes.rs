//! Scores of several classes, from their confusion matrix.

use serde::{Deserialize, Serialize};

use super::OverlapMetric;
use crate::{ConfusionMatrix, EmptyPolicy};

/// How the scores of several classes become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Average {
    /// Their mean: every class weighs the same.
    #[default]
    Macro,
    /// The score of their added counts: every pixel weighs the same.
    Micro,
    /// Their mean weighted by the true pixels of each.
    Weighted,
}

/// Scores of all classes together.
impl ConfusionMatrix {
    /// Overall accuracy: the part of the pixels on the diagonal, in [0, 1], higher = better.
    #[must_use]
    pub fn accuracy(&self, policy: EmptyPolicy) -> Option<f64> {
        policy.ratio(self.hits(), self.pixels())
    }

    /// Cohen's kappa: (accuracy - chance) / (1 - chance), in [-1, 1], higher = better.
    ///
    /// 0/0, where all pixels are of one class and predicted so, is what `policy` says.
    #[must_use]
    pub fn kappa(&self, policy: EmptyPolicy) -> Option<f64> {
        let [agreement, chance, pixels, ..] = self.products();
        policy.quotient((agreement * pixels - chance) as f64, (pixels * pixels - chance) as f64)
    }

    /// Matthews correlation coefficient of several classes, R_K, in [-1, 1], higher = better
    /// (J. Gorodkin, 2004).
    ///
    /// 0/0, where the truth or the prediction has one class only, is what `policy` says.
    #[must_use]
    pub fn matthews(&self, policy: EmptyPolicy) -> Option<f64> {
        let [agreement, chance, pixels, actual, predicted] = self.products();
        let [of_actual, of_predicted] =
            [actual, predicted].map(|squares| ((pixels * pixels - squares) as f64).sqrt());
        policy.quotient((agreement * pixels - chance) as f64, of_actual * of_predicted)
    }

    /// Frequency-weighted IoU: the Jaccard index of each class weighted by its true pixels, in
    /// [0, 1], higher = better; without pixels it is what `policy` says.
    #[must_use]
    pub fn frequency_weighted_jaccard(&self, policy: EmptyPolicy) -> Option<f64> {
        let weighted = (0..self.classes()).map(|class| {
            let jaccard = self.one_vs_rest(class).jaccard(EmptyPolicy::Zero).unwrap_or(0.0);
            self.actual(class) as f64 * jaccard
        });
        policy.quotient(weighted.sum(), self.pixels() as f64)
    }

    /// A metric of several classes, each against all others, as one number; a class beyond the
    /// matrix has no pixels.
    ///
    /// Leave the background out unless it is a class of its own: it is most of the pixels. A
    /// class for which `policy` defines no value is left out; `None` where all are.
    ///
    /// # Example
    /// ```
    /// use qunet_segmetrics::{Average, ConfusionMatrix, EmptyPolicy, OverlapMetric};
    ///
    /// let rows = vec![vec![90, 0, 0], vec![0, 8, 0], vec![1, 0, 1]];
    /// let matrix = ConfusionMatrix::from_rows(rows)?;
    /// let recall = |average, classes: [usize; 2]| {
    ///     matrix.mean(OverlapMetric::Recall, average, classes, EmptyPolicy::Undefined)
    /// };
    /// assert_eq!(recall(Average::Macro, [1, 2]), Some((1.0 + 0.5) / 2.0));
    /// assert_eq!(recall(Average::Weighted, [1, 2]), Some((8.0 + 2.0 * 0.5) / 10.0));
    /// assert_eq!(recall(Average::Micro, [1, 2]), Some(9.0 / 10.0));
    /// # Ok::<(), qunet_segmetrics::Error>(())
    /// ```
    #[must_use]
    pub fn mean(
        &self,
        metric: OverlapMetric,
        average: Average,
        classes: impl IntoIterator<Item = usize>,
        policy: EmptyPolicy,
    ) -> Option<f64> {
        let classes = classes.into_iter().map(|class| self.one_vs_rest(class));
        if average == Average::Micro {
            return metric.of(&classes.sum(), policy);
        }
        let [mut sum, mut weights] = [0.0; 2];
        for counts in classes {
            let Some(score) = metric.of(&counts, policy) else { continue };
            let weight = if average == Average::Macro { 1.0 } else { counts.actual() as f64 };
            sum += weight * score;
            weights += weight;
        }
        EmptyPolicy::Undefined.quotient(sum, weights)
    }

    /// Exactly: hits, sum of true * predicted, pixels, sum of true squared, sum of predicted squared.
    fn products(&self) -> [i128; 5] {
        let [mut chance, mut actual, mut predicted] = [0; 3];
        for class in 0..self.classes() {
            let (a, p) = (i128::from(self.actual(class)), i128::from(self.predicted(class)));
            chance += a * p;
            actual += a * a;
            predicted += p * p;
        }
        [i128::from(self.hits()), chance, i128::from(self.pixels()), actual, predicted]
    }
}
