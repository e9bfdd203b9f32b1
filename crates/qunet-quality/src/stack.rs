use std::path::Path;

use qunet_stack::{MaskStream, Scaling, SliceStream, Stack};

use crate::scaled::Scorer;
use crate::{QualityParams, QualityRecord, Result};

/// The quality metrics of every slice of a stack, on its scaled intensities and with its region
/// of interest, in parallel.
///
/// Scaling comes first because "max pixel strength" has no meaning for values such as Hounsfield
/// units, which are negative in air. Section II-B of S. Roychowdhury, QU-net++ (2021).
///
/// Pixels are read in their stored type wherever the intensities are a linear function of them,
/// with [`Scaling::None`], [`Scaling::StackMinMax`] and [`Scaling::SliceMinMax`], and with a
/// window between whole numbers; the four metrics then follow from those of the pixels, with
/// fewer roundings than those of a scaled copy. Such a copy is made for other windows, for
/// [`Border::Constant`](crate::Border::Constant), which is an intensity, and where
/// [`QualityParams::further`] asks for more.
///
/// # Errors
/// Those of the scaling and of [`score_slices`](crate::score_slices).
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
    let scorer = Scorer::new(*scaling, params, || Ok(stack.range()))?;
    let slices = stack.ids().map(|id| Ok((id, stack.slice(id)?, stack.roi(id)?)));
    scorer.score(slices, |scorer, (id, slice, roi)| scorer.measure(id, slice, roi.as_deref()))
}

/// The quality metrics of every slice of a file or a folder of PNG slices: what [`score_stack`]
/// gives for the opened stack, in the memory of a few slices.
///
/// `roi` is a mask on the grid of `image`; both are read a slice at a time, as many slices as
/// there are threads are in memory, and slices are unpacked while others are scored. With
/// [`Scaling::StackMinMax`] an image of which [`score_stack`] makes a scaled copy is read twice,
/// first for its range.
///
/// # Errors
/// Those of [`SliceStream`] and [`MaskStream`], which name the file, of the scaling, and of
/// [`score_stream`](crate::score_stream).
///
/// # Example
/// ```
/// use qunet_quality::{QualityParams, score_file, score_stack};
/// use qunet_stack::{Scaling, Stack, phantom::CtPhantom};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("ct.nii.gz");
/// CtPhantom { slices: 6, size: 64, seed: 1 }.generate()?.stack.write(&path)?;
///
/// let (scaling, params) = (Scaling::StackMinMax, QualityParams::default());
/// let records = score_file(&path, None, &scaling, &params)?;
/// assert_eq!(records, score_stack(&Stack::open(&path)?, &scaling, &params)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn score_file(
    image: impl AsRef<Path>,
    roi: Option<&Path>,
    scaling: &Scaling,
    params: &QualityParams,
) -> Result<Vec<QualityRecord>> {
    let image = image.as_ref();
    let slices = SliceStream::open(image)?;
    let mut masks = roi.map(|path| MaskStream::open(path, slices.shape())).transpose()?;
    let range = || Ok(SliceStream::open(image)?.range()?);
    let scorer = Scorer::new(*scaling, params, range)?;
    let slices = slices.map(|item| {
        let (id, slice) = item?;
        let mask = masks.as_mut().and_then(Iterator::next).transpose()?;
        Ok((id, slice, mask))
    });
    scorer.score(slices, |scorer, (id, slice, mask)| {
        scorer.measure(id, slice.view(), mask.as_ref().map(|(_, mask)| &**mask))
    })
}
