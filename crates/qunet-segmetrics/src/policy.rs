use serde::{Deserialize, Serialize};

/// What a metric is where its formula reads 0/0.
///
/// Libraries differ (medpy 1, nnU-Net NaN, scikit-learn 0), so it is an argument. It is about
/// empty denominators only: a prediction on an empty truth still has a Dice of 0.
///
/// | prediction | truth | precision | recall | Jaccard, Dice |
/// |---|---|---|---|---|
/// | empty | empty | 0/0 | 0/0 | 0/0 |
/// | empty | not | 0/0 | 0 | 0 |
/// | not | empty | 0 | 0/0 | 0 |
///
/// ```
/// use qunet_segmetrics::{ConfusionCounts, EmptyPolicy};
///
/// let empty = ConfusionCounts { true_negatives: 16, ..ConfusionCounts::default() };
/// assert_eq!(empty.dice(EmptyPolicy::default()), None);
/// assert_eq!(empty.dice(EmptyPolicy::One), Some(1.0));
/// assert_eq!(empty.dice(EmptyPolicy::Zero), Some(0.0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmptyPolicy {
    /// Undefined: left out of a mean, and counted.
    #[default]
    Undefined,
    /// 1: agreement on nothing is agreement.
    One,
    /// 0: agreement on nothing earns nothing.
    Zero,
}

impl EmptyPolicy {
    /// `numerator / denominator`, or what this policy says for an empty denominator.
    pub(crate) fn ratio(self, numerator: u64, denominator: u64) -> Option<f64> {
        self.quotient(numerator as f64, denominator as f64)
    }

    /// As [`ratio`](Self::ratio), of values that are not counts.
    pub(crate) fn quotient(self, numerator: f64, denominator: f64) -> Option<f64> {
        match self {
            _ if denominator > 0.0 => Some(numerator / denominator),
            Self::Undefined => None,
            Self::One => Some(1.0),
            Self::Zero => Some(0.0),
        }
    }
}
