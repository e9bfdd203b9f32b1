//! One slice as a small picture: the pixel values it shows as black and white, its size, and the
//! masks on it.

use image::imageops::{self, FilterType};
use image::{GrayImage, Luma, Rgb, RgbImage};
use ndarray::{Array2, ArrayRef2};
use plotters::style::RGBColor;
use qunet_stack::SliceId;

use crate::Error;
use crate::palette::{SKY, YELLOW, blend, channels, viridis};

/// From this magnification on pixels are shown as squares, below they are interpolated.
const SQUARES_FROM: u32 = 4;
/// What a pixel may lie beyond [0, 1], as resampling leaves it.
const TOLERANCE: f32 = 1e-3;
/// What the outlines of a slice are, with the colour of each.
const OUTLINES: [(RGBColor, &str); 2] = [(YELLOW, "truth"), (SKY, "prediction")];

/// The pixel values that a slice shows as black and as white.
///
/// This is the one place that brings pixels into the range of a picture, so that a stack that nobody
/// scaled is shown instead of refused after hours of training.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Display {
    black: f32,
    white: f32,
}

impl Display {
    /// 0 is black and 1 is white; what resampling leaves beyond them is clamped.
    const UNIT: Self = Self { black: 0.0, white: 1.0 };

    /// [`UNIT`](Self::UNIT) for a slice in [0, 1], else its smallest and largest value.
    fn new(image: &ArrayRef2<f32>) -> Self {
        let black = image.iter().copied().fold(f32::INFINITY, f32::min);
        let white = image.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if black >= -TOLERANCE && white <= 1.0 + TOLERANCE {
            return Self::UNIT;
        }
        Self { black, white }
    }

    /// The grey of a pixel; black everywhere in a slice of one value, as [`Scaling`] has it.
    ///
    /// [`Scaling`]: qunet_stack::Scaling
    fn grey(self, value: f32) -> u8 {
        // Halves, because the whole span of two large numbers may be infinite.
        let (part, span) = (value / 2.0 - self.black / 2.0, self.white / 2.0 - self.black / 2.0);
        let share = if span > 0.0 { (part / span).clamp(0.0, 1.0) } else { 0.0 };
        (share * 255.0).round() as u8
    }
}

/// A slice that can be drawn, with the masks whose outlines lie on it.
#[derive(Clone, Debug)]
pub(crate) struct Tile<'a> {
    id: SliceId,
    image: &'a ArrayRef2<f32>,
    display: Display,
    /// Truth and prediction, as in [`OUTLINES`].
    masks: [Option<&'a ArrayRef2<bool>>; 2],
}

impl<'a> Tile<'a> {
    /// Refuses an image that is empty or holds a pixel that is infinite or no number.
    pub(crate) fn new(id: SliceId, image: &'a ArrayRef2<f32>) -> Result<Self, Error> {
        let (rows, columns) = image.dim();
        if image.is_empty() {
            return Err(Error::EmptyImage { what: "image", slice: id, rows, columns });
        }
        check_pixels(("image", id), image, |value| value.is_finite(), "finite")?;
        Ok(Self { id, image, display: Display::new(image), masks: [None, None] })
    }

    /// The tile with outlines; masks of another shape are refused.
    pub(crate) fn with_masks(
        self,
        truth: Option<&'a ArrayRef2<bool>>,
        prediction: Option<&'a ArrayRef2<bool>>,
    ) -> Result<Self, Error> {
        let masks = [truth, prediction];
        for (mask, (_, what)) in masks.iter().zip(OUTLINES) {
            mask.map_or(Ok(()), |mask| self.check_shape(what, mask.dim()))?;
        }
        Ok(Self { masks, ..self })
    }

    /// Refuses a mask or map that does not have the shape of the image.
    pub(crate) fn check_shape(&self, what: &str, found: (usize, usize)) -> Result<(), Error> {
        let expected = self.image.dim();
        if found == expected {
            return Ok(());
        }
        Err(Error::ShapeMismatch { what: what.to_owned(), slice: self.id, expected, found })
    }

    /// Refuses a map that does not have the shape of the image or holds a value outside [0, 1].
    pub(crate) fn check_probabilities(
        &self,
        what: &str,
        map: &ArrayRef2<f32>,
    ) -> Result<(), Error> {
        self.check_shape(what, map.dim())?;
        let inside = -TOLERANCE..=1.0 + TOLERANCE;
        check_pixels((what, self.id), map, |value| inside.contains(&value), "in [0, 1]")
    }

    /// (width, height) of the largest picture of this slice that fits into a square of `side`
    /// pixels.
    pub(crate) fn size(&self, side: u32) -> (u32, u32) {
        fit(self.image.dim(), side)
    }

    /// The slice in 8 bits at a size.
    pub(crate) fn levels(&self, size: (u32, u32)) -> GrayImage {
        levels(self.image, self.display, size)
    }

    /// The slice in grey at a size.
    pub(crate) fn grey(&self, size: (u32, u32)) -> RgbImage {
        coloured(&self.levels(size), |value| [value; 3])
    }

