use image::RgbImage;
use ndarray::ArrayRef2;
use qunet_stack::SliceId;

use crate::canvas::{Canvas, TEXT};
use crate::figure::Figure;
use crate::palette::{GREEN, INK, MUTED, SKY, VERMILLION};
use crate::tile::{self, Tile};
use crate::{Error, font, number};

const MARGIN: i32 = 16;
const GAP: i32 = 14;
/// Side of a tile.
const SIDE: i32 = 330;
/// Room for the names of the rows.
const NAMES: i32 = 150;
/// Where the rows begin, below the names of the columns.
const TOP: i32 = 40;
/// Room for the legends below the rows.
const BOTTOM: i32 = 40;
const COLUMNS: [&str; 3] = ["image", "truth and prediction", "right and wrong pixels"];

/// One slice of an [`overlay_figure`].
#[derive(Clone, Debug)]
pub struct OverlayRow<'a> {
    /// Which slice.
    pub id: SliceId,
    /// Its role among the rows, for example "best".
    pub label: String,
    /// Its pixels; where they are not in [0, 1], its smallest value is black and its largest white.
    pub image: &'a ArrayRef2<f32>,
    /// The ground truth.
    pub truth: &'a ArrayRef2<bool>,
    /// The network's prediction.
    pub prediction: &'a ArrayRef2<bool>,
    /// Dice of prediction and truth; `None` where it is undefined.
    pub dice: Option<f64>,
}

impl<'a> OverlayRow<'a> {
    fn tile(&self) -> Result<Tile<'a>, Error> {
        let tile =
            Tile::new(self.id, self.image)?.with_masks(Some(self.truth), Some(self.prediction))?;
        let (what, rule) = ("Dice", "in [0, 1], or None");
        match self.dice {
            Some(value) if !(0.0..=1.0).contains(&value) => {
                Err(Error::InvalidNumber { what, index: self.id.0, value, rule })
            }
            _ => Ok(tile),
        }
    }

    fn dice_text(&self) -> String {
        match self.dice {
            Some(dice) => format!("Dice {dice:.3}"),
            None => "Dice undefined".to_owned(),
        }
    }

    /// True positives, false positives and false negatives over the image.
    fn errors(&self, mut picture: RgbImage) -> RgbImage {
        let truth = tile::scaled_mask(self.truth, picture.dimensions());
        let prediction = tile::scaled_mask(self.prediction, picture.dimensions());
        tile::tint(&mut picture, 0.75, |y, x| match (prediction[[y, x]], truth[[y, x]]) {
            (true, true) => Some(GREEN),
            (true, false) => Some(VERMILLION),
            (false, true) => Some(SKY),
            (false, false) => None,
        });
        picture
    }
}

