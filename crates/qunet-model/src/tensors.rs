//! The one place where arrays become tensors and back, through plain slices.

use ndarray::{Array2, Array3, ArrayRef2, ArrayRef3};
use tch::{Device, Kind, TchError, Tensor};

use crate::Error;
use crate::error::While;

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

/// Refuses an image with a pixel that is no number.
pub(crate) fn check_finite(number: usize, image: &ArrayRef3<f32>) -> Result<(), Error> {
    // The sum of finite numbers may overflow; only then is a closer look needed.
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
