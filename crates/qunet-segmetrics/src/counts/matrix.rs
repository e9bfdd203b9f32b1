//! The confusion matrix of several classes.

use std::{
    fmt,
    iter::Sum,
    ops::{Add, AddAssign},
};

use ndarray::{ArrayRef, Dimension};
use qunet_grid::contiguous;
use serde::{Deserialize, Serialize};

use super::{ConfusionCounts, Counting};
use crate::{Error, Result};

/// A matrix of so many classes takes 128 MiB.
const MOST_CLASSES: usize = 4096;

/// How many pixels of each true class were predicted as each class; that of two parts of an image is
/// the sum of theirs, and `default()` is the matrix of none.
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Rows")]
pub struct ConfusionMatrix {
    /// (true class, predicted class).
    counts: Vec<Vec<u64>>,
}

impl ConfusionMatrix {
    /// The matrix of two label maps with the classes `0..classes`, of any dimension and stride;
    /// pixels whose true label is `ignore` do not count. [`Counting::matrix`] takes a region too.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] where the shapes differ, [`Error::Label`] for a counted pixel
    /// whose label is not a class, [`Error::Classes`] for more than 4096 classes.
    pub fn from_labels<L: Copy + PartialEq + TryInto<i64>, D: Dimension>(
        prediction: &ArrayRef<L, D>,
        truth: &ArrayRef<L, D>,
        classes: usize,
        ignore: Option<L>,
    ) -> Result<Self> {
        Counting { region: None, ignore }.matrix(prediction, truth, classes)
    }

    fn count_labels<L: Copy + PartialEq + TryInto<i64>, D: Dimension>(
        prediction: &ArrayRef<L, D>,
        truth: &ArrayRef<L, D>,
        classes: usize,
        counting: &Counting<'_, L, D>,
    ) -> Result<Self> {
        if classes > MOST_CLASSES {
            return Err(Error::Classes { value: classes, most: MOST_CLASSES });
        }
        let histogram = histogram(prediction, truth, classes, counting);
        let side = classes + 1;
        let is_unknown = |&bin: &usize| bin / side == classes || bin % side == classes;
        if (0..histogram.len()).filter(is_unknown).any(|bin| histogram[bin] > 0)
            && let Some((name, value)) = first_unknown(prediction, truth, classes, counting)
        {
            return Err(Error::Label { name, value, classes });
        }
        let rows = histogram.chunks(side).take(classes);
        Ok(Self { counts: rows.map(|row| row[..classes].to_vec()).collect() })
    }

    /// The matrix with these counts: a row for each true class, a column for each predicted one.
    ///
    /// # Errors
    /// [`Error::Matrix`] where the rows are not as many as each has columns, or the sum of the
    /// counts is too large for a number.
    pub fn from_rows(counts: Vec<Vec<u64>>) -> Result<Self> {
        let classes = counts.len();
        let counted = counts.iter().flatten().try_fold(0_u64, |sum, &n| sum.checked_add(n));
        if counted.is_none() || counts.iter().any(|row| row.len() != classes) {
            return Err(Error::Matrix { columns: counts.iter().map(Vec::len).collect() });
        }
        Ok(Self { counts })
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

    pub(crate) fn hits(&self) -> u64 {
        (0..self.classes()).map(|class| self.count(class, class)).sum()
    }

    pub(crate) fn actual(&self, class: usize) -> u64 {
        self.counts.get(class).map_or(0, |row| row.iter().sum())
    }

    pub(crate) fn predicted(&self, class: usize) -> u64 {
        (0..self.classes()).map(|actual| self.count(actual, class)).sum()
    }
}

/// The matrix with a region and a label to ignore.
impl<L: Copy + PartialEq, D: Dimension> Counting<'_, L, D> {
    /// The matrix of the classes `0..classes`, of any dimension and stride.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`](crate::Error::ShapeMismatch) where the shapes differ,
    /// [`Error::Label`](crate::Error::Label) for a counted pixel whose label is not a class,
    /// [`Error::Classes`](crate::Error::Classes) for more than 4096 classes.
    ///
    /// # Example
    /// ```
    /// use ndarray::array;
    /// use qunet_segmetrics::Counting;
    ///
    /// let (prediction, truth) = (array![0_u8, 2, 1, 9], array![0_u8, 1, 1, 0]);
    /// let region = array![true, true, true, false];
    /// let matrix = Counting { region: Some(&*region), ignore: None }.matrix(&prediction, &truth, 3)?;
    /// assert_eq!((matrix.pixels(), matrix.count(1, 2)), (3, 1));
    /// # Ok::<(), qunet_segmetrics::Error>(())
    /// ```
    pub fn matrix(
        &self,
        prediction: &ArrayRef<L, D>,
        truth: &ArrayRef<L, D>,
        classes: usize,
    ) -> Result<ConfusionMatrix>
    where
        L: TryInto<i64>,
    {
        self.check(prediction, truth)?;
        ConfusionMatrix::count_labels(prediction, truth, classes, self)
    }
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

impl Sum for ConfusionMatrix {
    fn sum<I: Iterator<Item = Self>>(matrices: I) -> Self {
        matrices.fold(Self::default(), |sum, part| sum + &part)
    }
}

/// A matrix as it is read, before it is checked.
#[derive(Deserialize)]
struct Rows {
    counts: Vec<Vec<u64>>,
}

impl TryFrom<Rows> for ConfusionMatrix {
    type Error = Error;

