//! Overlap of probabilities.

use ndarray::{ArrayRef, Dimension};
use serde::{Deserialize, Serialize};

use qunet_grid::vectorised;

use crate::{EmptyPolicy, Result, arrays::for_each_row, sums::sum_of_fields};

/// Overlap of a probability map with the truth, without a threshold; that of two parts is the sum
/// of theirs.
///
/// With probabilities of 0 and 1 the scores are those of [`ConfusionCounts`](crate::ConfusionCounts).
///
/// ```
/// use ndarray::array;
/// use qunet_segmetrics::{EmptyPolicy, SoftOverlap};
///
/// let probability = array![0.75, 0.5, 0.25, 0.0];
/// let truth = array![true, true, false, false];
/// let overlap = SoftOverlap::from_map(&probability, &truth, None)?;
/// let policy = EmptyPolicy::Undefined;
/// assert_eq!(overlap.dice(policy), Some(2.0 * 1.25 / (1.5 + 2.0)));
/// assert_eq!(overlap.jaccard(policy), Some(1.25 / (1.5 + 2.0 - 1.25)));
/// assert_eq!(overlap.squared_dice(policy), Some(2.0 * 1.25 / (0.875 + 2.0)));
/// # Ok::<(), qunet_segmetrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SoftOverlap {
    /// Sum of the probabilities of the true pixels.
    pub intersection: f64,
    /// Sum of the probabilities.
    pub prediction: f64,
    /// Sum of their squares.
    pub squares: f64,
    /// Number of true pixels.
    pub truth: u64,
}

impl SoftOverlap {
    /// The overlap of a map in [0, 1], of any dimension and stride, where `region` is true (`None` =
    /// everywhere).
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`](crate::Error::ShapeMismatch) where the shapes differ,
    /// [`Error::NotAProbability`](crate::Error::NotAProbability) for the first value in the region
    /// that is NaN or outside [0, 1].
    pub fn from_map<D: Dimension>(
        probability: &ArrayRef<f32, D>,
        truth: &ArrayRef<bool, D>,
        region: Option<&ArrayRef<bool, D>>,
    ) -> Result<Self> {
        let mut sum = Self::default();
        for_each_row(probability, truth, region, |p, t, inside| sum += observe(p, t, inside))?;
        Ok(sum)
    }

    /// Soft Dice: 2 sum(p t) / (sum(p) + sum(t)), in [0, 1], higher = better.
    #[must_use]
    pub fn dice(&self, policy: EmptyPolicy) -> Option<f64> {
        policy.quotient(2.0 * self.intersection, self.prediction + self.truth as f64)
    }

    /// Soft Jaccard: sum(p t) / (sum(p) + sum(t) - sum(p t)), in [0, 1], higher = better.
    #[must_use]
    pub fn jaccard(&self, policy: EmptyPolicy) -> Option<f64> {
        let union = self.prediction + self.truth as f64 - self.intersection;
        policy.quotient(self.intersection, union)
    }

    /// Soft Dice of squares: 2 sum(p t) / (sum(p²) + sum(t)), in [0, 1], higher = better; as in
    /// V-Net (F. Milletari et al., 2016).
    #[must_use]
    pub fn squared_dice(&self, policy: EmptyPolicy) -> Option<f64> {
        policy.quotient(2.0 * self.intersection, self.squares + self.truth as f64)
    }
}

sum_of_fields! { SoftOverlap { intersection, prediction, squares, truth } }

/// Pixels that are summed side by side, each lane in its own order: every instruction set then
/// gives the same bits.
const LANES: usize = 16;

/// Sums of a row.
#[derive(Default)]
struct Lanes {
    intersection: [f64; LANES],
    prediction: [f64; LANES],
    squares: [f64; LANES],
    truth: [u64; LANES],
}

impl Lanes {
    #[inline(always)]
    fn observe(&mut self, lane: usize, p: f32, actual: bool, inside: bool) {
        let p = f64::from(if inside { p } else { 0.0 });
        self.intersection[lane] += if actual { p } else { 0.0 };
        self.prediction[lane] += p;
        self.squares[lane] += p * p;
        self.truth[lane] += u64::from(actual & inside);
    }

    fn total(&self) -> SoftOverlap {
        SoftOverlap {
            intersection: self.intersection.iter().sum(),
            prediction: self.prediction.iter().sum(),
            squares: self.squares.iter().sum(),
            truth: self.truth.iter().sum(),
        }
    }
}

vectorised! {
    fn observe(probability: &[f32], truth: &[bool], region: &[bool]) -> SoftOverlap {
        let mut lanes = Lanes::default();
        let (p_chunks, p_rest) = probability.as_chunks::<LANES>();
        let (t_chunks, t_rest) = truth.as_chunks::<LANES>();
        let (r_chunks, r_rest) = region.as_chunks::<LANES>();
        for ((p, t), r) in p_chunks.iter().zip(t_chunks).zip(r_chunks) {
            for lane in 0..LANES {
                lanes.observe(lane, p[lane], t[lane], r[lane]);
            }
        }
        for (lane, ((&p, &t), &r)) in p_rest.iter().zip(t_rest).zip(r_rest).enumerate() {
            lanes.observe(lane, p, t, r);
        }
        lanes.total()
    }
}
