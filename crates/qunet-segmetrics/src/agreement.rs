use ndarray::ArrayRef2;
use serde::{Deserialize, Serialize};

use crate::{Error, Result, counts::same_shape};

/// How far a value may leave [0, 1] by the rounding of a resize.
const SLACK: f32 = 1e-3;

/// How far the last two heads of the network agree on one slice.
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

/// Agreement of the probability maps of the heads L3 and L4 of one slice, each binarised as
/// `probability > threshold`.
///
/// ```text
/// Q = |L3 and L4| / |L3 or L4|
/// ```
///
/// `level3` and `level4` are (H, W) in [0, 1], of any stride; a pixel exactly at the threshold
/// is background. The paper's threshold is 0.5. Resize both maps to the slice first: a slice is
/// selected for annotation where Q is *low*. Section II-C and Algorithm 1 of S. Roychowdhury,
/// QU-net++ (2021).
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
pub fn head_agreement(
    level3: &ArrayRef2<f32>,
    level4: &ArrayRef2<f32>,
    threshold: f32,
) -> Result<Agreement> {
    if !(0.0..1.0).contains(&threshold) {
        return Err(Error::Threshold { value: threshold });
    }
    same_shape("level 4", level3, level4)?;
    check_probabilities(level3, 3)?;
    check_probabilities(level4, 4)?;
    let mut agreement = Agreement::default();
    // Row by row, whatever the strides, so that the soft sums are the same for every layout.
    for (row3, row4) in level3.rows().into_iter().zip(level4.rows()) {
        for (&p3, &p4) in row3.iter().zip(row4) {
            agreement.observe(p3.max(0.0), p4.max(0.0), threshold);
        }
    }
    Ok(agreement)
}

impl Agreement {
    fn observe(&mut self, p3: f32, p4: f32, threshold: f32) {
        let (in3, in4) = (p3 > threshold, p4 > threshold);
        self.intersection += u64::from(in3 & in4);
        self.union += u64::from(in3 | in4);
        self.level3_pixels += u64::from(in3);
        self.level4_pixels += u64::from(in4);
        self.soft_intersection += f64::from(p3.min(p4));
        self.soft_union += f64::from(p3.max(p4));
    }
}

fn check_probabilities(map: &ArrayRef2<f32>, level: u8) -> Result<()> {
    let improbable = |value: &f32| !(-SLACK..=1.0 + SLACK).contains(value);
    for (row, values) in map.rows().into_iter().enumerate() {
        if let Some(col) = values.iter().position(improbable) {
            return Err(Error::NotAProbability { level, row, col, value: values[col] });
        }
    }
    Ok(())
}
