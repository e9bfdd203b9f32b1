//! Scores of slices, volumes, stacks and files.
//!
//! All go the same way: [`slice`] measures the pixels of one slice in one pass over its rows,
//! [`parallel`] gives slices to threads as they arrive, and [`scaled`] turns what was measured on
//! stored pixels into the metrics of scaled intensities. A slice or a volume is a stack whose scale
//! changes nothing.

mod parallel;
mod scaled;
mod slice;

pub use parallel::with_threads;

use std::path::Path;

use ndarray::{ArrayRef2, ArrayRef3, Axis};
use qunet_stack::{MaskStream, Scaling, SliceId, SliceStream, SliceView, Stack};

use crate::{Pixel, QualityParams, QualityRecord, Result, rows::same_shape};

use parallel::for_each_arrival;
use scaled::Scorer;
use slice::{Linear, measure_slice};

/// All quality metrics of one slice.
///
/// `image` and `roi` are (H, W); the Laplacian and the inverse PSNR see the whole slice, the
/// region statistics see the pixels inside `roi`, or all pixels without one. Section II-B of
/// S. Roychowdhury, QU-net++ (2021).
///
/// # Errors
/// [`Error::Slice`](crate::Error::Slice) with the slice and the cause: a setting out of range, an
/// image without pixels, a NaN or infinite pixel anywhere in it, a mask of another shape.
///
/// # Example
/// ```
/// use ndarray::array;
/// use qunet_quality::{QualityParams, score_slice};
/// use qunet_stack::SliceId;
///
/// let image = array![[0_u8, 0, 0], [0, 9, 0], [0, 0, 0]];
/// let record = score_slice(SliceId(4), &image, None, &QualityParams::default())?;
/// assert_eq!(record.inverse_psnr, Some(8.0 / 9.0));
/// assert_eq!((record.roi_pixels, record.roi_mean), (9, Some(1.0)));
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub fn score_slice<T: Pixel>(
    id: SliceId,
    image: &ArrayRef2<T>,
    roi: Option<&ArrayRef2<bool>>,
    params: &QualityParams,
) -> Result<QualityRecord> {
    Ok(measure_slice(id, image, roi, params)?.record(Linear::IDENTITY))
}

/// The metrics of one slice of a stack by its own, as [`score_stack`] gives them: `stack` is the
/// smallest and largest pixel of the stack, which only [`Scaling::StackMinMax`] reads.
///
/// # Errors
/// As [`score_stack`].
///
/// ```
/// use qunet_quality::{QualityParams, score_stack, score_view};
/// use qunet_stack::{Scaling, SliceId, phantom::CtPhantom};
///
/// let stack = CtPhantom { slices: 4, size: 48, seed: 5 }.generate()?.stack;
/// let (scaling, params) = (Scaling::StackMinMax, QualityParams::paper());
/// let all = score_stack(&stack, &scaling, &params)?;
/// let id = SliceId(2);
/// let roi = stack.roi(id)?;
/// let one = score_view(id, stack.slice(id)?, roi.as_deref(), &scaling, stack.range(), &params)?;
/// assert_eq!(one, all[2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn score_view(
    id: SliceId,
    slice: SliceView<'_>,
    roi: Option<&ArrayRef2<bool>>,
    scaling: &Scaling,
    stack: (f32, f32),
    params: &QualityParams,
) -> Result<QualityRecord> {
    Scorer::new(*scaling, params)?.with_range(|| Ok(stack))?.record(id, slice, roi, stack)
}

/// The quality metrics of every slice of an array (N, H, W), with or without a mask (N, H, W), in
/// parallel.
///
/// Slice i of the first axis becomes `SliceId(i)`. The records, and the error where there is one
/// (that of the first failing slice), do not depend on the number of threads; see
/// [`with_threads`].
///
/// # Errors
/// [`Error::ShapeMismatch`](crate::Error::ShapeMismatch) for a mask of another shape,
/// [`Error::Parameter`](crate::Error::Parameter) for a setting out of range, and as
/// [`score_slice`].
///
/// # Example
/// ```
/// use ndarray::Array3;
/// use qunet_quality::{QualityParams, score_volume};
///
/// let volume = Array3::from_shape_fn((3, 16, 16), |(z, y, x)| (x * y % (z + 2)) as f32);
/// let lungs = volume.mapv(|intensity| intensity > 0.0);
/// let records = score_volume(&volume, Some(&lungs), &QualityParams::default())?;
/// assert_eq!(records.len(), 3);
/// # Ok::<(), qunet_quality::Error>(())
/// ```
pub fn score_volume<T: Pixel>(
    volume: &ArrayRef3<T>,
    roi: Option<&ArrayRef3<bool>>,
    params: &QualityParams,
) -> Result<Vec<QualityRecord>> {
    roi.map_or(Ok(()), |mask| same_shape(volume, mask))?;
    params.check()?;
    let slices = volume.outer_iter().enumerate();
    for_each_arrival(slices.map(Ok), |(z, image)| {
        let roi = roi.map(|mask| mask.index_axis(Axis(0), z));
        score_slice(SliceId(z), &image, roi.as_deref(), params)
    })
}

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
/// Those of the scaling and of [`score_slice`].
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
    let scorer = Scorer::new(*scaling, params)?.with_range(|| Ok(stack.range()))?;
    let slices = stack.ids().map(|id| Ok((id, stack.slice(id)?, stack.roi(id)?)));
    scorer.score(slices, |(id, slice, roi)| scorer.measure(id, slice, roi.as_deref()))
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
/// [`score_slice`]. Settings are checked before a file is opened.
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
    let scorer = Scorer::new(*scaling, params)?;
    let slices = SliceStream::open(image)?;
    let mut masks = roi.map(|path| MaskStream::open(path, &slices)).transpose()?;
    let scorer = scorer.with_range(|| Ok(SliceStream::open(image)?.range()?))?;
    let slices = slices.map(|item| {
        let (id, slice) = item?;
        let mask = masks.as_mut().and_then(Iterator::next).transpose()?;
        Ok((id, slice, mask))
    });
    scorer.score(slices, |(id, slice, mask)| {
        scorer.measure(id, slice.view(), mask.as_ref().map(|(_, mask)| &**mask))
    })
}
