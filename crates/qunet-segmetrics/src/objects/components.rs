use std::slice::Iter;

use ndarray::{Array, ArrayRef, Dimension};
use serde::{Deserialize, Serialize};

use super::contacts::CountedRows;
use super::runs::{Run, for_each_run, paint, sizes};
use crate::bits::BitRows;
use crate::volume::volume;
use crate::{Error, Result};

/// Which pixels of a mask are neighbours, by how many steps along the axes they are apart.
///
/// | | 2D | 3D |
/// |---|---|---|
/// | `Faces` | 4 | 6 |
/// | `Edges` | 8 | 18 |
/// | `Full` | 8 | 26 |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Connectivity {
    /// Pixels that share a face.
    Faces,
    /// Pixels that share a face or an edge.
    Edges,
    /// Pixels that share a face, an edge or a corner.
    #[default]
    Full,
}

impl Connectivity {
    fn steps(self) -> usize {
        match self {
            Self::Faces => 1,
            Self::Edges => 2,
            Self::Full => 3,
        }
    }
}

/// The connected components of a mask of one to three axes.
///
/// They are numbered in the order of their first pixels, row by row. No label array is made unless
/// [`labels`](Self::labels) is asked for.
///
/// ```
/// use ndarray::array;
/// use qunet_segmetrics::{Connectivity, Objects};
///
/// let mask = array![[true, false, true], [false, true, false]];
/// assert_eq!(Objects::of(&mask, Connectivity::Full)?.sizes(), [3]);
/// let apart = Objects::of(&mask, Connectivity::Faces)?;
/// assert_eq!((apart.count(), apart.sizes()), (3, [1, 1, 1].as_slice()));
/// assert_eq!(apart.labels(), array![[1, 0, 2], [0, 3, 0]]);
/// # Ok::<(), qunet_segmetrics::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Objects<D> {
    dimension: D,
    rows: BitRows,
    /// The object of each run of foreground of the rows.
    numbers: Vec<u32>,
    sizes: Vec<u64>,
}

impl<D: Dimension> Objects<D> {
    /// The components of `mask`, of any stride.
    ///
    /// # Errors
    /// [`Error::Dimensions`] for no or more than three axes; [`Error::TooManyRuns`] where the rows
    /// hold 2^32 runs of foreground or more, or are as long as that.
    pub fn of(mask: &ArrayRef<bool, D>, connectivity: Connectivity) -> Result<Self> {
        let view = volume(mask)?;
        let (_, height, width) = view.dim();
        let rows = BitRows::of(&view);
        let counted = u32::try_from(width).ok().and_then(|_| CountedRows::new(&rows));
        let counted = counted.ok_or_else(|| Error::TooManyRuns { shape: mask.shape().to_vec() })?;
        let (numbers, count) = counted.join(height, connectivity.steps()).numbered();
        let sizes = sizes(&rows, &numbers, count);
        Ok(Self { dimension: mask.raw_dim(), rows, numbers, sizes })
    }

    /// Number of objects.
    #[must_use]
    pub fn count(&self) -> usize {
        self.sizes.len()
    }

    /// Number of pixels of each object, in the order of the numbers.
    #[must_use]
    pub fn sizes(&self) -> &[u64] {
        &self.sizes
    }

    /// An array of the mask's shape: 0 for background, k + 1 for object k.
    #[must_use]
    pub fn labels(&self) -> Array<u32, D> {
        self.painted(0, |object| object + 1)
    }

    /// The pixels of all objects.
    ///
    /// ```
    /// use ndarray::array;
    /// use qunet_segmetrics::{Connectivity, Objects};
    ///
    /// let mask = array![true, false, true, true];
    /// let objects = Objects::of(&mask, Connectivity::Full)?;
    /// assert_eq!(objects.mask(), mask);
    /// assert_eq!(objects.largest().mask(), array![false, false, true, true]);
    /// # Ok::<(), qunet_segmetrics::Error>(())
    /// ```
    #[must_use]
    pub fn mask(&self) -> Array<bool, D> {
        self.painted(false, |_| true)
    }

    /// An array with the value of its object at each pixel of the foreground.
    fn painted<A: Copy>(&self, background: A, value: impl Fn(u32) -> A) -> Array<A, D> {
        let mut painted = Array::from_elem(self.dimension.clone(), background);
        let width = painted.shape().last().copied().unwrap_or(0);
        let pixels = painted.as_slice_mut().unwrap_or_default();
        paint(&self.rows, &self.numbers, value, background, width, pixels);
        painted
    }

    pub(super) fn shape(&self) -> &[usize] {
        self.dimension.slice()
    }

    /// Shows `visit` the runs of each row, row by row over all slices.
    pub(super) fn for_each_row(&self, mut visit: impl FnMut(usize, &[Run])) {
        let mut numbers = self.numbers.iter();
        let mut runs = Vec::new();
        for row in 0..self.rows.count {
            self.next_runs(row, &mut numbers, &mut runs);
            visit(row, &runs);
        }
    }

    fn next_runs(&self, row: usize, numbers: &mut Iter<'_, u32>, runs: &mut Vec<Run>) {
        runs.clear();
        for_each_run(self.rows.row(row), |pixels| {
            runs.extend(numbers.next().map(|&object| Run { pixels, object }));
        });
    }

    /// Shows `visit` the runs of each row of two masks of one shape.
    pub(super) fn for_each_row_pair(&self, other: &Self, mut visit: impl FnMut(&[Run], &[Run])) {
        let mut numbers = other.numbers.iter();
        let mut runs = Vec::new();
        self.for_each_row(|row, here| {
            other.next_runs(row, &mut numbers, &mut runs);
            visit(here, &runs);
        });
    }

    /// Without the objects that `keep` is false for; the others are numbered anew.
    pub(super) fn retain(mut self, keep: impl Fn(usize) -> bool) -> Self {
        let mut renumbered = vec![None; self.sizes.len()];
        let mut sizes = Vec::new();
        for object in (0..self.sizes.len()).filter(|&object| keep(object)) {
            renumbered[object] = Some(sizes.len() as u32);
            sizes.push(self.sizes[object]);
        }
        let mut numbers = Vec::new();
        let mut rows = BitRows::empty(self.rows.count, self.rows.per_row);
        self.for_each_row(|row, runs| {
            for run in runs {
                if let Some(number) = renumbered[run.object as usize] {
                    rows.set(row, run.pixels.clone());
                    numbers.push(number);
                }
            }
        });
        (self.rows, self.numbers, self.sizes) = (rows, numbers, sizes);
        self
    }
}
