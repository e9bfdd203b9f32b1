//! Connected components of masks.
//!
//! A mask becomes rows of bits; a run of foreground in a row is the unit that is labelled.
//! `contacts` finds which runs of neighbouring rows touch, 64 pixels at a time, and joins them in
//! disjoint sets; `runs` visits and paints runs; `stats` has what is known of each object.

mod contacts;
mod runs;
mod stats;

use std::slice::Iter;

use ndarray::{Array, ArrayRef, Dimension};
use serde::{Deserialize, Serialize};

use self::contacts::CountedRows;
use self::runs::{Run, for_each_overlap, for_each_run, paint, sizes};
pub use self::stats::ObjectStats;
use crate::bits::BitRows;
use crate::{Error, Result, as_volume};

/// Which pixels of a mask are neighbours, by how many steps along the axes they are apart.
///
/// | | 2D | 3D |
/// |---|---|---|
/// | `Faces` | 4 | 6 |
/// | `Slices` | 8 | 10 |
/// | `Edges` | 8 | 18 |
/// | `Full` | 8 | 26 |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Connectivity {
    /// Pixels that share a face.
    Faces,
    /// Pixels that share a face, or an edge within one slice: for stacks whose slices lie far apart.
    Slices,
    /// Pixels that share a face or an edge.
    Edges,
    /// Pixels that share a face, an edge or a corner.
    #[default]
    Full,
}

