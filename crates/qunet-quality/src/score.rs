use std::collections::BTreeMap;

use ndarray::{ArrayRef2, ArrayRef3, Axis, CowArray, Ix2};
use qunet_stack::SliceId;
use rayon::prelude::*;

use crate::{
    Error, LaplacianKernel, Pixel, QualityParams, QualityRecord, Result, check,
    contrast::Noise,
    laplacian::{EightNeighbour, FourNeighbour, OpencvKsize3, Weights},
    linear::{Linear, Measured},
    measure,
    median::for_each_median_row,
    region::RegionSums,
    responses::Responses,
    rows::Rows,
};

/// The pixels of one slice, owned or borrowed, with or without a region of interest.
///
/// ```
/// use ndarray::{Array2, array};
/// use qunet_quality::SliceImage;
///
/// let pixels = array![[1_u8, 2], [3, 4]];
/// let borrowed = SliceImage::new(pixels.view());
/// let owned = SliceImage::new(pixels.clone()).with_roi(Array2::from_elem((2, 2), true));
/// # let _ = (borrowed, owned);
/// ```
#[derive(Clone, Debug)]
pub struct SliceImage<'a, T> {
    pub(crate) image: CowArray<'a, T, Ix2>,
    pub(crate) roi: Option<CowArray<'a, bool, Ix2>>,
}

impl<'a, T: Pixel> SliceImage<'a, T> {
    /// A slice (H, W) whose region is all of it.
    pub fn new(image: impl Into<CowArray<'a, T, Ix2>>) -> Self {
        let image = image.into();
        Self { image, roi: None }
    }

    /// The same slice with a region of interest (H, W), true inside.
    #[must_use]
    pub fn with_roi(mut self, roi: impl Into<CowArray<'a, bool, Ix2>>) -> Self {
        self.roi = Some(roi.into());
        self
    }
}

/// All quality metrics of one slice.
///
/// `image` and `roi` are (H, W); the Laplacian and the inverse PSNR see the whole slice, the
/// region statistics see the pixels inside `roi`, or all pixels without one. Section II-B of
/// S. Roychowdhury, QU-net++ (2021).
///
/// # Errors
/// [`Error::Slice`] with the slice and the cause: a setting out of range, an image without
/// pixels, a NaN or infinite pixel anywhere in it, a mask of another shape.
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

/// Measures the pixels of one slice; its errors name the slice.
pub(crate) fn measure_slice<T: Pixel>(
    id: SliceId,
    image: &ArrayRef2<T>,
    roi: Option<&ArrayRef2<bool>>,
    params: &QualityParams,
) -> Result<Measured> {
    measured(id, image, roi, params).map_err(|error| error.in_slice(id))
}

fn measured<T: Pixel>(
    id: SliceId,
    image: &ArrayRef2<T>,
    roi: Option<&ArrayRef2<bool>>,
    params: &QualityParams,
) -> Result<Measured> {
    params.check()?;
    check::shapes(image, roi)?;
    let mut measured = match params.laplacian_kernel {
        LaplacianKernel::FourNeighbour => one_pass::<T, FourNeighbour>(id, image, roi, params),
        LaplacianKernel::EightNeighbour => one_pass::<T, EightNeighbour>(id, image, roi, params),
        LaplacianKernel::OpencvKsize3 => one_pass::<T, OpencvKsize3>(id, image, roi, params),
    }?;
    for &metric in &params.further {
        let value = measure(metric, image, roi, &params.metric_params)?;
        measured.further.insert(metric, value);
    }
    Ok(measured)
}

/// Goes over the rows once: each is taken in by all metrics while it is in the nearest cache.
fn one_pass<T: Pixel, W: Weights>(
    id: SliceId,
    image: &ArrayRef2<T>,
    roi: Option<&ArrayRef2<bool>>,
    params: &QualityParams,
) -> Result<Measured> {
    let mut responses = Responses::<T, W>::new(image, None, params.laplacian_border.resolve()?);
    let mut noise = Noise::new(image, None);
    let mut region = RegionSums::new(image, roi);
    let mut rows = Rows::new(image, 4);
    rows.load(0);
    let mut row = 0;
    let edge = params.median_border.resolve()?;
    for_each_median_row(image, None, params.median_window, edge, |pixels, medians| {
        rows.load(row + 1);
        responses.add_row(&rows, row);
        noise.add_row(pixels, medians);
        region.add_row(pixels, row);
        row += 1;
    });
    let region = region.finish()?;
    let variance_of_laplacian = responses.variance().unwrap_or_default();
    Ok(Measured {
        id,
        variance_of_laplacian: check::defined(variance_of_laplacian, image, None)?,
        noise: noise.finish()?,
        region,
        further: BTreeMap::new(),
    })
}

/// The quality metrics of many slices, in parallel, in the order of `ids`.
///
/// `load` fetches one slice; it runs on rayon's threads, and each thread holds one slice at a
/// time, so a stack larger than memory can stream through. The records, and the error where
/// there is one (that of the first failing slice in `ids`), do not depend on the number of
/// threads. `E` is the caller's error type, or [`Error`] itself.
///
/// # Errors
/// [`Error::Parameter`] before any slice is loaded; what `load` returns; what [`score_slice`]
/// returns.
///
/// # Example
/// ```
/// use ndarray::Array2;
/// use qunet_quality::{Error, QualityParams, SliceImage, score_slices};
/// use qunet_stack::SliceId;
///
/// let ids = [SliceId(2), SliceId(5)];
/// let records = score_slices(&ids, &QualityParams::default(), |id| {
///     let image = Array2::from_shape_fn((8, 8), |(y, x)| (x * y * id.0) as u16);
///     Ok::<_, Error>(SliceImage::new(image))
/// })?;
/// assert_eq!(records[1].id, SliceId(5));
/// # Ok::<(), Error>(())
/// ```
pub fn score_slices<'a, T, F, E>(
    ids: &[SliceId],
    params: &QualityParams,
    load: F,
) -> Result<Vec<QualityRecord>, E>
where
    T: Pixel,
    F: Fn(SliceId) -> Result<SliceImage<'a, T>, E> + Sync,
    E: From<Error> + Send,
{
    params.check()?;
    let score = |&id: &SliceId| {
        let SliceImage { image, roi } = load(id)?;
        Ok(score_slice(id, &image, roi.as_deref(), params)?)
    };
    let outcomes: Vec<Result<QualityRecord, E>> = ids.par_iter().map(score).collect();
    outcomes.into_iter().collect()
}

/// The quality metrics of every slice of an array (N, H, W), with or without a mask (N, H, W).
///
/// Slice i of the first axis becomes `SliceId(i)`; see [`score_slices`].
///
/// # Errors
/// [`Error::ShapeMismatch`] for a mask of another shape, and as [`score_slices`].
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
    if let Some(mask) = roi {
        check::same_shape(volume, mask)?;
    }
    let ids: Vec<SliceId> = (0..volume.len_of(Axis(0))).map(SliceId).collect();
    score_slices(&ids, params, |id| {
        let slice = SliceImage::new(volume.index_axis(Axis(0), id.0));
        Ok(match roi {
            Some(mask) => slice.with_roi(mask.index_axis(Axis(0), id.0)),
            None => slice,
        })
    })
}
