//! Components and closings of masks in one plane.

use image::{GrayImage, Luma};
use imageproc::distance_transform::Norm;
use imageproc::morphology;
use imageproc::region_labelling::{Connectivity, connected_components};
use ndarray::{Array2, ArrayRef2};

use crate::Error;

const INSIDE: Luma<u8> = Luma([255]);

/// Labels from 1 of the 8-connected parts of a mask, 0 outside.
pub(super) fn components(mask: &ArrayRef2<bool>) -> Result<Array2<u32>, Error> {
    let labels = connected_components(&picture(mask)?, Connectivity::Eight, Luma([0]));
    Ok(Array2::from_shape_fn(mask.dim(), |(y, x)| labels.get_pixel(x as u32, y as u32)[0]))
}

/// Closes gaps up to twice `radius` pixels wide; the mask beyond the edges counts as empty.
pub(super) fn close(mask: &ArrayRef2<bool>, radius: u8) -> Result<Array2<bool>, Error> {
    let closed = morphology::close(&picture(mask)?, Norm::L2, radius);
    Ok(Array2::from_shape_fn(mask.dim(), |(y, x)| closed.get_pixel(x as u32, y as u32)[0] > 0))
}

/// Takes away what is thinner than twice `radius` pixels.
pub(super) fn open(mask: &ArrayRef2<bool>, radius: u8) -> Result<Array2<bool>, Error> {
    let opened = morphology::open(&picture(mask)?, Norm::L2, radius);
    Ok(Array2::from_shape_fn(mask.dim(), |(y, x)| opened.get_pixel(x as u32, y as u32)[0] > 0))
}

/// Fills what does not reach the edge and has at most so many pixels.
pub(super) fn fill_holes(mask: &mut Array2<bool>, most: usize) -> Result<(), Error> {
    let outside = mask.mapv(|inside| !inside);
    let open = reaching_edge(&outside)?;
    let labels = components(&outside)?;
    let mut sizes = vec![0usize; 1 + labels.iter().copied().max().unwrap_or(0) as usize];
    labels.iter().for_each(|&label| sizes[label as usize] += 1);
    ndarray::Zip::from(mask).and(&labels).and(&open).for_each(|inside, &label, &open| {
        *inside = *inside || (!open && sizes[label as usize] <= most);
    });
    Ok(())
}

/// The parts of a mask that touch the edge.
pub(super) fn reaching_edge(mask: &ArrayRef2<bool>) -> Result<Array2<bool>, Error> {
    let labels = components(mask)?;
    let (height, width) = labels.dim();
    let most = labels.iter().copied().max().unwrap_or(0) as usize;
    let mut touches = vec![false; most + 1];
    for ((y, x), &label) in labels.indexed_iter() {
        if y == 0 || x == 0 || y + 1 == height || x + 1 == width {
            touches[label as usize] = true;
        }
    }
    touches[0] = false;
    Ok(labels.mapv(|label| touches[label as usize]))
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
