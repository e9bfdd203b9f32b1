use ndarray::{Array2, ArrayRef2, Zip};
use qunet_segmetrics::head_agreement;
use qunet_stack::SliceId;

use crate::Error;

/// Where heads L3 and L4 disagree on a slice, as a picture: |L3 - L4| of each pixel, in [0, 1],
/// higher = less agreement; `(height, width)`, as the maps.
///
/// # Errors
/// [`Error::Maps`] where the maps differ in size or hold what is no probability.
///
/// ```
/// use ndarray::array;
/// use qunet_select::disagreement_map;
/// use qunet_stack::SliceId;
///
/// let map = disagreement_map(SliceId(4), &array![[0.75, 0.5]], &array![[0.25, 0.5]])?;
/// assert_eq!(map, array![[0.5, 0.0]]);
/// # Ok::<(), qunet_select::Error>(())
/// ```
pub fn disagreement_map(
    id: SliceId,
    level3: &ArrayRef2<f32>,
    level4: &ArrayRef2<f32>,
) -> Result<Array2<f32>, Error> {
    head_agreement(level3, level4, 0.5).map_err(|source| Error::Maps { slice: id, source })?;
    // A resize may leave [0, 1] by its rounding.
    let difference = |&a: &f32, &b: &f32| (a - b).abs().min(1.0);
    Ok(Zip::from(level3).and(level4).map_collect(difference))
}
