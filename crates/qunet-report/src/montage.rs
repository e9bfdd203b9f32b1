use image::RgbImage;
use ndarray::ArrayRef2;
use qunet_stack::SliceId;

use crate::canvas::{Canvas, TEXT};
use crate::figure::Figure;
use crate::palette::{INK, MUTED};
use crate::surface::Point;
use crate::tile::{self, Tile};
use crate::{Error, font, number};

/// Width of the whole picture.
const WIDTH: i32 = 1200;
const MARGIN: i32 = 16;
const GAP: i32 = 14;
/// Most tiles side by side.
const COLUMNS: usize = 6;
/// Largest side of a tile.
const LARGEST: i32 = 300;
const LINE: i32 = 24;
/// Lines of a note.
const NOTE_LINES: usize = 2;

/// One slice of a [`montage`].
#[derive(Clone, Debug)]
pub struct MontageTile<'a> {
    /// Which slice.
    pub id: SliceId,
    /// Its pixels; where they are not in [0, 1], its smallest value is black and its largest white.
    pub image: &'a ArrayRef2<f32>,
    /// What stands under it, for example why it was chosen.
    pub note: String,
    /// The ground truth, outlined in yellow.
    pub truth: Option<&'a ArrayRef2<bool>>,
    /// The network's prediction, outlined in blue.
    pub prediction: Option<&'a ArrayRef2<bool>>,
}

impl<'a> MontageTile<'a> {
    /// A slice without outlines.
    pub fn new(id: SliceId, image: &'a ArrayRef2<f32>, note: impl Into<String>) -> Self {
        Self { id, image, note: note.into(), truth: None, prediction: None }
    }

    /// Outlines the truth.
    #[must_use]
    pub fn with_truth(self, mask: &'a ArrayRef2<bool>) -> Self {
        Self { truth: Some(mask), ..self }
    }

    /// Outlines the prediction.
    #[must_use]
    pub fn with_prediction(self, mask: &'a ArrayRef2<bool>) -> Self {
        Self { prediction: Some(mask), ..self }
    }

    fn tile(&self) -> Result<Tile<'a>, Error> {
        Tile::new(self.id, self.image)?.with_masks(self.truth, self.prediction)
    }
}

/// A grid of slices, each with its index and a note under it.
///
/// # Errors
/// [`Error::Empty`] without tiles, [`Error::EmptyImage`], [`Error::InvalidPixel`] where a pixel is
/// infinite or no number, [`Error::ShapeMismatch`] where a mask does not have the shape of its
/// image, [`Error::TooLarge`] for some ten thousand tiles.
///
/// # Example
/// ```
/// use ndarray::Array2;
/// use qunet_report::{MontageTile, montage};
/// use qunet_stack::SliceId;
///
/// let image = Array2::from_elem((64, 64), 0.5);
/// let figure = montage(&[MontageTile::new(SliceId(12), &image, "sharp, rank 1")])?;
/// assert_eq!(figure.name(), "montage");
/// # Ok::<(), qunet_report::Error>(())
/// ```
pub fn montage(tiles: &[MontageTile<'_>]) -> Result<Figure, Error> {
    if tiles.is_empty() {
        return Err(Error::Empty { what: "montage tiles" });
    }
    let shown = tiles.iter().map(MontageTile::tile).collect::<Result<Vec<_>, _>>()?;
    let picture = draw(tiles, &shown)?.into_png()?;
    let ids: Vec<String> = tiles.iter().map(|tile| tile.id.to_string()).collect();
    let alt = format!("Grid of {}: {}", number::count(tiles.len(), "slice"), ids.join(", "));
    let caption = format!("{}, in this order.", number::count(tiles.len(), "slice"));
    Ok(Figure::new("montage", caption, alt, picture).with_note(tile::display_note(&shown)))
}

fn draw(tiles: &[MontageTile<'_>], shown: &[Tile<'_>]) -> Result<Canvas, Error> {
    let rows = tiles.len().div_ceil(COLUMNS);
    let columns = tiles.len().div_ceil(rows);
    let across = columns as i32;
    let side = ((WIDTH - 2 * MARGIN - GAP * (across - 1)) / across).min(LARGEST);
    let pictures: Vec<RgbImage> =
        shown.iter().map(|tile| tile.outlined(tile.size(side as u32))).collect();
    let tallest = pictures.iter().map(RgbImage::height).max().unwrap_or(0) as i32;
    let pitch = tallest + LINE * (2 + NOTE_LINES as i32);
    let entries = tile::outline_legend(shown);
    let legend_height = if entries.is_empty() { 0 } else { LINE + MARGIN };
    let width = 2 * MARGIN + (side + GAP) * across - GAP;
    let down = i32::try_from(rows).unwrap_or(i32::MAX);
    let height = pitch.saturating_mul(down).saturating_add(MARGIN + legend_height);
    let mut canvas = Canvas::new(width, height)?;
    for (i, (tile, picture)) in tiles.iter().zip(&pictures).enumerate() {
        let x = MARGIN + (side + GAP) * (i % columns) as i32;
        let y = MARGIN + pitch * (i / columns) as i32;
        canvas.place(picture, (x, y));
        draw_note(&mut canvas, tile, (x, y + tallest + 16), side)?;
    }
    canvas.legend(&entries, (MARGIN, height - MARGIN - 6))?;
    Ok(canvas)
}

/// The slice's index and, below it, its note.
fn draw_note(
    canvas: &mut Canvas,
    tile: &MontageTile<'_>,
    (x, y): Point,
    room: i32,
) -> Result<(), Error> {
    canvas.text(&format!("Slice {}", tile.id), (x, y), TEXT, INK)?;
    let rows = font::wrapped(&tile.note, TEXT - 1, room, NOTE_LINES)?;
    for (line, row) in (1..).zip(&rows) {
        canvas.text(row, (x, y + LINE * line), TEXT - 1, MUTED)?;
    }
    Ok(())
}