    /// The slice in grey with the outlines of its masks, the truth a little thicker so that it
    /// shows beside a prediction that is right.
    pub(crate) fn outlined(&self, size: (u32, u32)) -> RgbImage {
        let mut picture = self.grey(size);
        for ((mask, (colour, _)), thickness) in self.masks.iter().zip(OUTLINES).zip([3, 2]) {
            if let Some(mask) = mask {
                outline(&mut picture, mask, colour, thickness);
            }
        }
        picture
    }
}

/// The legend of the outlines that any of the tiles has.
pub(crate) fn outline_legend(tiles: &[Tile<'_>]) -> Vec<(RGBColor, &'static str)> {
    let shown = |at: &usize| tiles.iter().any(|tile| tile.masks[*at].is_some());
    (0..OUTLINES.len()).filter(shown).map(|at| OUTLINES[at]).collect()
}

/// A sentence for the caption where any of the tiles is not in [0, 1]; empty otherwise.
pub(crate) fn display_note<'a>(tiles: impl IntoIterator<Item = &'a Tile<'a>>) -> &'static str {
    match tiles.into_iter().all(|tile| tile.display == Display::UNIT) {
        true => "",
        false => {
            " Slices that are not scaled to [0, 1] are shown from their smallest to their largest \
             value."
        }
    }
}

fn check_pixels(
    (what, slice): (&str, SliceId),
    image: &ArrayRef2<f32>,
    is_right: impl Fn(f32) -> bool,
    rule: &'static str,
) -> Result<(), Error> {
    match image.indexed_iter().find(|(_, value)| !is_right(**value)) {
        None => Ok(()),
        Some(((row, column), &value)) => {
            let what = what.to_owned();
            Err(Error::InvalidPixel { what, slice, row, column, value, rule })
        }
    }
}

/// (width, height) of the largest picture of (rows, columns) that fits into a square.
pub(crate) fn fit((rows, columns): (usize, usize), side: u32) -> (u32, u32) {
    let longest = rows.max(columns).max(1) as f64;
    let scaled = |n: usize| ((n as f64 * f64::from(side) / longest).round() as u32).max(1);
    (scaled(columns), scaled(rows))
}

/// A probability map in viridis.
pub(crate) fn heat(map: &ArrayRef2<f32>, size: (u32, u32)) -> RgbImage {
    coloured(&levels(map, Display::UNIT, size), |value| viridis(f32::from(value) / 255.0))
}

fn coloured(grey: &GrayImage, colour: impl Fn(u8) -> [u8; 3]) -> RgbImage {
    RgbImage::from_fn(grey.width(), grey.height(), |x, y| Rgb(colour(grey.get_pixel(x, y).0[0])))
}

fn levels(image: &ArrayRef2<f32>, display: Display, (width, height): (u32, u32)) -> GrayImage {
    let (rows, columns) = image.dim();
    let grey = GrayImage::from_fn(columns as u32, rows as u32, |x, y| {
        Luma([display.grey(image[[y as usize, x as usize]])])
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
        let image = array![[0.0, 1.0], [0.5, 0.0]];
        let tile = Tile::new(SliceId(0), &image).unwrap().grey((8, 8));
        assert_eq!(tile.get_pixel(7, 0).0, [255; 3]);
        assert_eq!(tile.get_pixel(0, 7).0, [128; 3]);
    }

    #[test]
    fn pixels_that_are_no_numbers_are_named() {
        let image = array![[0.0, f32::NAN]];
        let error = Tile::new(SliceId(3), &image).unwrap_err();
        assert!(error.to_string().contains("row 0, column 1"), "{error}");
        assert!(Tile::new(SliceId(3), &array![[f32::INFINITY]]).is_err());
    }

    #[test]
    fn probabilities_beyond_the_unit_interval_are_refused() {
        let image = array![[0.5]];
        let tile = Tile::new(SliceId(3), &image).unwrap();
        assert!(tile.check_probabilities("L4", &array![[f32::NAN]]).is_err());
        assert!(tile.check_probabilities("L4", &array![[1.5]]).is_err());
        assert!(tile.check_probabilities("L4", &array![[1.0005]]).is_ok());
    }

    #[test]
    fn every_image_has_a_display_range() {
        let greys = |image: &Array2<f32>| {
            let display = Display::new(image);
            image.iter().map(|&value| display.grey(value)).collect::<Vec<u8>>()
        };
        // In [0, 1], and a little beyond it: as it is, clamped.
        assert_eq!(greys(&array![[0.2, 0.4]]), [51, 102]);
        assert_eq!(greys(&array![[-0.0005, 1.0005, 0.5]]), [0, 255, 128]);
        // Hounsfield units and 8 bits: from the smallest to the largest value.
        assert_eq!(greys(&array![[-1000.0, 0.0, 1000.0]]), [0, 128, 255]);
        assert_eq!(greys(&array![[0.0, 200.0]]), [0, 255]);
        assert_eq!(greys(&array![[7.0, 7.0]]), [0, 0]);
        assert_eq!(greys(&array![[-f32::MAX, f32::MAX, 0.0]]), [0, 255, 128]);
    }
}
