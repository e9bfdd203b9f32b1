use image::{Rgb, RgbImage};
use ndarray::{Array2, ArrayRef2};
use qunet_grid::binarise;
use qunet_stack::SliceId;

use crate::Error;
use crate::canvas::{Canvas, TEXT};
use crate::figure::Figure;
use crate::palette::{INK, MUTED, ORANGE, PAPER, SKY, viridis};
use crate::tile::{self, Tile};

const MARGIN: i32 = 16;
const GAP: i32 = 12;
/// Side of a tile.
const SIDE: i32 = 200;
/// Where the tiles begin, below title and names.
const TOP: i32 = 84;
/// Room for the legends below the tiles.
const BOTTOM: i32 = 52;

/// One slice with the probability maps of a network's heads.
#[derive(Clone, Debug)]
pub struct HeadsSlice<'a> {
    /// Which slice.
    pub id: SliceId,
    /// Its pixels; where they are not in [0, 1], its smallest value is black and its largest white.
    pub image: &'a ArrayRef2<f32>,
    /// Level and probability map, in [0, 1] and of the image's shape, of two or more heads by
    /// rising level; the last two are compared.
    pub heads: &'a [(usize, &'a ArrayRef2<f32>)],
    /// Foreground is where a probability is above this threshold, in [0, 1].
    pub threshold: f32,
    /// Q, the agreement of the last two heads in [0, 1]; higher = they agree.
    pub agreement: f64,
    /// q0: on a slice whose Q is below it the heads disagree; `None` where the lowest Q are taken,
    /// whatever they are.
    pub quality_threshold: Option<f64>,
    /// Whether the slice is selected for annotation.
    pub selected: bool,
}

/// A head: its name and its map.
type Head<'a> = (String, &'a ArrayRef2<f32>);

/// Image, the probabilities of every head, and where the last two differ once they are binarised
/// (the paper's Fig. 5); the title gives Q and whether the slice is selected.
///
/// # Errors
/// [`Error::TooFewHeads`] with fewer than two heads, [`Error::EmptyImage`], [`Error::InvalidPixel`]
/// where a pixel is infinite or a probability not in [0, 1], [`Error::ShapeMismatch`] where a head
/// does not have the shape of the image, [`Error::InvalidNumber`] where Q, q0 or the threshold is
/// not in [0, 1].
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
///     heads: &[(1, &map), (2, &map), (3, &map), (4, &map)],
///     threshold: 0.5,
///     agreement: 1.0,
///     quality_threshold: Some(0.5),
///     selected: false,
/// };
/// let figure = heads_figure(&slice)?;
/// assert!(figure.caption().contains("Q is the agreement of L3 and L4 above 0.5"));
/// # Ok::<(), qunet_report::Error>(())
/// ```
pub fn heads_figure(slice: &HeadsSlice<'_>) -> Result<Figure, Error> {
    let named = |&(level, map): &(usize, _)| (format!("L{level}"), map);
    let heads: Vec<Head<'_>> = slice.heads.iter().map(named).collect();
    let [.., before, last] = heads.as_slice() else {
        return Err(Error::TooFewHeads { slice: slice.id, found: heads.len() });
    };
    let image = Tile::new(slice.id, slice.image)?;
    heads.iter().try_for_each(|(name, map)| image.check_probabilities(name, map))?;
    check_numbers(slice)?;
    let title = title(slice);
    let picture = draw(slice, &image, &heads, [before, last], &title)?.into_png()?;
    let caption = format!(
        "{title}. Q is the agreement of {} and {} above {}; a low Q shows what the network has not \
         learned yet.",
        before.0, last.0, slice.threshold
    );
    let names: Vec<&str> = heads.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join(", ");
    let alt = format!("Image, probability maps of heads {names}, and their difference. {title}");
    let name = format!("heads-slice-{}", slice.id);
    Ok(Figure::new(&name, caption, alt, picture).with_note(tile::display_note([&image])))
}

fn check_numbers(slice: &HeadsSlice<'_>) -> Result<(), Error> {
    let agreement = Some(("agreement Q", slice.agreement));
    let threshold = Some(("threshold of the probabilities", f64::from(slice.threshold)));
    let q0 = slice.quality_threshold.map(|q0| ("quality threshold q0", q0));
    let mut numbers = agreement.into_iter().chain(threshold).chain(q0);
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

fn draw(
    slice: &HeadsSlice<'_>,
    image: &Tile<'_>,
    heads: &[Head<'_>],
    [before, last]: [&Head<'_>; 2],
    title: &str,
) -> Result<Canvas, Error> {
    let size = image.size(SIDE as u32);
    let mut tiles = vec![("image".to_owned(), image.grey(size))];
    tiles.extend(heads.iter().map(|(name, map)| (name.clone(), tile::heat(map, size))));
    let differences = differences(image.grey(size), [before.1, last.1], slice.threshold);
    tiles.push((format!("{} against {}", before.0, last.0), differences));
    let left = |i: usize| MARGIN + (SIDE + GAP) * i as i32;
    let bottom = TOP + size.1 as i32;
    let mut canvas = Canvas::new(left(tiles.len()) - GAP + MARGIN, bottom + BOTTOM)?;
    canvas.text(title, (MARGIN, 26), TEXT + 4, INK)?;
    for (i, (name, picture)) in tiles.iter().enumerate() {
        canvas.text(name, (left(i), TOP - 18), TEXT, MUTED)?;
        canvas.place(picture, (left(i), TOP));
    }
    draw_legends(&mut canvas, [&before.0, &last.0], bottom + 28)?;
    Ok(canvas)
}

/// The colour bar of the probabilities, and the colours of the last tile.
fn draw_legends(canvas: &mut Canvas, [before, last]: [&str; 2], middle: i32) -> Result<(), Error> {
    let bar = RgbImage::from_fn(SIDE as u32, 14, |x, _| Rgb(viridis(x as f32 / SIDE as f32)));
    canvas.text("probability 0", (MARGIN, middle), TEXT, INK)?;
    canvas.place(&bar, (MARGIN + 124, middle - 7));
    let one = MARGIN + 124 + SIDE + 8;
    canvas.text("1", (one, middle), TEXT, INK)?;
    let names = [format!("{before} and {last}"), format!("{before} only"), format!("{last} only")];
    let entries = [(PAPER, &*names[0]), (ORANGE, &*names[1]), (SKY, &*names[2])];
    canvas.legend(&entries, (one + 40, middle))?;
    Ok(())
}

/// The dimmed image, white where both heads see foreground, coloured where only one does.
///
/// The maps are binarised at their own size and the masks scaled: an interpolated probability would
/// move the border, and the picture would not show what Q counts.
fn differences(
    mut picture: RgbImage,
    [before, last]: [&ArrayRef2<f32>; 2],
    threshold: f32,
) -> RgbImage {
    tile::tint(&mut picture, 0.5, |_, _| Some(INK));
    let size = picture.dimensions();
    let binary = |map| -> Array2<bool> { tile::scaled_mask(&binarise(map, threshold), size) };
    let (before, last) = (binary(before), binary(last));
    tile::tint(&mut picture, 0.85, |y, x| match (before[[y, x]], last[[y, x]]) {
        (true, true) => Some(PAPER),
        (true, false) => Some(ORANGE),
        (false, true) => Some(SKY),
        (false, false) => None,
    });
    picture
}
