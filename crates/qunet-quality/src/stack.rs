use std::path::Path;

use ndarray::ArrayRef2;
use qunet_stack::{MaskStream, Scaling, SliceId, SliceStream, SliceView, Stack};

use crate::stream::score_each;
use crate::{QualityParams, QualityRecord, Result, score_slice};

/// The quality metrics of every slice of a stack, on its scaled intensities and with its region
/// of interest, in parallel.
///
/// Scaling comes first because "max pixel strength" has no meaning for values such as Hounsfield
/// units, which are negative in air. With [`Scaling::None`] the stored pixels are scored as they
/// are, without a copy. Section II-B of S. Roychowdhury, QU-net++ (2021).
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
    score_each(slices, |(id, slice, roi)| scorer.score(id, slice, roi.as_deref()))
}

/// The quality metrics of every slice of a file or a folder of PNG slices: what [`score_stack`]
/// gives for the opened stack, in the memory of a few slices.
///
/// `roi` is a mask on the grid of `image`; both are read a slice at a time, as many slices as
/// there are threads are in memory, and slices are unpacked while others are scored. With
/// [`Scaling::StackMinMax`] the image is read twice, first for its range.
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
    score_each(slices, |(id, slice, mask)| {
        scorer.score(id, slice.view(), mask.as_ref().map(|(_, mask)| &**mask))
    })
}

/// What is done with every slice of one stack.
struct Scorer<'a> {
    scaling: Scaling,
    /// Smallest and largest pixel of the stack, where the scaling asks for them.
    range: (f32, f32),
    params: &'a QualityParams,
}

impl<'a> Scorer<'a> {
    /// Checks the settings before it asks for the range of the stack, if it does.
    fn new(
        scaling: Scaling,
        params: &'a QualityParams,
        range: impl FnOnce() -> Result<(f32, f32)>,
    ) -> Result<Self> {
        params.check()?;
        scaling.check()?;
        let range = if scaling == Scaling::StackMinMax { range()? } else { (0.0, 1.0) };
        Ok(Self { scaling, range, params })
    }

    fn score(
        &self,
        id: SliceId,
        slice: SliceView<'_>,
        roi: Option<&ArrayRef2<bool>>,
    ) -> Result<QualityRecord> {
        match (self.scaling, slice) {
            (Scaling::None, SliceView::U8(image)) => score_slice(id, &image, roi, self.params),
            (Scaling::None, SliceView::U16(image)) => score_slice(id, &image, roi, self.params),
            (Scaling::None, SliceView::I16(image)) => score_slice(id, &image, roi, self.params),
            (Scaling::None, SliceView::F32(image)) => score_slice(id, &image, roi, self.params),
            (scaling, slice) => {
                score_slice(id, &scaling.scale(slice, self.range)?, roi, self.params)
            }
        }
    }
}