/// Prediction against truth, a row per slice: the image, both outlines, and the pixels that are
/// right, wrong and missed (the paper's Fig. 7).
///
/// # Errors
/// [`Error::Empty`] without rows, [`Error::EmptyImage`], [`Error::InvalidPixel`] where a pixel is
/// infinite or no number, [`Error::ShapeMismatch`] where a mask does not have the shape of its
/// image, [`Error::InvalidNumber`] where a Dice is not in [0, 1].
///
/// # Example
/// ```
/// use ndarray::Array2;
/// use qunet_report::{OverlayRow, overlay_figure};
/// use qunet_stack::SliceId;
///
/// let image = Array2::from_elem((64, 64), 0.5);
/// let mask = Array2::from_elem((64, 64), true);
/// let row = OverlayRow {
///     id: SliceId(12),
///     label: "best".to_owned(),
///     image: &image,
///     truth: &mask,
///     prediction: &mask,
///     dice: Some(1.0),
/// };
/// assert_eq!(overlay_figure(&[row])?.name(), "overlay");
/// # Ok::<(), qunet_report::Error>(())
/// ```
pub fn overlay_figure(rows: &[OverlayRow<'_>]) -> Result<Figure, Error> {
    if rows.is_empty() {
        return Err(Error::Empty { what: "overlay rows" });
    }
    let tiles = rows.iter().map(OverlayRow::tile).collect::<Result<Vec<_>, _>>()?;
    let picture = draw(rows, &tiles)?.into_png()?;
    let parts: Vec<String> = rows
        .iter()
        .map(|row| format!("{}: slice {}, {}", row.label, row.id, row.dice_text()))
        .collect();
    let caption = format!("Prediction against truth. {}.", parts.join("; "));
    let alt = format!(
        "Image, outlines and errors of {}: {}",
        number::count(rows.len(), "slice"),
        parts.join("; ")
    );
    Ok(Figure::new("overlay", caption, alt, picture).with_note(tile::display_note(&tiles)))
}

fn draw(rows: &[OverlayRow<'_>], tiles: &[Tile<'_>]) -> Result<Canvas, Error> {
    let heights = tiles.iter().map(|tile| tile.size(SIDE as u32).1 as i32 + GAP);
    let height = heights.fold(TOP + BOTTOM, i32::saturating_add);
    let left = |column: usize| MARGIN + NAMES + (SIDE + GAP) * column as i32;
    let mut canvas = Canvas::new(left(COLUMNS.len()) - GAP + MARGIN, height)?;
    for (i, name) in COLUMNS.into_iter().enumerate() {
        canvas.text(name, (left(i), TOP - 18), TEXT, MUTED)?;
    }
    let mut y = TOP;
    for (row, tile) in rows.iter().zip(tiles) {
        draw_names(&mut canvas, row, y)?;
        let size = tile.size(SIDE as u32);
        let plain = tile.grey(size);
        let pictures = [plain.clone(), tile.outlined(size), row.errors(plain)];
        for (i, picture) in pictures.iter().enumerate() {
            canvas.place(picture, (left(i), y));
        }
        y += size.1 as i32 + GAP;
    }
    canvas.legend(&tile::outline_legend(tiles), (left(1), y + 12))?;
    let errors = [(GREEN, "right"), (VERMILLION, "too much"), (SKY, "missed")];
    canvas.legend(&errors, (left(2), y + 12))?;
    Ok(canvas)
}

fn draw_names(canvas: &mut Canvas, row: &OverlayRow<'_>, top: i32) -> Result<(), Error> {
    let label = font::shortened(&row.label, TEXT + 3, NAMES - GAP)?;
    canvas.text(&label, (MARGIN, top + 12), TEXT + 3, INK)?;
    canvas.text(&format!("Slice {}", row.id), (MARGIN, top + 40), TEXT, MUTED)?;
    canvas.text(&row.dice_text(), (MARGIN, top + 64), TEXT, MUTED)
}

/// The best, the median or the worst slice of a segmentation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankedSlice {
    /// "best", "median" or "worst".
    pub label: &'static str,
    /// Which slice.
    pub id: SliceId,
    /// Its Dice.
    pub dice: f64,
}

/// The slices of highest, middle and lowest Dice; ties are broken by slice index.
///
/// Slices of undefined Dice are left out. With one defined slice it is the best, with two the
/// second one is the worst.
///
/// # Example
/// ```
/// use qunet_report::best_median_worst;
/// use qunet_stack::SliceId;
///
/// let dice = [(SliceId(0), Some(0.2)), (SliceId(1), None), (SliceId(2), Some(0.9)), (SliceId(3), Some(0.6))];
/// let ids: Vec<usize> = best_median_worst(&dice).iter().map(|slice| slice.id.0).collect();
/// assert_eq!(ids, [2, 3, 0]);
/// ```
#[must_use]
pub fn best_median_worst(dice: &[(SliceId, Option<f64>)]) -> Vec<RankedSlice> {
    let mut defined: Vec<(f64, SliceId)> =
        dice.iter().filter_map(|&(id, dice)| Some((dice.filter(|d| !d.is_nan())?, id))).collect();
    defined.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let last = defined.len().saturating_sub(1);
    let places: &[(&str, usize)] = match defined.len() {
        0 => &[],
        1 => &[("best", 0)],
        2 => &[("best", 0), ("worst", 1)],
        _ => &[("best", 0), ("median", last / 2), ("worst", last)],
    };
    let ranked = |&(label, place): &(&'static str, usize)| RankedSlice {
        label,
        id: defined[place].1,
        dice: defined[place].0,
    };
    places.iter().map(ranked).collect()
}
