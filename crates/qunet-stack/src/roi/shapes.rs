//! Closings, openings, holes and large parts of masks.

use image::{GrayImage, Luma};
use imageproc::distance_transform::Norm;
use imageproc::morphology;
use ndarray::{Array2, Array3, ArrayRef2};
use qunet_grid::{Connectivity, ObjectStats, Objects};

use crate::Error;

const INSIDE: Luma<u8> = Luma([255]);

/// Closes gaps up to twice `radius` pixels wide; the mask beyond the edges counts as empty.
pub(super) fn closing(mask: &ArrayRef2<bool>, radius: u8) -> Result<Array2<bool>, Error> {
    Ok(to_mask(&morphology::close(&picture(mask)?, Norm::L2, radius)))
}

/// Takes away what is thinner than twice `radius` pixels.
pub(super) fn opening(mask: &ArrayRef2<bool>, radius: u8) -> Result<Array2<bool>, Error> {
    Ok(to_mask(&morphology::open(&picture(mask)?, Norm::L2, radius)))
}

/// Fills what does not reach the edge and has at most so many pixels.
pub(super) fn fill_holes(mask: &mut Array2<bool>, most: usize) -> Result<(), Error> {
    let outside = mask.mapv(|inside| !inside);
    let parts = Objects::from_mask(&outside, Connectivity::Full)?;
    let stats = parts.stats();
    let is_hole =
        |part: &ObjectStats| part.pixels <= most as u64 && !reaches_edge(part, outside.dim());
    let holes = parts.retain(|part| is_hole(&stats[part])).mask();
    mask.zip_mut_with(&holes, |inside, &hole| *inside |= hole);
    Ok(())
}

/// The parts of a mask that touch the edge.
pub(super) fn reaching_edge(mask: &ArrayRef2<bool>) -> Result<Array2<bool>, Error> {
    let parts = Objects::from_mask(mask, Connectivity::Full)?;
    let stats = parts.stats();
    Ok(parts.retain(|part| reaches_edge(&stats[part], mask.dim())).mask())
}

fn reaches_edge(part: &ObjectStats, (height, width): (usize, usize)) -> bool {
    let mut sides = part.bounds.iter().zip([height, width]);
    sides.any(|(range, length)| range.start == 0 || range.end == length)
}

/// Keeps the parts of a stack that have at least this share of the largest part's voxels.
pub(super) fn keep_large(mask: &mut Array3<bool>, share: f64) -> Result<(), Error> {
    let parts = Objects::from_mask(mask, Connectivity::Slices)?;
    let sizes = parts.sizes().to_vec();
    let largest = sizes.iter().copied().max().unwrap_or(0) as f64;
    *mask = parts.retain(|part| sizes[part] as f64 >= share * largest).mask();
    Ok(())
}

fn picture(mask: &ArrayRef2<bool>) -> Result<GrayImage, Error> {
    let (height, width) = mask.dim();
    let rule = "image sides lie in 1..=4294967295";
    let side = |length: usize| {
        let too_long = |_| Error::Parameter { field: "side", value: length as f64, rule };
        u32::try_from(length).map_err(too_long)
    };
    Ok(GrayImage::from_fn(side(width)?, side(height)?, |x, y| {
        if mask[(y as usize, x as usize)] { INSIDE } else { Luma([0]) }
    }))
}

fn to_mask(picture: &GrayImage) -> Array2<bool> {
    let shape = (picture.height() as usize, picture.width() as usize);
    Array2::from_shape_fn(shape, |(y, x)| picture.get_pixel(x as u32, y as u32)[0] > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_holes_are_filled_and_bays_are_not() {
        let rows = ["######.", "#.##.#.", "####.#.", "#.####.", "#......"];
        let mut mask = Array2::from_shape_fn((5, 7), |(y, x)| rows[y].as_bytes()[x] == b'#');
        let inside = |mask: &Array2<bool>| mask.iter().filter(|&&inside| inside).count();
        // Holes of one and of two pixels; the third dark place reaches the edge.
        let before = inside(&mask);
        fill_holes(&mut mask, 1).unwrap();
        assert_eq!(inside(&mask), before + 1);
        assert!(mask[(1, 1)] && !mask[(1, 4)]);
        fill_holes(&mut mask, usize::MAX).unwrap();
        assert_eq!(inside(&mask), before + 3);
        assert!(mask[(1, 4)] && mask[(2, 4)] && !mask[(3, 1)]);
    }
}