    fn try_from(rows: Rows) -> Result<Self> {
        Self::from_rows(rows.counts)
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

/// Pixels of each pair (true, predicted), with a last row and column for what is no class.
fn histogram<L: Copy + PartialEq + TryInto<i64>, D: Dimension>(
    prediction: &ArrayRef<L, D>,
    truth: &ArrayRef<L, D>,
    classes: usize,
    counting: &Counting<'_, L, D>,
) -> Vec<u64> {
    let side = classes + 1;
    let bin = |label| class(label).map_or(classes, |class| class.min(classes));
    // Two histograms in turn, so that equal neighbours need not wait for each other.
    let mut bins = [(); 2].map(|()| vec![0_u64; side * side]);
    let mut count = |position: usize, p: L, t: L, inside: bool| {
        bins[position % 2][bin(t) * side + bin(p)] +=
            u64::from(inside & (Some(t) != counting.ignore));
    };
    let (mut p_line, mut t_line) = (Vec::new(), Vec::new());
    let mut regions = counting.region.map(|region| region.rows().into_iter());
    for (p, t) in prediction.rows().into_iter().zip(truth.rows()) {
        let pairs = contiguous(&p, &mut p_line).iter().zip(contiguous(&t, &mut t_line)).enumerate();
        match regions.as_mut().and_then(Iterator::next) {
            None => pairs.for_each(|(position, (&p, &t))| count(position, p, t, true)),
            Some(region) => pairs
                .zip(region)
                .for_each(|((position, (&p, &t)), &inside)| count(position, p, t, inside)),
        }
    }
    let [even, odd] = bins;
    even.iter().zip(odd).map(|(even, odd)| even + odd).collect()
}

/// The class of a label that may be one.
fn class<L: TryInto<i64>>(label: L) -> Option<usize> {
    usize::try_from(label.try_into().ok()?).ok()
}

/// The first pixel counted whose label is no class, as the array's name and the label.
fn first_unknown<L: Copy + PartialEq + TryInto<i64>, D: Dimension>(
    prediction: &ArrayRef<L, D>,
    truth: &ArrayRef<L, D>,
    classes: usize,
    counting: &Counting<'_, L, D>,
) -> Option<(&'static str, i64)> {
    let is_unknown = |&label: &L| class(label).is_none_or(|class| class >= classes);
    let mut regions = counting.region.map(|region| region.iter());
    for (p, t) in prediction.iter().zip(truth) {
        let inside = regions.as_mut().and_then(Iterator::next).copied().unwrap_or(true);
        if inside && Some(*t) != counting.ignore {
            let found = [("truth", t), ("prediction", p)];
            if let Some((name, &label)) = found.into_iter().find(|(_, label)| is_unknown(label)) {
                return Some((name, label.try_into().unwrap_or(i64::MAX)));
            }
        }
    }
    None
}
