use ndarray::{ArrayRef, Dimension};
use qunet_grid::{contiguous, vectorised};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Result,
    arrays::{same_shape, unravel},
    sums::sum_of_fields,
};

/// How far a value may leave [0, 1] by the rounding of a resize.
const SLACK: f32 = 1e-3;

/// How far the last two heads of the network agree; that of two parts is the sum of theirs.
///
/// Its Jaccard index is the quality index Q of section II-C of S. Roychowdhury, QU-net++ (2021);
/// what agreement on nothing means is left to the caller, see [`both_empty`](Self::both_empty).
///
/// ```
/// use ndarray::array;
/// use qunet_segmetrics::head_agreement;
///
/// let nothing = head_agreement(&array![[0.25, 0.0]], &array![[0.125, 0.125]], 0.5)?;
/// assert!(nothing.both_empty());
/// assert_eq!(nothing.jaccard(), None);
/// assert_eq!(nothing.soft_jaccard(), Some(0.125 / 0.375));
/// # Ok::<(), qunet_segmetrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Pixels above the threshold in both maps.
    pub intersection: u64,
    /// Pixels above the threshold in one map at least.
    pub union: u64,
    /// Pixels above the threshold in L3.
    pub level3_pixels: u64,
    /// Pixels above the threshold in L4.
    pub level4_pixels: u64,
    /// Sum over the pixels of the smaller probability.
    pub soft_intersection: f64,
    /// Sum over the pixels of the larger probability.
    pub soft_union: f64,
}

impl Agreement {
    /// Jaccard index of the two binary masks, in [0, 1], higher = the heads agree more; `None`
    /// where both are empty (0/0).
    #[must_use]
    pub fn jaccard(&self) -> Option<f64> {
        (self.union > 0).then(|| self.intersection as f64 / self.union as f64)
    }

    /// Jaccard index of the probabilities without a threshold: sum of minima / sum of maxima.
    ///
    /// In [0, 1], higher = the heads agree more; `None` where both maps are 0 everywhere. It
    /// ranks slices on which both masks are empty.
    #[must_use]
    pub fn soft_jaccard(&self) -> Option<f64> {
        (self.soft_union > 0.0).then(|| self.soft_intersection / self.soft_union)
    }

    /// Whether neither head marks a pixel.
    #[must_use]
    pub fn both_empty(&self) -> bool {
        self.union == 0
    }
}

/// Agreement of the probability maps of the heads L3 and L4 of a slice or a stack, each binarised
/// as `probability > threshold`; no mask is written.
///
/// ```text
/// Q = |L3 and L4| / |L3 or L4|
/// ```
///
/// `level3` and `level4` are in [0, 1], of any dimension and stride; a pixel exactly at the
/// threshold is background. The paper's threshold is 0.5. Resize both maps to the slice first: a
/// slice is selected for annotation where Q is *low*. Section II-C and Algorithm 1 of
/// S. Roychowdhury, QU-net++ (2021).
///
/// # Errors
/// [`Error::ShapeMismatch`] where the shapes differ, [`Error::NotAProbability`] for a NaN, an
/// infinity or a value outside [0, 1] by more than the rounding of a resize (0.001),
/// [`Error::Threshold`] outside [0, 1).
///
/// # Example
/// ```
/// use ndarray::array;
/// use qunet_segmetrics::head_agreement;
///
/// let level3 = array![[0.75, 0.75], [0.5, 0.0]];
/// let level4 = array![[1.0, 0.25], [0.75, 0.0]];
/// let agreement = head_agreement(&level3, &level4, 0.5)?;
/// assert_eq!((agreement.intersection, agreement.union), (1, 3));
/// assert_eq!(agreement.jaccard(), Some(1.0 / 3.0));
/// assert_eq!(agreement.soft_jaccard(), Some(1.5 / 2.5));
/// # Ok::<(), qunet_segmetrics::Error>(())
/// ```
pub fn head_agreement<D: Dimension>(
    level3: &ArrayRef<f32, D>,
    level4: &ArrayRef<f32, D>,
    threshold: f32,
) -> Result<Agreement> {
    if !(0.0..1.0).contains(&threshold) {
        return Err(Error::Threshold { value: threshold });
    }
    same_shape("level 4", level3.shape(), level4.shape())?;
    let mut sums = Sums::default();
    match (level3.as_slice(), level4.as_slice()) {
        // The pixels then meet the same lanes as row by row.
        (Some(map3), Some(map4)) if level3.shape().last().is_some_and(|n| n % LANES == 0) => {
            for (part3, part4) in map3.chunks(MOST).zip(map4.chunks(MOST)) {
                observe(part3, part4, threshold, &mut sums);
            }
        }
        _ => {
            let (mut buffer3, mut buffer4) = (Vec::new(), Vec::new());
            for (row3, row4) in level3.rows().into_iter().zip(level4.rows()) {
                let (row3, row4) =
                    (contiguous(&row3, &mut buffer3), contiguous(&row4, &mut buffer4));
                observe(row3, row4, threshold, &mut sums);
            }
        }
    }
    if !sums.probable() {
        check_probabilities("level 3", level3)?;
        check_probabilities("level 4", level4)?;
    }
    Ok(sums.total())
}

