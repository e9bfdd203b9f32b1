use ndarray::{ArrayRef, Dimension};

use qunet_grid::bits::{BitRows, WORD};
use qunet_grid::parallel::Work;
use qunet_grid::{as_volume, axis_lengths};

use crate::arrays::same_shape;
use crate::{Error, Result};

/// Two masks of one shape as bits, checked, with the box around the foreground of both.
pub(super) struct Pair {
    pub(super) prediction: BitRows,
    pub(super) truth: BitRows,
    /// Number of axes of the masks.
    pub(super) ndim: usize,
    /// The extent along z, y, x; 1 in front where the masks have fewer axes.
    pub(super) extent: [usize; 3],
    /// The spacing along z, y, x.
    pub(super) lengths: [f64; 3],
    pub(super) work: Work,
    /// `None` where both are empty.
    pub(super) bounds: Option<Bounds>,
}

/// Half-open ranges along z and y, and along x in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) start: [usize; 3],
    pub(super) end: [usize; 3],
}

impl Pair {
    /// Checks the masks and packs them.
    pub(super) fn new<D: Dimension>(
        prediction: &ArrayRef<bool, D>,
        truth: &ArrayRef<bool, D>,
        spacing: &[f64],
    ) -> Result<Self> {
        same_shape("truth", prediction.shape(), truth.shape())?;
        let lengths = axis_lengths(spacing, prediction.ndim())?;
        let ndim = prediction.ndim();
        let (prediction, truth) = (as_volume(prediction)?, as_volume(truth)?);
        let extent: [usize; 3] = prediction.dim().into();
        let work = Work::on(prediction.len());
        let (prediction, truth) =
            work.join(|| BitRows::from_mask(&prediction), || BitRows::from_mask(&truth));
        let bounds = Bounds::around([&prediction, &truth], extent[1]);
        Ok(Self { prediction, truth, ndim, extent, lengths, work, bounds })
    }
}

impl Bounds {
    /// The smallest around the foreground of all masks.
    fn around(masks: [&BitRows; 2], height: usize) -> Option<Self> {
        let mut columns = vec![0; masks[0].per_row];
        let (mut start, mut end) = ([usize::MAX; 3], [0; 3]);
        for row in 0..masks[0].count {
            let mut any = 0;
            for mask in masks {
                for (column, word) in columns.iter_mut().zip(mask.row(row)) {
                    *column |= word;
                    any |= word;
                }
            }
            if any != 0 {
                for (axis, place) in [row / height, row % height].into_iter().enumerate() {
                    start[axis] = start[axis].min(place);
                    end[axis] = end[axis].max(place + 1);
                }
            }
        }
        start[2] = columns.iter().position(|&word| word != 0)?;
        end[2] = columns.iter().rposition(|&word| word != 0)? + 1;
        Some(Self { start, end })
    }

    /// Its extent along z, y and, in words, x.
    pub(super) fn size(self) -> [usize; 3] {
        std::array::from_fn(|axis| self.end[axis] - self.start[axis])
    }
}

/// The bits of the last word of a row that lie beyond it.
pub(super) fn beyond(width: usize) -> u64 {
    if width.is_multiple_of(WORD) { 0 } else { u64::MAX << (width % WORD) }
}

pub(super) fn check_percent(percent: f64) -> Result<()> {
    let valid = (0.0..=100.0).contains(&percent);
    if valid { Ok(()) } else { Err(Error::Percentile { value: percent }) }
}

pub(super) fn check_tolerance(tolerance: f64) -> Result<()> {
    let valid = tolerance.is_finite() && tolerance >= 0.0;
    if valid { Ok(()) } else { Err(Error::Tolerance { value: tolerance }) }
}
