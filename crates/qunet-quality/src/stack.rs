use qunet_stack::{Scaling, SliceId, Stack};

use crate::{QualityParams, QualityRecord, Result, SliceImage, score_slices};

/// The quality metrics of every slice of a stack, on its scaled intensities and with its region
/// of interest, in parallel.
///
/// Scaling comes first because "max pixel strength" has no meaning for values such as Hounsfield
/// units, which are negative in air. Section II-B of S. Roychowdhury, QU-net++ (2021).
///
/// # Errors
/// Those of the scaling and of [`score_slices`].
///
/// # Example
/// ```
/// use qunet_quality::{QualityParams, score_stack};
/// use qunet_stack::{Scaling, phantom::CtPhantom};
///
/// let stack = CtPhantom { slices: 6, size: 64, seed: 1 }.generate()?.stack;
/// let records = score_stack(&stack, &Scaling::lung_window(), &QualityParams::default())?;
/// assert_eq!(records.len(), 6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn score_stack(
    stack: &Stack,
    scaling: &Scaling,
    params: &QualityParams,
) -> Result<Vec<QualityRecord>> {
    let ids: Vec<SliceId> = stack.ids().collect();
    score_slices(&ids, params, |id| {
        let slice = SliceImage::new(stack.scaled_slice(id, scaling)?);
        Ok(match stack.roi(id)? {
            Some(roi) => slice.with_roi(roi),
            None => slice,
        })
    })
}
