use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, Rgb, RgbImage, imageops};
use plotters::prelude::{BitMapBackend, IntoDrawingArea};
use plotters::style::RGBColor;

use crate::drawing::FigureData;
use crate::palette::{INK, PAPER, channels};
use crate::surface::{Point, Surface, TextStyle};
use crate::{Error, font};

/// No side of a picture is longer.
const LONGEST: u32 = 60_000;
/// No picture has more pixels.
const MOST_PIXELS: u64 = 100_000_000;
/// Height of text in pictures.
pub(crate) const TEXT: u32 = 18;
/// Text is drawn larger by this factor first.
const ENLARGED: u32 = 4;
/// Side of the square before a name in a legend.
const SWATCH: i32 = 14;

/// A picture under construction.
pub(crate) struct Canvas {
    pixels: RgbImage,
}

impl Canvas {
    /// An empty picture.
    pub(crate) fn new(width: i32, height: i32) -> Result<Self, Error> {
        let side = |length: i32| u32::try_from(length).unwrap_or(u32::MAX);
        let (width, height) = (side(width), side(height));
        let pixels = u64::from(width) * u64::from(height);
        if width.max(height) > LONGEST || pixels > MOST_PIXELS {
            return Err(Error::TooLarge { width, height });
        }
        Ok(Self { pixels: RgbImage::from_pixel(width, height, Rgb(channels(PAPER))) })
    }

    /// Copies a tile with its upper left corner at `at`.
    pub(crate) fn place(&mut self, tile: &RgbImage, (x, y): Point) {
        imageops::replace(&mut self.pixels, tile, i64::from(x), i64::from(y));
    }

    /// A text whose left side stands at `at`, centred vertically on it.
    ///
    /// plotters sets each letter on a whole pixel; drawn larger and shrunk it is evenly spaced.
    /// The built-in font is thin: a second stroke beside the first makes it readable.
    pub(crate) fn text(
        &mut self,
        text: &str,
        (x, y): Point,
        em: u32,
        colour: RGBColor,
    ) -> Result<(), Error> {
        let width = font::width(text, em)?.max(1) as u32 + em;
        let height = em * 3 / 2;
        let mut large = Self::new((width * ENLARGED) as i32, (height * ENLARGED) as i32)?;
        let middle = ((height / 2 + em / 5) * ENLARGED) as i32;
        for x in [0, ENLARGED as i32 / 2] {
            large.draw(|s| s.text(text, (x, middle), em * ENLARGED, TextStyle::left(colour)))?;
        }
        let small = imageops::resize(&large.pixels, width, height, imageops::FilterType::Triangle);
        self.place(&small, (x, y - height as i32 / 2));
        Ok(())
    }

    /// Coloured squares with names, from left to right; returns where the last name ends.
    pub(crate) fn legend(
        &mut self,
        entries: &[(RGBColor, &str)],
        (mut x, y): Point,
    ) -> Result<i32, Error> {
        for &(colour, name) in entries {
            let (top, name_x) = (y - SWATCH / 2, x + SWATCH + 8);
            self.draw(|surface| {
                surface.rectangle(
                    [(x - 1, top - 1), (x + SWATCH + 1, top + SWATCH + 1)],
                    INK,
                    1.0,
                )?;
                surface.rectangle([(x, top), (x + SWATCH, top + SWATCH)], colour, 1.0)
            })?;
            self.text(name, (name_x, y), TEXT, INK)?;
            x = name_x + font::width(name, TEXT)? + 24;
        }
        Ok(x)
    }

    /// The finished picture.
    pub(crate) fn into_png(self) -> Result<FigureData, Error> {
        let (width, height) = self.pixels.dimensions();
        let mut bytes = Vec::new();
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive)
            .write_image(&self.pixels, width, height, ExtendedColorType::Rgb8)?;
        Ok(FigureData::Png(bytes))
    }

    fn draw(
        &mut self,
        draw: impl FnOnce(&Surface<BitMapBackend<'_>>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let size = self.pixels.dimensions();
        let surface =
            Surface(BitMapBackend::with_buffer(&mut self.pixels, size).into_drawing_area());
        draw(&surface)?;
        Ok(surface.0.present()?)
    }
}
