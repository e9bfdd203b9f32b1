//! Wilcoxon's signed-rank test.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

/// Most differences for which the distribution of the ranks is counted out.
const EXACT: usize = 50;

/// What becomes of differences that are exactly zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zeros {
    /// They are left out before ranking (Wilcoxon 1945).
    #[default]
    LeaveOut,
    /// They take the lowest ranks, which count for neither side (Pratt 1959).
    Rank,
}

/// Which medians of the differences speak against zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alternative {
    /// Any other than zero.
    #[default]
    TwoSided,
    /// Those above zero: the first method has the higher values.
    Greater,
    /// Those below zero: the first method has the lower values.
    Less,
}

/// How a [`SignedRank`] test is done; by default two-sided, without zeros and without continuity
/// correction, as SciPy's `wilcoxon`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignedRankOptions {
    /// What becomes of differences that are exactly zero.
    pub zeros: Zeros,
    /// What the test is against.
    pub alternative: Alternative,
    /// Whether the normal approximation moves the sum of ranks by half a rank towards its
    /// expectation; exact p-values need no correction.
    pub continuity: bool,
}

/// Wilcoxon's signed-rank test: is the median of paired differences zero?
///
/// The p-value is exact for up to 50 differences without ties and zeros, otherwise from the normal
/// approximation with the variance corrected for ties: what SciPy's `wilcoxon` does with
/// `method="exact"` and `method="asymptotic"`.
///
/// ```
/// use qunet_segmetrics::{Alternative, SignedRank, SignedRankOptions};
///
/// let differences = [0.02, 0.05, -0.01, 0.04, 0.03];
/// let test = SignedRank::test(&differences, SignedRankOptions::default()).expect("not all 0");
/// assert_eq!((test.positive_ranks, test.negative_ranks), (14.0, 1.0));
/// assert_eq!((test.p_value, test.exact), (0.125, true));
///
/// let options = SignedRankOptions { alternative: Alternative::Greater, ..Default::default() };
/// assert_eq!(SignedRank::test(&differences, options).map(|test| test.p_value), Some(0.0625));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignedRank {
    /// Sum of the ranks of the positive differences.
    pub positive_ranks: f64,
    /// Sum of the ranks of the negative differences.
    pub negative_ranks: f64,
    /// Number of differences that are not zero.
    pub differences: usize,
    /// Probability of sums at least as far towards the alternative if the median difference is
    /// zero, in [0, 1].
    pub p_value: f64,
    /// Whether the p-value is exact.
    pub exact: bool,
}

impl SignedRank {
    /// Tests `differences`; `None` if none of them is other than zero, or one is NaN.
    #[must_use]
    pub fn test(differences: &[f64], options: SignedRankOptions) -> Option<Self> {
        let ranks = Ranks::new(differences, options.zeros)?;
        let exact = !ranks.tied && ranks.nonzero == differences.len() && ranks.nonzero <= EXACT;
        // How likely a sum as small as this one is; each side is the other's mirror image.
        let tail = |sum: f64| {
            if exact {
                counted(ranks.nonzero, sum as usize)
            } else {
                ranks.approximate(sum, options)
            }
        };
        let p_value = match options.alternative {
            Alternative::TwoSided => 2.0 * tail(ranks.positive.min(ranks.negative)),
            Alternative::Greater => tail(ranks.negative),
            Alternative::Less => tail(ranks.positive),
        };
        Some(Self {
            positive_ranks: ranks.positive,
            negative_ranks: ranks.negative,
            differences: ranks.nonzero,
            p_value: p_value.min(1.0),
            exact,
        })
    }
}

/// Ranks of the sizes of differences.
struct Ranks {
    positive: f64,
    negative: f64,
    nonzero: usize,
    tied: bool,
    /// Their expected sum on either side, and its variance.
    expected: f64,
    variance: f64,
}

impl Ranks {
    fn new(differences: &[f64], zeros: Zeros) -> Option<Self> {
        if differences.iter().any(|difference| difference.is_nan()) {
            return None;
        }
        let kept = |&difference: &f64| difference != 0.0 || zeros == Zeros::Rank;
        let mut sizes: Vec<f64> = differences.iter().copied().filter(kept).collect();
        sizes.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
        let (count, zero) = (sizes.len() as f64, sizes.iter().take_while(|&&d| d == 0.0).count());
        let nonzero = sizes.len() - zero;
        let [mut positive, mut negative, mut ties] = [0.0; 3];
        let mut rank = zero as f64;
        for tied in sizes[zero..].chunk_by(|a, b| a.abs() == b.abs()) {
            let size = tied.len() as f64;
            let middle = rank + (size + 1.0) / 2.0;
            let above = tied.iter().filter(|&&difference| difference > 0.0).count() as f64;
            positive += middle * above;
            negative += middle * (size - above);
            ties += size * size * size - size;
            rank += size;
        }
        let zero = zero as f64;
        let squares = |n: f64| n * (n + 1.0) * (2.0 * n + 1.0);
        (nonzero > 0).then_some(Self {
            positive,
            negative,
            nonzero,
            tied: ties > 0.0,
            expected: (count * (count + 1.0) - zero * (zero + 1.0)) / 4.0,
            variance: (squares(count) - squares(zero) - ties / 2.0) / 24.0,
        })
    }

    /// The probability of `sum` or less by the normal approximation.
    fn approximate(&self, sum: f64, options: SignedRankOptions) -> f64 {
        let distance = sum - self.expected;
        let towards = match options.alternative {
            // The lesser sum, which may be the expected one.
            Alternative::TwoSided => f64::from(distance < 0.0),
            Alternative::Greater | Alternative::Less => 1.0,
        };
        let correction = if options.continuity { 0.5 * towards } else { 0.0 };
        Normal::standard().cdf((distance + correction) / self.variance.sqrt())
    }
}

/// The share of the signs of the ranks 1..=count whose positive ranks add up to `sum` or less.
fn counted(count: usize, sum: usize) -> f64 {
    let mut ways = vec![0.0; sum + 1];
    ways[0] = 1.0;
    for rank in 1..=count {
        for sum in (rank..=sum).rev() {
            ways[sum] += ways[sum - rank];
        }
    }
    ways.iter().sum::<f64>() / 2.0_f64.powi(count as i32)
}