sum_of_fields! {
    Agreement {
        intersection, union, level3_pixels, level4_pixels, soft_intersection, soft_union
    }
}

vectorised! {
    /// Adds the pixels of a row, or of rows one after the other: at most [`MOST`].
    fn observe(row3: &[f32], row4: &[f32], threshold: f32, sums: &mut Sums) {
        let (mut counts, mut lanes) = ([[0_u32; LANES]; 3], sums.lanes);
        let (chunks3, rest3) = row3.as_chunks::<LANES>();
        let (chunks4, rest4) = row4.as_chunks::<LANES>();
        for (p3, p4) in chunks3.iter().zip(chunks4) {
            for lane in 0..LANES {
                lanes.observe(lane, p3[lane], p4[lane]);
                count(&mut counts, lane, p3[lane] > threshold, p4[lane] > threshold);
            }
        }
        for (lane, (&p3, &p4)) in rest3.iter().zip(rest4).enumerate() {
            lanes.observe(lane, p3, p4);
            count(&mut counts, lane, p3 > threshold, p4 > threshold);
        }
        sums.lanes = lanes;
        for (sum, counts) in sums.counts.iter_mut().zip(counts) {
            *sum += counts.into_iter().map(u64::from).sum::<u64>();
        }
    }
}

/// Pixels that are summed side by side, each lane in its own order: every instruction set and memory
/// layout then gives the same bits.
const LANES: usize = 16;

/// Pixels at a time, so that no count of a lane passes 32 bits.
const MOST: usize = 1 << 30;

#[inline(always)]
fn count(counts: &mut [[u32; LANES]; 3], lane: usize, in3: bool, in4: bool) {
    counts[0][lane] += u32::from(in3);
    counts[1][lane] += u32::from(in4);
    counts[2][lane] += u32::from(in3 & in4);
}

/// What the pixels so far add up to.
#[derive(Default)]
struct Sums {
    /// Of L3, of L4, of both.
    counts: [u64; 3],
    /// Each lane on its own to the end, so that every layout adds in the same order.
    lanes: Lanes,
}

#[derive(Clone, Copy, Default)]
struct Lanes {
    lesser: [f64; LANES],
    greater: [f64; LANES],
    /// The smallest value, if below 0.
    low: [f32; LANES],
    /// The largest value.
    high: [f32; LANES],
}

impl Lanes {
    #[inline(always)]
    fn observe(&mut self, lane: usize, p3: f32, p4: f32) {
        let (lesser, greater) = if p3 < p4 { (p3, p4) } else { (p4, p3) };
        self.low[lane] = if lesser < self.low[lane] { lesser } else { self.low[lane] };
        self.high[lane] = if greater > self.high[lane] { greater } else { self.high[lane] };
        // A NaN is one of them, and stays in its sum.
        self.lesser[lane] += f64::from(if lesser < 0.0 { 0.0 } else { lesser });
        self.greater[lane] += f64::from(if greater < 0.0 { 0.0 } else { greater });
    }
}

impl Sums {
    /// Whether all values were in [0, 1], but for the slack.
    fn probable(&self) -> bool {
        let Lanes { lesser, greater, low, high } = &self.lanes;
        let numbers = !lesser.iter().chain(greater).any(|sum| sum.is_nan());
        numbers && !low.iter().chain(high).any(|&value| improbable(value))
    }

    fn total(&self) -> Agreement {
        let [in3, in4, both] = self.counts;
        Agreement {
            intersection: both,
            union: in3 + in4 - both,
            level3_pixels: in3,
            level4_pixels: in4,
            soft_intersection: self.lanes.lesser.iter().sum(),
            soft_union: self.lanes.greater.iter().sum(),
        }
    }
}

/// Whether a value is NaN or too far outside [0, 1].
#[inline(always)]
fn improbable(value: f32) -> bool {
    !(-SLACK..=1.0 + SLACK).contains(&value)
}

fn check_probabilities<D: Dimension>(name: &'static str, map: &ArrayRef<f32, D>) -> Result<()> {
    let Some((position, &value)) = map.iter().enumerate().find(|&(_, &value)| improbable(value))
    else {
        return Ok(());
    };
    Err(Error::NotAProbability { name, index: unravel(position, map.shape()), value })
}
