use image::RgbImage;
use ndarray::ArrayRef2;
use qunet_stack::SliceId;

use crate::canvas::{Canvas, TEXT};
use crate::figure::{Figure, FigureData};
use crate::palette::{GREEN, INK, MUTED, SKY, VERMILLION, YELLOW};
use crate::{Error, number, text, tile};

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
    /// What it stands for, for example "best".
    pub label: String,
    /// Its pixels in [0, 1].
    pub image: &'a ArrayRef2<f32>,
    /// Where the lesion is.
    pub truth: &'a ArrayRef2<bool>,
    /// Where the network sees it.
    pub prediction: &'a ArrayRef2<bool>,
    /// Dice of prediction and truth; `None` where it is undefined.
    pub dice: Option<f64>,
}

impl OverlayRow<'_> {
    fn check(&self) -> Result<(), Error> {
        tile::check_unit("image", self.id, self.image)?;
        tile::check_shape("truth", self.id, self.image.dim(), self.truth.dim())?;
        tile::check_shape("prediction", self.id, self.image.dim(), self.prediction.dim())?;
        match self.dice {
            Some(value) if !(0.0..=1.0).contains(&value) => Err(Error::InvalidNumber {
                what: "Dice",
                index: self.id.0,
                value,
                rule: "in [0, 1], or None",
            }),
            _ => Ok(()),
        }
    }

    fn dice_text(&self) -> String {
        match self.dice {
            Some(dice) => format!("Dice {dice:.3}"),
            None => "Dice undefined".to_owned(),
        }
    }

    fn pictures(&self) -> [RgbImage; 3] {
        let plain = tile::grey(self.image, tile::fit(self.image.dim(), SIDE as u32));
        let mut outlines = plain.clone();
        tile::outline(&mut outlines, self.truth, YELLOW, 3);
        tile::outline(&mut outlines, self.prediction, SKY, 2);
        let errors = self.errors(plain.clone());
        [plain, outlines, errors]
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
/// [`Error::Empty`] without rows, [`Error::EmptyImage`], [`Error::PixelOutOfRange`] where a pixel
/// is not in [0, 1], [`Error::ShapeMismatch`] where a mask does not fit its image,
/// [`Error::InvalidNumber`] where a Dice is not in [0, 1].
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
    rows.iter().try_for_each(OverlayRow::check)?;
    let png = draw(rows)?.into_png()?;
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
    Ok(Figure::new("overlay", caption, alt, FigureData::Png(png)))
}

fn draw(rows: &[OverlayRow<'_>]) -> Result<Canvas, Error> {
    let heights = rows.iter().map(|row| tile::fit(row.image.dim(), SIDE as u32).1 as i32 + GAP);
    let height = heights.fold(TOP + BOTTOM, i32::saturating_add);
    let left = |column: usize| MARGIN + NAMES + (SIDE + GAP) * column as i32;
    let mut canvas = Canvas::new(left(COLUMNS.len()) - GAP + MARGIN, height)?;
    for (i, name) in COLUMNS.into_iter().enumerate() {
        canvas.text(name, (left(i), TOP - 18), TEXT, MUTED)?;
    }
    let mut y = TOP;
    for row in rows {
        draw_names(&mut canvas, row, y)?;
        let pictures = row.pictures();
        for (i, picture) in pictures.iter().enumerate() {
            canvas.place(picture, (left(i), y));
        }
        y += pictures[0].height() as i32 + GAP;
    }
    let outlines = [(YELLOW, "truth"), (SKY, "prediction")];
    canvas.legend(&outlines, (left(1), y + 12))?;
    let errors = [(GREEN, "right"), (VERMILLION, "too much"), (SKY, "missed")];
    canvas.legend(&errors, (left(2), y + 12))?;
    Ok(canvas)
}

fn draw_names(canvas: &mut Canvas, row: &OverlayRow<'_>, top: i32) -> Result<(), Error> {
    let label = text::shortened(&row.label, TEXT + 3, NAMES - GAP)?;
    canvas.text(&label, (MARGIN, top + 12), TEXT + 3, INK)?;
    canvas.text(&format!("Slice {}", row.id), (MARGIN, top + 40), TEXT, MUTED)?;
    canvas.text(&row.dice_text(), (MARGIN, top + 64), TEXT, MUTED)
}
