use image::{Rgb, RgbImage};
use ndarray::{Array2, ArrayRef2};
use qunet_stack::SliceId;

use crate::canvas::{Canvas, TEXT};
use crate::figure::{Figure, FigureData};
use crate::palette::{INK, MUTED, ORANGE, PAPER, SKY, viridis};
use crate::{Error, tile};

const MARGIN: i32 = 16;
const GAP: i32 = 12;
/// Side of a tile.
const SIDE: i32 = 200;
const NAMES: [&str; 6] = ["image", "L1", "L2", "L3", "L4", "L3 against L4"];
/// Where the tiles begin, below title and names.
const TOP: i32 = 84;
/// Room for the legends below the tiles.
const BOTTOM: i32 = 52;
/// Heads are binarised here for their agreement.
const BINARISE: f32 = 0.5;

/// A slice as the four heads see it.
#[derive(Clone, Debug)]
pub struct HeadsSlice<'a> {
    /// Which slice.
    pub id: SliceId,
    /// Its pixels in [0, 1].
    pub image: &'a ArrayRef2<f32>,
    /// Probabilities in [0, 1] of L1 to L4, each of the image's size.
    pub heads: [&'a ArrayRef2<f32>; 4],
    /// Q, the agreement of L3 and L4 in [0, 1]; higher = they agree.
    pub agreement: f64,
    /// q0: on a slice whose Q is below it the heads disagree; `None` where the lowest Q are taken,
    /// whatever they are.
    pub quality_threshold: Option<f64>,
    /// Whether the slice is selected for annotation.
    pub selected: bool,
}

/// Image, the four heads' probabilities, and where L3 and L4 differ (the paper's Fig. 5); the
/// title says Q and whether the slice is selected.
///
/// # Errors
/// [`Error::EmptyImage`], [`Error::PixelOutOfRange`] where a pixel or probability is not in
/// [0, 1], [`Error::ShapeMismatch`] where a head does not have the image's size,
/// [`Error::InvalidNumber`] where Q or q0 is not in [0, 1].
///
/// # Example
/// ```
/// use ndarray::Array2;
/// use qunet_report::{HeadsSlice, heads_figure};
/// use qunet_stack::SliceId;
///
/// let map = Array2::from_elem((64, 64), 0.7);
/// let slice = HeadsSlice {
///     id: SliceId(12),
///     image: &map,
///     heads: [&map; 4],
///     agreement: 1.0,
///     quality_threshold: Some(0.5),
///     selected: false,
/// };
/// assert_eq!(heads_figure(&slice)?.name(), "heads-slice-12");
/// # Ok::<(), qunet_report::Error>(())
/// ```
pub fn heads_figure(slice: &HeadsSlice<'_>) -> Result<Figure, Error> {
    check(slice)?;
    let title = title(slice);
    let png = draw(slice, &title)?.into_png()?;
    let caption = format!(
        "{title}. Q is the Jaccard overlap of L3 and L4 above {BINARISE}; a low Q shows what the \
        network has not learned yet."
    );
    let alt = format!("Image, probability maps of heads L1 to L4, and their difference. {title}");
    let name = format!("heads-slice-{}", slice.id);
    Ok(Figure::new(&name, caption, alt, FigureData::Png(png)))
}

fn check(slice: &HeadsSlice<'_>) -> Result<(), Error> {
    tile::check_unit("image", slice.id, slice.image)?;
    for (what, map) in NAMES[1..].iter().zip(slice.heads) {
        tile::check_shape(what, slice.id, slice.image.dim(), map.dim())?;
        tile::check_unit(what, slice.id, map)?;
    }
    let agreement = Some(("agreement Q", slice.agreement));
    let threshold = slice.quality_threshold.map(|q0| ("quality threshold q0", q0));
    let mut numbers = agreement.into_iter().chain(threshold);
    match numbers.find(|(_, value)| !(0.0..=1.0).contains(value)) {
        None => Ok(()),
        Some((what, value)) => {
            Err(Error::InvalidNumber { what, index: slice.id.0, value, rule: "in [0, 1]" })
        }
    }
}

fn title(slice: &HeadsSlice<'_>) -> String {
    let q = slice.agreement;
    let compared = match slice.quality_threshold {
        Some(q0) if q < q0 => format!(" < {q0:.2}, the last two heads disagree"),
        Some(q0) => format!(" ≥ {q0:.2}, the last two heads agree"),
        None => String::new(),
    };
    let verdict = if slice.selected { "selected for annotation" } else { "not selected" };
    format!("Slice {}: Q = {q:.2}{compared}, {verdict}", slice.id)
}

fn draw(slice: &HeadsSlice<'_>, title: &str) -> Result<Canvas, Error> {
    let size = tile::fit(slice.image.dim(), SIDE as u32);
    let mut tiles = vec![tile::grey(slice.image, size)];
    tiles.extend(slice.heads.iter().map(|head| tile::heat(head, size)));
    tiles.push(disagreement(slice, size));
    let left = |i: usize| MARGIN + (SIDE + GAP) * i as i32;
    let bottom = TOP + size.1 as i32;
    let mut canvas = Canvas::new(left(NAMES.len()) - GAP + MARGIN, bottom + BOTTOM)?;
    canvas.text(title, (MARGIN, 26), TEXT + 4, INK)?;
    for (i, (picture, name)) in tiles.iter().zip(NAMES).enumerate() {
        canvas.text(name, (left(i), TOP - 18), TEXT, MUTED)?;
        canvas.place(picture, (left(i), TOP));
    }
    draw_legends(&mut canvas, left(1), bottom + 28)?;
    Ok(canvas)
}

/// The colour bar of the probabilities, and the colours of the last tile.
fn draw_legends(canvas: &mut Canvas, left: i32, middle: i32) -> Result<(), Error> {
    let bar = RgbImage::from_fn(SIDE as u32, 14, |x, _| Rgb(viridis(x as f32 / SIDE as f32)));
    canvas.text("probability 0", (left, middle), TEXT, INK)?;
    canvas.place(&bar, (left + 124, middle - 7));
    canvas.text("1", (left + 124 + SIDE + 8, middle), TEXT, INK)?;
    let entries = [(PAPER, "L3 and L4"), (ORANGE, "L3 only"), (SKY, "L4 only")];
    canvas.legend(&entries, (left + 3 * (SIDE + GAP), middle))?;
    Ok(())
}

/// The dimmed image, white where both see a lesion, coloured where only one does.
fn disagreement(slice: &HeadsSlice<'_>, size: (u32, u32)) -> RgbImage {
    let mut picture = tile::grey(slice.image, size);
    tile::tint(&mut picture, 0.5, |_, _| Some(INK));
    let binary = |map: &ArrayRef2<f32>| -> Array2<bool> {
        tile::scaled_mask(&map.mapv(|p| p >= BINARISE), size)
    };
    let (third, fourth) = (binary(slice.heads[2]), binary(slice.heads[3]));
    tile::tint(&mut picture, 0.85, |y, x| match (third[[y, x]], fourth[[y, x]]) {
        (true, true) => Some(PAPER),
        (true, false) => Some(ORANGE),
        (false, true) => Some(SKY),
        (false, false) => None,
    });
    picture
}
