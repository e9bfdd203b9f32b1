//! The nearest drawn slices on both sides of a slice.

use ndarray::{Array2, ArrayRef2, Zip};
use serde::{Deserialize, Serialize};

/// The nearest drawn slices before and after a slice, which is itself left out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Neighbours {
    /// The nearest drawn slice before it; where there is none, the one after it.
    pub before: usize,
    /// The nearest drawn slice after it; where there is none, the one before it.
    pub after: usize,
    /// The share of the way from `before` to `after`, in (0, 1); 0 where both are the same slice.
    pub share: f64,
    /// How many slices it is from the nearer of the two; at least 1.
    pub distance: f64,
}

impl Neighbours {
    /// Those of `slice` among `drawn`, ascending numbers; `None` where these hold no other slice.
    pub(crate) fn among(drawn: impl Iterator<Item = usize>, slice: usize) -> Option<Self> {
        let (mut before, mut after) = (None, None);
        for other in drawn.filter(|&other| other != slice) {
            if other > slice {
                after = Some(other);
                break;
            }
            before = Some(other);
        }
        let (before, after) = (before.or(after)?, after.or(before)?);
        let steps = |other: usize| slice.abs_diff(other) as f64;
        let length = (after - before) as f64;
        let share = if before == after { 0.0 } else { steps(before) / length };
        Some(Self { before, after, share, distance: steps(before).min(steps(after)) })
    }

    /// The nearer of the two; the one before where both are as near.
    ///
    /// ```
    /// use ndarray::Array3;
    /// use qunet_context::Drawn;
    ///
    /// let drawn = Drawn::new(&Array3::zeros((9, 2, 2)), &[1, 5], 1, [3.0, 1.0, 1.0])?;
    /// let nearest = |slice| drawn.neighbours(slice, &[]).map(|around| around.nearer());
    /// assert_eq!([2, 3, 4, 8].map(nearest), [Some(1), Some(1), Some(5), Some(5)]);
    /// # Ok::<(), qunet_context::Error>(())
    /// ```
    #[must_use]
    pub fn nearer(&self) -> usize {
        if self.share <= 0.5 { self.before } else { self.after }
    }

    /// `(1 - share) before + share after`, pixel by pixel.
    pub(crate) fn interpolate(
        &self,
        before: &ArrayRef2<f32>,
        after: &ArrayRef2<f32>,
    ) -> Array2<f32> {
        let (of_before, of_after) = ((1.0 - self.share) as f32, self.share as f32);
        Zip::from(before).and(after).map_collect(|a, b| of_before * a + of_after * b)
    }
}
