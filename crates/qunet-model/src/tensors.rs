//! The one place where arrays become tensors and back, through plain slices.

use ndarray::{Array2, Array3, ArrayBase, ArrayRef2, ArrayRef3, ArrayView3, Axis, Data, Ix2, Ix3};
use qunet_stack::resize_bilinear;
use tch::{Device, Kind, TchError, Tensor};

use crate::error::{Error, While};

/// Something a network can be shown: a grey image `(H, W)` or an image `(C, H, W)` of any number of channels, owned or
/// a view.
///
/// ```
/// use ndarray::{Array2, Array3};
/// use qunet_model::Image;
///
/// assert_eq!(Array2::<f32>::zeros((20, 30)).channels().dim(), (1, 20, 30));
/// assert_eq!(Array3::<f32>::zeros((3, 20, 30)).channels().dim(), (3, 20, 30));
/// ```
pub trait Image {
    /// The channels, `(C, H, W)`: intensities in [0, 1], and behind them as many priors, in about [-1, 1], as the
    /// network's [`Channels::priors`](crate::Channels::priors) says.
    fn channels(&self) -> ArrayView3<'_, f32>;
}

impl<S: Data<Elem = f32>> Image for ArrayBase<S, Ix2> {
    fn channels(&self) -> ArrayView3<'_, f32> {
        self.view().insert_axis(Axis(0))
    }
}

impl<S: Data<Elem = f32>> Image for ArrayBase<S, Ix3> {
    fn channels(&self) -> ArrayView3<'_, f32> {
        self.view()
    }
}

/// A batch `(N, C, H, W)` of f32 from images `(C, H, W)` of one size.
pub(crate) fn batch<'a>(
    images: impl IntoIterator<Item = &'a Array3<f32>>,
    device: Device,
) -> Result<Tensor, Error> {
    let doing = "copying slices into a tensor";
    let mut images = images.into_iter().peekable();
    let first = images.peek().ok_or(Error::NoSlices { purpose: "batch" })?;
    let (channels, height, width) = first.dim();
    let mut values: Vec<f32> = Vec::new();
    let mut count = 0;
    for image in images {
        count += 1;
        match image.as_slice() {
            Some(pixels) => values.extend_from_slice(pixels),
            None => values.extend(image.iter()),
        }
    }
    let shape = [count, channels as i64, height as i64, width as i64];
    let tensor = Tensor::f_from_slice(&values).while_doing(doing)?;
    tensor.f_reshape(shape).and_then(|tensor| tensor.f_to_device(device)).while_doing(doing)
}

/// A batch `(N, 1, H, W)` of labels from label maps `(H, W)` of one size.
pub(crate) fn label_batch(maps: &[Array2<u8>], device: Device) -> Result<Tensor, Error> {
    let doing = "copying labels into a tensor";
    let (height, width) = maps.first().ok_or(Error::NoSlices { purpose: "batch" })?.dim();
    let values: Vec<u8> = maps.iter().flat_map(|map| map.iter().copied()).collect();
    let shape = [maps.len() as i64, 1, height as i64, width as i64];
    let tensor = Tensor::f_from_slice(&values).while_doing(doing)?;
    tensor.f_reshape(shape).and_then(|tensor| tensor.f_to_device(device)).while_doing(doing)
}

/// The maps `(N, C, H, W)` of one head as arrays `(C, H, W)`.
pub(crate) fn maps(tensor: &Tensor) -> Result<Vec<Array3<f32>>, Error> {
    let doing = "copying maps out of a tensor";
    let (count, channels, height, width) = tensor.size4().while_doing(doing)?;
    let tensor = tensor
        .f_to_device(Device::Cpu)
        .and_then(|tensor| tensor.f_to_kind(Kind::Float))
        .and_then(|tensor| tensor.f_contiguous())
        .and_then(|tensor| tensor.f_reshape([count, -1]))
        .while_doing(doing)?;
    let (channels, height, width) = (channels as usize, height as usize, width as usize);
    (0..count)
        .map(|index| {
            let map = tensor.f_select(0, index).and_then(|map| Vec::<f32>::try_from(&map));
            let map = map.while_doing(doing)?;
            let values = map.len();
            Array3::from_shape_vec((channels, height, width), map)
                .map_err(|_| Error::ShapeMismatch { image: (height, width), mask: (values, 1) })
        })
        .collect()
}

/// The same tensor with its channels next to each other in memory, which convolutions are fastest on; gradients flow
/// through, and what lies so already is not copied.
pub(crate) fn channels_last(tensor: &Tensor) -> Result<Tensor, TchError> {
    tensor.f_permute([0, 2, 3, 1])?.f_contiguous()?.f_permute([0, 3, 1, 2])
}

/// A mask as the 0 and 1 that nearest-neighbour resizing takes.
pub(crate) fn as_labels(mask: &ArrayRef2<bool>) -> Array2<u8> {
    mask.mapv(u8::from)
}

/// Every channel of an image, resized bilinearly.
pub(crate) fn resized(image: &ArrayRef3<f32>, size: (usize, usize)) -> Result<Array3<f32>, Error> {
    let mut out = Array3::zeros((image.dim().0, size.0, size.1));
    for (channel, mut to) in image.outer_iter().zip(out.outer_iter_mut()) {
        to.assign(&resize_bilinear(&channel, size)?);
    }
    Ok(out)
}

/// Refuses an image with a pixel that is NaN or infinite.
pub(crate) fn check_finite(number: usize, image: &ArrayRef3<f32>) -> Result<(), Error> {
    // A sum is one pass that vectorises. It is infinite or NaN where any pixel is; that the sum of finite pixels
    // overflows is rare, and only then each pixel is tested.
    if image.iter().sum::<f32>().is_finite() {
        return Ok(());
    }
    match image.indexed_iter().find(|(_, pixel)| !pixel.is_finite()) {
        None => Ok(()),
        Some(((_, row, column), _)) => {
            Err(Error::NotFinite { image: number, index: (row, column) })
        }
    }
}
