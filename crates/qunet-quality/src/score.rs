use ndarray::{ArrayRef2, ArrayRef3, Axis, CowArray, Ix2};
use qunet_stack::SliceId;
use rayon::prelude::*;

use crate::{
    Error, Pixel, QualityParams, QualityRecord, Result, check, image_statistics, inverse_psnr,
    roi_statistics, variance_of_laplacian,
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
    image: CowArray<'a, T, Ix2>,
    roi: Option<CowArray<'a, bool, Ix2>>,
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
    record(id, image, roi, params).map_err(|error| error.in_slice(id))
}

fn record<T: Pixel>(
    id: SliceId,
    image: &ArrayRef2<T>,
    roi: Option<&ArrayRef2<bool>>,
    params: &QualityParams,
) -> Result<QualityRecord> {
    let region = match roi {
        Some(mask) => roi_statistics(image, mask)?,
        None => image_statistics(image)?,
    };
    let (kernel, border) = (params.laplacian_kernel, params.laplacian_border);
    Ok(QualityRecord {
        id,
        variance_of_laplacian: variance_of_laplacian(image, kernel, border)?,
        inverse_psnr: inverse_psnr(image, params.median_window, params.median_border)?,
        roi_pixels: region.pixels,
        roi_mean: region.mean,
        roi_cov: region.cov(),
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
