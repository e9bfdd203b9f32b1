use std::ops::Range;

use ndarray::{Array, ArrayRef, Dimension};
use serde::{Deserialize, Serialize};

use super::runs::{Run, append, for_each_contact};
use crate::{Error, Result, extent::extent};

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
/// assert_eq!(apart.sizes(), [1, 1, 1]);
/// assert_eq!(apart.labels(), array![[1, 0, 2], [0, 3, 0]]);
/// # Ok::<(), qunet_segmetrics::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Objects<D> {
    dimension: D,
    runs: Vec<Run>,
    /// Where the runs of each row begin, and the number of all.
    rows: Vec<usize>,
    sizes: Vec<u64>,
}

impl<D: Dimension> Objects<D> {
    /// The components of `mask`, of any stride.
    ///
    /// # Errors
    /// [`Error::Dimensions`] for no or more than three axes.
    pub fn of(mask: &ArrayRef<bool, D>, connectivity: Connectivity) -> Result<Self> {
        if !(1..=3).contains(&mask.ndim()) {
            return Err(Error::Dimensions { found: mask.ndim() });
        }
        let [_, height, width] = extent(mask);
        let mut objects =
            Self { dimension: mask.raw_dim(), runs: Vec::new(), rows: vec![0], sizes: Vec::new() };
        let pixels = mask.as_standard_layout();
        for row in pixels.as_slice().unwrap_or_default().chunks(width.max(1)) {
            append(&mut objects.runs, row);
            objects.rows.push(objects.runs.len());
        }
        objects.join(height, connectivity.steps());
        objects.number();
        Ok(objects)
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

    /// The mask without the objects of fewer than `pixels` pixels; the others are numbered anew.
    #[must_use]
    pub fn at_least(mut self, pixels: u64) -> Self {
        let mut numbers = vec![None; self.sizes.len()];
        let mut kept = Vec::new();
        for (number, &size) in
            numbers.iter_mut().zip(&self.sizes).filter(|(_, size)| **size >= pixels)
        {
            *number = Some(kept.len());
            kept.push(size);
        }
        let mut runs = Vec::with_capacity(self.runs.len());
        let mut rows = vec![0];
        for row in 0..self.height() {
            let kept = self
                .row(row)
                .iter()
                .filter_map(|&run| numbers[run.object].map(|object| Run { object, ..run }));
            runs.extend(kept);
            rows.push(runs.len());
        }
        (self.runs, self.rows, self.sizes) = (runs, rows, kept);
        self
    }

    /// An array of the mask's shape: 0 for background, k + 1 for object k.
    #[must_use]
    pub fn labels(&self) -> Array<u64, D> {
        let mut labels = Array::zeros(self.dimension.clone());
        let width = labels.shape().last().copied().unwrap_or(0);
        let pixels = labels.as_slice_mut().unwrap_or_default();
        for (row, pixels) in pixels.chunks_mut(width.max(1)).enumerate() {
            for run in self.row(row) {
                pixels[run.start..run.end].fill(run.object as u64 + 1);
            }
        }
        labels
    }

    pub(super) fn shape(&self) -> &[usize] {
        self.dimension.slice()
    }

    /// Number of rows, over all slices.
    pub(super) fn height(&self) -> usize {
        self.rows.len() - 1
    }

    pub(super) fn row(&self, row: usize) -> &[Run] {
        &self.runs[self.span(row)]
    }

    fn span(&self, row: usize) -> Range<usize> {
        self.rows[row]..self.rows[row + 1]
    }

    /// Points each run to an earlier one of its object, the first to itself.
    fn join(&mut self, height: usize, steps: usize) {
        for row in 0..self.height() {
            let (z, y) = (row / height, row % height);
            // The row above in this slice, and three in the slice before.
            let before = [(0, 1, 1), (1, 1, 2), (1, 0, 1), (1, -1, 2)];
            for (slices, rows, apart) in before {
                let beside = y as isize - rows;
                if slices > z || apart > steps || !(0..height as isize).contains(&beside) {
                    continue;
                }
                let other = (z - slices) * height + beside as usize;
                self.join_rows(self.span(other), self.span(row), usize::from(apart < steps));
            }
        }
    }

    fn join_rows(&mut self, above: Range<usize>, here: Range<usize>, reach: usize) {
        let (earlier, later) = self.runs.split_at_mut(here.start);
        let later = &mut later[..here.len()];
        let mut contacts = Vec::new();
        for_each_contact(&earlier[above.clone()], later, reach, |i, j| {
            contacts.push((above.start + i, here.start + j));
        });
        for (a, b) in contacts {
            let (a, b) = (self.root(a), self.root(b));
            self.runs[a.max(b)].object = a.min(b);
        }
    }

    /// The first run of the object of `run`, as far as is known.
    fn root(&mut self, mut run: usize) -> usize {
        while self.runs[run].object != run {
            let next = self.runs[run].object;
            self.runs[run].object = self.runs[next].object;
            run = next;
        }
        run
    }

    /// Replaces the runs that objects begin with by the objects' numbers, and counts pixels.
    fn number(&mut self) {
        for run in 0..self.runs.len() {
            let Run { start, end, object: first } = self.runs[run];
            // An earlier run has its number already.
            let object = if first == run { self.sizes.len() } else { self.runs[first].object };
            if object == self.sizes.len() {
                self.sizes.push(0);
            }
            self.sizes[object] += (end - start) as u64;
            self.runs[run].object = object;
        }
    }
}
