//! The one place where arrays become tensors and back, through plain slices.

use ndarray::{Array2, ArrayRef2};
use tch::{Device, Kind, Tensor};

use crate::Error;
use crate::error::While;

/// A batch `(N, 1, H, W)` of f32 from images of one size.
pub(crate) fn batch(images: &[Array2<f32>], device: Device) -> Result<Tensor, Error> {
    let doing = "copying slices into a tensor";
    let first = images.first().ok_or(Error::NoSlices { purpose: "batch" })?;
    let (height, width) = first.dim();
    let values: Vec<f32> = images.iter().flat_map(|image| image.iter().copied()).collect();
    let shape = [images.len() as i64, 1, height as i64, width as i64];
    let tensor = Tensor::f_from_slice(&values).while_doing(doing)?;
    tensor.f_reshape(shape).and_then(|tensor| tensor.f_to_device(device)).while_doing(doing)
}

/// The maps `(N, 1, H, W)` of one head as arrays.
pub(crate) fn maps(tensor: &Tensor) -> Result<Vec<Array2<f32>>, Error> {
    let doing = "copying maps out of a tensor";
    let (count, _, height, width) = tensor.size4().while_doing(doing)?;
    let flat = tensor
        .f_to_device(Device::Cpu)
        .and_then(|tensor| tensor.f_to_kind(Kind::Float))
        .and_then(|tensor| tensor.f_contiguous())
        .and_then(|tensor| tensor.f_reshape([-1]))
        .while_doing(doing)?;
    let values = Vec::<f32>::try_from(&flat).while_doing(doing)?;
    let (height, width) = (height as usize, width as usize);
    let pixels = height * width;
    (0..count as usize)
        .map(|index| {
            let map = values[index * pixels..(index + 1) * pixels].to_vec();
            Array2::from_shape_vec((height, width), map)
                .map_err(|_| Error::ShapeMismatch { image: (height, width), mask: (pixels, 1) })
        })
        .collect()
}

/// A mask as the 0 and 1 that nearest-neighbour resizing takes.
pub(crate) fn as_labels(mask: &ArrayRef2<bool>) -> Array2<u8> {
    mask.mapv(u8::from)
}
