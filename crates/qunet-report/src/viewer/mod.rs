//! A stack to scroll through on the page.

mod pack;

use image::GrayImage;
use ndarray::{Array2, ArrayRef2};
use qunet_stack::SliceId;

use self::pack::pack;
use crate::{Error, tile};

/// Longest side of a slice as it is kept.
const SIDE: u32 = 256;
/// Bytes that a viewer may take on the page, pictures in base64 included.
const BUDGET: usize = 8_000_000;

/// The masks that can lie over a slice.
#[derive(Clone, Copy, Debug, Default)]
pub struct ViewerMasks<'a> {
    /// What was annotated or is true.
    pub truth: Option<&'a ArrayRef2<bool>>,
    /// What the network segments.
    pub prediction: Option<&'a ArrayRef2<bool>>,
    /// Where heads L3 and L4 differ.
    pub disagreement: Option<&'a ArrayRef2<bool>>,
}

/// All slices of a stack, one at a time: wheel, slider, arrow keys; masks can be shown and hidden; a
/// click on a row of a slice table shows that slice.
///
/// Slices are kept at 256 pixels, less where a thousand of them would make the page too large: a
/// viewer takes at most 8 MB.
///
/// ```
/// use ndarray::Array2;
/// use qunet_report::{Section, Viewer, ViewerMasks};
/// use qunet_stack::SliceId;
///
/// let (image, lesion) = (Array2::from_elem((64, 64), 0.5), Array2::from_elem((64, 64), true));
/// let mut viewer = Viewer::new("chest CT");
/// viewer.add(SliceId(0), &image, ViewerMasks { truth: Some(&lesion), ..Default::default() }, "kept")?;
/// let section = Section::new("Slices").viewer(&viewer)?;
/// # Ok::<(), qunet_report::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Viewer {
    name: String,
    budget: usize,
    slices: Vec<Slice>,
}

/// A slice as it is kept until the page is made.
#[derive(Clone, Debug)]
struct Slice {
    id: SliceId,
    note: String,
    image: GrayImage,
    /// Truth, prediction, disagreement, of the picture's size.
    masks: [Option<Array2<bool>>; 3],
}

/// A viewer as it stands on a page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PackedViewer {
    pub(crate) name: String,
    pub(crate) slices: usize,
    pub(crate) json: String,
    /// Which masks any slice has: truth, prediction, disagreement.
    pub(crate) has: [bool; 3],
}

impl Viewer {
    /// A viewer without slices.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), budget: BUDGET, slices: Vec::new() }
    }

    /// Sets how many bytes it may take on the page, where there are several viewers.
    #[must_use]
    pub fn within(self, bytes: usize) -> Self {
        Self { budget: bytes, ..self }
    }

    /// Adds a slice, its pixels in [0, 1], and what is to be said of it.
    ///
    /// # Errors
    /// [`Error::EmptyImage`], [`Error::PixelOutOfRange`], [`Error::ShapeMismatch`] where a mask
    /// does not have the image's size.
    pub fn add(
        &mut self,
        id: SliceId,
        image: &ArrayRef2<f32>,
        masks: ViewerMasks<'_>,
        note: impl Into<String>,
    ) -> Result<(), Error> {
        tile::check_unit("image", id, image)?;
        let size = tile::fit(image.dim(), SIDE.min(image.nrows().max(image.ncols()) as u32));
        let named = [
            ("truth", masks.truth),
            ("prediction", masks.prediction),
            ("disagreement", masks.disagreement),
        ];
        let mut kept = [None, None, None];
        for ((what, mask), kept) in named.into_iter().zip(&mut kept) {
            if let Some(mask) = mask {
                tile::check_shape(what, id, image.dim(), mask.dim())?;
                *kept = Some(tile::scaled_mask(mask, size));
            }
        }
        let image = tile::scaled(image, size);
        self.slices.push(Slice { id, note: note.into(), image, masks: kept });
        Ok(())
    }

    /// The viewer within its budget: as large and as good as fits.
    pub(crate) fn packed(&self) -> Result<PackedViewer, Error> {
        if self.slices.is_empty() {
            return Err(Error::Empty { what: "slice viewer" });
        }
        let (json, _) = pack(&self.slices, self.budget)?;
        let has = [0, 1, 2].map(|at| self.slices.iter().any(|slice| slice.masks[at].is_some()));
        Ok(PackedViewer { name: self.name.clone(), slices: self.slices.len(), json, has })
    }
}

impl PackedViewer {
    /// Key, name and colour of the masks that there are.
    pub(crate) fn layers(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        let all = [
            ("truth", "annotated", "#f0e442"),
            ("prediction", "network", "#56b4e9"),
            ("disagreement", "L3 and L4 differ", "#e69f00"),
        ];
        all.into_iter().zip(self.has).filter(|(_, has)| *has).map(|(layer, _)| layer).collect()
    }
}
