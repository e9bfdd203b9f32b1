//! Size and place of objects.

use std::ops::Range;

use ndarray::Dimension;
use serde::{Deserialize, Serialize};

use super::Objects;

/// Size and place of one object, in pixels of the array; axes are in array order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObjectStats {
    /// Number of pixels, at least 1.
    pub pixels: u64,
    /// The bounding box: the smallest range of indices on each axis that holds the object.
    pub bounds: Vec<Range<usize>>,
    /// The mean index on each axis, not scaled by a spacing.
    pub centroid: Vec<f64>,
}

/// What is added up over the runs of an object.
#[derive(Clone)]
struct Sums {
    lowest: [usize; 3],
    end: [usize; 3],
    indices: [f64; 3],
}

impl Sums {
    const NONE: Self = Self { lowest: [usize::MAX; 3], end: [0; 3], indices: [0.0; 3] };

    fn add(&mut self, run: [Range<usize>; 3]) {
        let pixels = run[2].len() as f64;
        for (axis, range) in run.into_iter().enumerate() {
            // Sums of whole and half numbers: exact.
            self.indices[axis] += pixels * ((range.start + range.end - 1) as f64 / 2.0);
            self.lowest[axis] = self.lowest[axis].min(range.start);
            self.end[axis] = self.end[axis].max(range.end);
        }
    }
}

impl<D: Dimension> Objects<D> {
    /// Size, bounding box and centroid of each object, in the order of the numbers.
    ///
    /// ```
    /// use ndarray::array;
    /// use qunet_grid::{Connectivity, Objects};
    ///
    /// let mask = array![[false, true, true], [false, false, true]];
    /// let stats = Objects::from_mask(&mask, Connectivity::Full)?.stats();
    /// assert_eq!((stats[0].pixels, &stats[0].bounds[..]), (3, &[0..2, 1..3][..]));
    /// assert_eq!(stats[0].centroid, [1.0 / 3.0, 5.0 / 3.0]);
    /// # Ok::<(), qunet_grid::Error>(())
    /// ```
    #[must_use]
    pub fn stats(&self) -> Vec<ObjectStats> {
        let mut sums = vec![Sums::NONE; self.count()];
        let axes = self.shape().len();
        let height = if axes > 1 { self.shape()[axes - 2] } else { 1 };
        self.for_each_row(|row, runs| {
            let (z, y) = (row / height, row % height);
            for run in runs {
                sums[run.object as usize].add([z..z + 1, y..y + 1, run.pixels.clone()]);
            }
        });
        let stats = |(sums, &pixels): (&Sums, &u64)| ObjectStats {
            pixels,
            bounds: (3 - axes..3).map(|axis| sums.lowest[axis]..sums.end[axis]).collect(),
            centroid: sums.indices[3 - axes..].iter().map(|sum| sum / pixels as f64).collect(),
        };
        sums.iter().zip(self.sizes()).map(stats).collect()
    }
}
