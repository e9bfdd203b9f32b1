//! One slice as a small picture.

use image::imageops::{self, FilterType};
use image::{GrayImage, Luma, Rgb, RgbImage};
use ndarray::{Array2, ArrayRef2};
use plotters::style::RGBColor;
use qunet_stack::SliceId;

use crate::Error;
use crate::palette::{blend, channels, viridis};

/// From this magnification on pixels are shown as squares, below they are interpolated.
const SQUARES_FROM: u32 = 4;
/// What a pixel may lie beyond [0, 1], as resampling leaves it.
const TOLERANCE: f32 = 1e-3;

/// (width, height) of the largest picture of this shape that fits into a square of `side` pixels.
pub(crate) fn fit((rows, columns): (usize, usize), side: u32) -> (u32, u32) {
    let longest = rows.max(columns).max(1) as f64;
    let scaled = |n: usize| ((n as f64 * f64::from(side) / longest).round() as u32).max(1);
    (scaled(columns), scaled(rows))
}

/// Refuses an image that is empty or has a pixel outside [0, 1].
pub(crate) fn check_unit(
    what: &'static str,
    slice: SliceId,
    image: &ArrayRef2<f32>,
) -> Result<(), Error> {
    let (rows, columns) = image.dim();
    if image.is_empty() {
        return Err(Error::EmptyImage { what, slice, rows, columns });
    }
    let inside = -TOLERANCE..=1.0 + TOLERANCE;
    match image.indexed_iter().find(|(_, value)| !inside.contains(*value)) {
        None => Ok(()),
        Some(((row, column), &value)) => {
            Err(Error::PixelOutOfRange { what, slice, row, column, value })
        }
    }
}

/// Refuses a mask or map that does not have the shape of its image.
pub(crate) fn check_shape(
    what: &'static str,
    slice: SliceId,
    expected: (usize, usize),
    found: (usize, usize),
) -> Result<(), Error> {
    if found == expected {
        return Ok(());
    }
    Err(Error::ShapeMismatch { what, slice, expected, found })
}

/// An image in grey.
pub(crate) fn grey(image: &ArrayRef2<f32>, size: (u32, u32)) -> RgbImage {
    coloured(image, size, |value| [value; 3])
}

/// A probability map in viridis.
pub(crate) fn heat(map: &ArrayRef2<f32>, size: (u32, u32)) -> RgbImage {
    coloured(map, size, |value| viridis(f32::from(value) / 255.0))
}

fn coloured(image: &ArrayRef2<f32>, size: (u32, u32), colour: impl Fn(u8) -> [u8; 3]) -> RgbImage {
    let grey = scaled(image, size);
    RgbImage::from_fn(size.0, size.1, |x, y| Rgb(colour(grey.get_pixel(x, y).0[0])))
}

/// An image in 8 bits at another size.
pub(crate) fn scaled(image: &ArrayRef2<f32>, (width, height): (u32, u32)) -> GrayImage {
    let (rows, columns) = image.dim();
    let grey = GrayImage::from_fn(columns as u32, rows as u32, |x, y| {
        let value = image[[y as usize, x as usize]].clamp(0.0, 1.0);
        Luma([(value * 255.0).round() as u8])
    });
    let filter = if width >= columns as u32 * SQUARES_FROM {
        FilterType::Nearest
    } else {
        FilterType::Triangle
    };
    imageops::resize(&grey, width, height, filter)
}

/// A mask at the size of its tile, nearest pixel.
pub(crate) fn scaled_mask(mask: &ArrayRef2<bool>, (width, height): (u32, u32)) -> Array2<bool> {
    let (rows, columns) = mask.dim();
    let (width, height) = (width as usize, height as usize);
    Array2::from_shape_fn((height, width), |(y, x)| {
        mask[[(2 * y + 1) * rows / (2 * height), (2 * x + 1) * columns / (2 * width)]]
    })
}

/// Draws the inner rim of a mask, `thickness` pixels wide.
pub(crate) fn outline(
    tile: &mut RgbImage,
    mask: &ArrayRef2<bool>,
    colour: RGBColor,
    thickness: usize,
) {
    let mask = scaled_mask(mask, tile.dimensions());
    let inside = |y: Option<usize>, x: Option<usize>| {
        y.zip(x).and_then(|at| mask.get(at)).copied().unwrap_or(false)
    };
    let rim = |y: usize, x: usize| {
        let t = thickness;
        !inside(y.checked_sub(t), Some(x))
            || !inside(Some(y + t), Some(x))
            || !inside(Some(y), x.checked_sub(t))
            || !inside(Some(y), Some(x + t))
    };
    tint(tile, 1.0, |y, x| (mask[[y, x]] && rim(y, x)).then_some(colour));
}

/// Lays `share` of a colour over the pixels (row, column) that get one.
pub(crate) fn tint(
    tile: &mut RgbImage,
    share: f32,
    colour: impl Fn(usize, usize) -> Option<RGBColor>,
) {
    for (x, y, pixel) in tile.enumerate_pixels_mut() {
        if let Some(colour) = colour(y as usize, x as usize) {
            pixel.0 = blend(pixel.0, channels(colour), share);
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::palette::SKY;

    #[test]
    fn tiles_keep_their_aspect() {
        assert_eq!(fit((630, 630), 200), (200, 200));
        assert_eq!(fit((100, 400), 200), (200, 50));
        assert_eq!(fit((1, 10_000), 200), (200, 1));
    }

    #[test]
    fn an_outline_is_the_inner_rim() {
        let mask = array![
            [false, false, false, false, false],
            [false, true, true, true, false],
            [false, true, true, true, false],
            [false, true, true, true, false],
            [false, false, false, false, false],
        ];
        let mut tile = RgbImage::new(5, 5);
        outline(&mut tile, &mask, SKY, 1);
        assert_eq!(tile.get_pixel(1, 1).0, channels(SKY));
        assert_eq!(tile.get_pixel(2, 2).0, [0, 0, 0]);
        assert_eq!(tile.get_pixel(0, 0).0, [0, 0, 0]);
    }

    #[test]
    fn grey_keeps_row_and_column() {
        let tile = grey(&array![[0.0, 1.0], [0.5, 0.0]], (8, 8));
        assert_eq!(tile.get_pixel(7, 0).0, [255; 3]);
        assert_eq!(tile.get_pixel(0, 7).0, [128; 3]);
    }

    #[test]
    fn pixels_beyond_the_unit_interval_are_named() {
        let error = check_unit("image", SliceId(3), &array![[0.0, f32::NAN]]).unwrap_err();
        assert!(error.to_string().contains("row 0, column 1"), "{error}");
        assert!(check_unit("image", SliceId(3), &array![[1.5]]).is_err());
        assert!(check_unit("image", SliceId(3), &array![[1.0005]]).is_ok());
    }
}