/// The connected components of a mask of one to three axes.
///
/// They are numbered in the order of their first pixels, row by row. No label array is made unless
/// [`labels`](Self::labels) is asked for.
///
/// ```
/// use ndarray::array;
/// use qunet_grid::{Connectivity, Objects};
///
/// let mask = array![[true, false, true], [false, true, false]];
/// assert_eq!(Objects::from_mask(&mask, Connectivity::Full)?.sizes(), [3]);
/// let apart = Objects::from_mask(&mask, Connectivity::Faces)?;
/// assert_eq!((apart.count(), apart.sizes()), (3, [1, 1, 1].as_slice()));
/// assert_eq!(apart.labels(), array![[1, 0, 2], [0, 3, 0]]);
/// # Ok::<(), qunet_grid::Error>(())
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
    /// The components of `mask`, of any memory layout.
    ///
    /// # Errors
    /// [`Error::Dimensions`] for no or more than three axes; [`Error::TooManyRuns`] where the rows
    /// hold 2^32 runs of foreground or more, or are as long as that.
    pub fn from_mask(mask: &ArrayRef<bool, D>, connectivity: Connectivity) -> Result<Self> {
        let view = as_volume(mask)?;
        let (_, height, width) = view.dim();
        let rows = BitRows::from_mask(&view);
        let counted = u32::try_from(width).ok().and_then(|_| CountedRows::new(&rows));
        let counted = counted.ok_or_else(|| Error::TooManyRuns { shape: mask.shape().to_vec() })?;
        let (numbers, count) = counted.join(height, connectivity).numbered();
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
    /// use qunet_grid::{Connectivity, Objects};
    ///
    /// let mask = array![true, false, true, true];
    /// let objects = Objects::from_mask(&mask, Connectivity::Full)?;
    /// assert_eq!(objects.mask(), mask);
    /// assert_eq!(objects.largest().mask(), array![false, false, true, true]);
    /// # Ok::<(), qunet_grid::Error>(())
    /// ```
    #[must_use]
    pub fn mask(&self) -> Array<bool, D> {
        self.painted(false, |_| true)
    }

    /// Without the objects of fewer than `pixels` pixels.
    ///
    /// ```
    /// use ndarray::array;
    /// use qunet_grid::{Connectivity, Objects};
    ///
    /// let mask = array![true, false, true, true, false, true, true];
    /// let objects = Objects::from_mask(&mask, Connectivity::Full)?.at_least(2);
    /// assert_eq!(objects.labels(), array![0, 0, 1, 1, 0, 2, 2]);
    /// # Ok::<(), qunet_grid::Error>(())
    /// ```
    #[must_use]
    pub fn at_least(self, pixels: u64) -> Self {
        let sizes = self.sizes().to_vec();
        self.retain(|object| sizes[object] >= pixels)
    }

    /// Only the object of the most pixels, the first of equal ones; none where there is none.
    ///
    /// ```
    /// use ndarray::array;
    /// use qunet_grid::{Connectivity, Objects};
    ///
    /// let mask = array![true, false, true, true, false, true, true];
    /// let largest = Objects::from_mask(&mask, Connectivity::Full)?.largest();
    /// assert_eq!(largest.labels(), array![0, 0, 1, 1, 0, 0, 0]);
    /// # Ok::<(), qunet_grid::Error>(())
    /// ```
    #[must_use]
    pub fn largest(self) -> Self {
        let most = self.sizes().iter().max().copied();
        let first = self.sizes().iter().position(|size| Some(*size) == most);
        self.retain(|object| Some(object) == first)
    }

    /// An array with the value of its object at each pixel of the foreground.
    fn painted<A: Copy>(&self, background: A, value: impl Fn(u32) -> A) -> Array<A, D> {
        let mut painted = Array::from_elem(self.dimension.clone(), background);
        let width = painted.shape().last().copied().unwrap_or(0);
        let pixels = painted.as_slice_mut().unwrap_or_default();
        paint(&self.rows, &self.numbers, value, background, width, pixels);
        painted
    }

    /// The shape of the mask.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        self.dimension.slice()
    }

    /// Calls `visit` with the runs of each row, row by row over all slices.
    fn for_each_row(&self, mut visit: impl FnMut(usize, &[Run])) {
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

    /// The pairs of an object of `self` and one of `other` that share pixels, and how many; in the
    /// order of both numbers.
    ///
    /// ```
    /// use ndarray::array;
    /// use qunet_grid::{Connectivity, Objects};
    ///
    /// let one = Objects::from_mask(&array![true, true, false, true], Connectivity::Full)?;
    /// let other = Objects::from_mask(&array![true, true, true, true], Connectivity::Full)?;
    /// assert_eq!(one.shared_pixels(&other)?, [(0, 0, 2), (1, 0, 1)]);
    /// # Ok::<(), qunet_grid::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] where the shapes of the masks differ.
    pub fn shared_pixels(&self, other: &Self) -> Result<Vec<(u32, u32, u64)>> {
        if self.shape() != other.shape() {
            let (expected, found) = (self.shape().to_vec(), other.shape().to_vec());
            return Err(Error::ShapeMismatch { name: "the other mask", expected, found });
        }
        let mut shared: Vec<(u32, u32, u64)> = Vec::new();
        let (mut numbers, mut runs) = (other.numbers.iter(), Vec::new());
        self.for_each_row(|row, here| {
            other.next_runs(row, &mut numbers, &mut runs);
            for_each_overlap(here, &runs, |a, b, pixels| {
                shared.push((a.object, b.object, pixels as u64));
            });
        });
        shared.sort_unstable_by_key(|&(a, b, _)| (a, b));
        shared.dedup_by(|again, first| {
            let same = (again.0, again.1) == (first.0, first.1);
            first.2 += if same { again.2 } else { 0 };
            same
        });
        Ok(shared)
    }

    /// Without the objects that `keep` is false for; the others are numbered anew, in their order.
    ///
    /// ```
    /// use ndarray::array;
    /// use qunet_grid::{Connectivity, Objects};
    ///
    /// let objects = Objects::from_mask(&array![true, false, true, true], Connectivity::Full)?;
    /// let last = objects.retain(|object| object == 1);
    /// assert_eq!(last.labels(), array![0, 0, 1, 1]);
    /// # Ok::<(), qunet_grid::Error>(())
    /// ```
    #[must_use]
    pub fn retain(mut self, keep: impl Fn(usize) -> bool) -> Self {
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
