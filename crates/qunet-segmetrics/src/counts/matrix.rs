use std::{
    fmt,
    ops::{Add, AddAssign},
};

use ndarray::{ArrayRef, Dimension};
use serde::{Deserialize, Serialize};

use super::{ConfusionCounts, same_shape, walk::line};
use crate::{EmptyPolicy, Error, OverlapMetric, Result};

/// How many pixels of each true class were predicted as each class.
///
/// ```
/// use ndarray::array;
/// use qunet_segmetrics::{ConfusionMatrix, EmptyPolicy};
///
/// let (prediction, truth) = (array![0_u8, 1, 2, 2], array![0_u8, 2, 2, 255]);
/// let matrix = ConfusionMatrix::from_labels(&prediction, &truth, 3, Some(255))?;
/// assert_eq!(matrix.count(2, 1), 1);
/// assert_eq!(matrix.pixels(), 3);
/// assert_eq!(matrix.accuracy(EmptyPolicy::Undefined), Some(2.0 / 3.0));
/// # Ok::<(), qunet_segmetrics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfusionMatrix {
    /// (true class, predicted class).
    counts: Vec<Vec<u64>>,
}

impl ConfusionMatrix {
    /// The matrix of two label maps with the classes `0..classes`, of any dimension and stride;
    /// pixels whose true label is `ignore` do not count.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] where the shapes differ, [`Error::Label`] for a counted pixel
    /// whose label is not a class.
    pub fn from_labels<L: Copy + PartialEq + Into<i64>, D: Dimension>(
        prediction: &ArrayRef<L, D>,
        truth: &ArrayRef<L, D>,
        classes: usize,
        ignore: Option<L>,
    ) -> Result<Self> {
        same_shape("truth", prediction, truth)?;
        let histogram = histogram(prediction, truth, classes, ignore);
        let side = classes + 1;
        let strays = |&bin: &usize| bin / side == classes || bin % side == classes;
        if (0..histogram.len()).filter(strays).any(|bin| histogram[bin] > 0) {
            for (&p, &t) in prediction.iter().zip(truth).filter(|&(_, &t)| Some(t) != ignore) {
                check("truth", t.into(), classes)?;
                check("prediction", p.into(), classes)?;
            }
        }
        let rows = histogram.chunks(side).take(classes);
        Ok(Self { counts: rows.map(|row| row[..classes].to_vec()).collect() })
    }

    /// Number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.counts.len()
    }

    /// Pixels of the class `actual` that were predicted as `predicted`; 0 for other classes.
    #[must_use]
    pub fn count(&self, actual: usize, predicted: usize) -> u64 {
        self.counts.get(actual).and_then(|row| row.get(predicted)).copied().unwrap_or(0)
    }

    /// Number of pixels counted.
    #[must_use]
    pub fn pixels(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    /// The counts of one class against all others.
    #[must_use]
    pub fn one_vs_rest(&self, class: usize) -> ConfusionCounts {
        let hits = self.count(class, class);
        let (actual, predicted) = (self.actual(class), self.predicted(class));
        ConfusionCounts {
            true_positives: hits,
            false_positives: predicted - hits,
            false_negatives: actual - hits,
            true_negatives: self.pixels() + hits - actual - predicted,
        }
    }

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

    /// Macro mean of a metric: over the classes, each against all others, for which `policy`
    /// defines it; `None` where there is no such class.
    #[must_use]
    pub fn macro_mean(&self, metric: OverlapMetric, policy: EmptyPolicy) -> Option<f64> {
        let scores = (0..self.classes()).filter_map(|c| metric.of(&self.one_vs_rest(c), policy));
        let (sum, defined) = scores.fold((0.0, 0_u64), |(sum, n), score| (sum + score, n + 1));
        EmptyPolicy::Undefined.quotient(sum, defined as f64)
    }

    fn hits(&self) -> u64 {
        (0..self.classes()).map(|class| self.count(class, class)).sum()
    }

    fn actual(&self, class: usize) -> u64 {
        self.counts.get(class).map_or(0, |row| row.iter().sum())
    }

    fn predicted(&self, class: usize) -> u64 {
        (0..self.classes()).map(|actual| self.count(actual, class)).sum()
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

/// Pixels of each pair (true, predicted), with a last row and column for what is no class.
fn histogram<L: Copy + PartialEq + Into<i64>, D: Dimension>(
    prediction: &ArrayRef<L, D>,
    truth: &ArrayRef<L, D>,
    classes: usize,
    ignore: Option<L>,
) -> Vec<u64> {
    let side = classes + 1;
    // A negative label becomes a large one.
    let bin = |label: L| (label.into() as u64).min(classes as u64) as usize;
    // Two histograms by turns, so that equal neighbours need not wait for each other.
    let [mut even, mut odd] = [(); 2].map(|()| vec![0_u64; side * side]);
    let (mut p_line, mut t_line) = (Vec::new(), Vec::new());
    for (p, t) in prediction.rows().into_iter().zip(truth.rows()) {
        let pairs = line(&p, &mut p_line).chunks(2).zip(line(&t, &mut t_line).chunks(2));
        for (p, t) in pairs {
            for ((&p, &t), bins) in p.iter().zip(t).zip([&mut even, &mut odd]) {
                bins[bin(t) * side + bin(p)] += u64::from(Some(t) != ignore);
            }
        }
    }
    even.iter().zip(odd).map(|(even, odd)| even + odd).collect()
}

fn check(name: &'static str, value: i64, classes: usize) -> Result<()> {
    if usize::try_from(value).is_ok_and(|class| class < classes) {
        return Ok(());
    }
    Err(Error::Label { name, value, classes })
}

impl AddAssign<&Self> for ConfusionMatrix {
    /// Adds the counts of another part; the sum has the classes of both.
    fn add_assign(&mut self, other: &Self) {
        let classes = self.classes().max(other.classes());
        self.counts = (0..classes)
            .map(|a| (0..classes).map(|p| self.count(a, p) + other.count(a, p)).collect())
            .collect();
    }
}

impl Add<&Self> for ConfusionMatrix {
    type Output = Self;

    fn add(mut self, other: &Self) -> Self {
        self += other;
        self
    }
}

impl fmt::Display for ConfusionMatrix {
    /// A row for each true class, a column for each predicted one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.pixels().to_string().len().max(6);
        write!(f, "true \\ predicted")?;
        for class in 0..self.classes() {
            write!(f, " {class:>width$}")?;
        }
        writeln!(f)?;
        for (class, row) in self.counts.iter().enumerate() {
            write!(f, "{class:>16}")?;
            for count in row {
                write!(f, " {count:>width$}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
