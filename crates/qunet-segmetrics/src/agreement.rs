use std::ops::AddAssign;

use ndarray::{ArrayRef, Dimension};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Result,
    lines::{line, unravel},
    shape::same_shape,
    vectorised::vectorised,
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
    let (mut agreement, mut probable) = (Agreement::default(), true);
    let (mut buffer3, mut buffer4) = (Vec::new(), Vec::new());
    // Row by row, whatever the strides, so that the soft sums are the same for every layout.
    for (row3, row4) in level3.rows().into_iter().zip(level4.rows()) {
        let (row3, row4) = (line(&row3, &mut buffer3), line(&row4, &mut buffer4));
        let row = observe(row3, row4, threshold);
        agreement += row.total();
        probable &= row.improbable == [0; LANES];
    }
    if !probable {
        check_probabilities("level 3", level3)?;
        check_probabilities("level 4", level4)?;
    }
    Ok(agreement)
}

impl AddAssign for Agreement {
    fn add_assign(&mut self, part: Self) {
        self.intersection += part.intersection;
        self.union += part.union;
        self.level3_pixels += part.level3_pixels;
        self.level4_pixels += part.level4_pixels;
        self.soft_intersection += part.soft_intersection;
        self.soft_union += part.soft_union;
    }
}

vectorised! {
    fn observe(row3: &[f32], row4: &[f32], threshold: f32) -> Lanes {
        let mut lanes = Lanes::default();
        let (chunks3, rest3) = row3.as_chunks::<LANES>();
        let (chunks4, rest4) = row4.as_chunks::<LANES>();
        for (p3, p4) in chunks3.iter().zip(chunks4) {
            for lane in 0..LANES {
                lanes.observe(lane, p3[lane], p4[lane], threshold);
            }
        }
        for (lane, (&p3, &p4)) in rest3.iter().zip(rest4).enumerate() {
            lanes.observe(lane, p3, p4, threshold);
        }
        lanes
    }
}

/// Pixels that are looked at side by side.
const LANES: usize = 16;

/// Sums of a row, which has fewer than 2^32 pixels per lane.
#[derive(Default)]
struct Lanes {
    in3: [u32; LANES],
    in4: [u32; LANES],
    both: [u32; LANES],
    improbable: [u32; LANES],
    lesser: [f64; LANES],
    greater: [f64; LANES],
}

impl Lanes {
    #[inline(always)]
    fn observe(&mut self, lane: usize, p3: f32, p4: f32, threshold: f32) {
        let (in3, in4) = (p3 > threshold, p4 > threshold);
        self.in3[lane] += u32::from(in3);
        self.in4[lane] += u32::from(in4);
        self.both[lane] += u32::from(in3 & in4);
        let (lesser, greater) = if p3 < p4 { (p3, p4) } else { (p4, p3) };
        // A NaN is one of them, and fails both comparisons.
        let probable = (lesser >= -SLACK) & (greater <= 1.0 + SLACK);
        self.improbable[lane] += u32::from(!probable);
        self.lesser[lane] += f64::from(if lesser > 0.0 { lesser } else { 0.0 });
        self.greater[lane] += f64::from(if greater > 0.0 { greater } else { 0.0 });
    }

    fn total(&self) -> Agreement {
        let count = |lanes: &[u32; LANES]| lanes.iter().map(|&count| u64::from(count)).sum::<u64>();
        let [in3, in4, both] = [&self.in3, &self.in4, &self.both].map(count);
        Agreement {
            intersection: both,
            union: in3 + in4 - both,
            level3_pixels: in3,
            level4_pixels: in4,
            soft_intersection: self.lesser.iter().sum(),
            soft_union: self.greater.iter().sum(),
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
