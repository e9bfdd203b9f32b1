//! The XML of OME: how many images there are, and which page holds which plane.

use super::description::{Planes, Refusal};
use super::xml::{self, Element};

/// Some planes in a row and the pages that hold them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    plane: usize,
    page: usize,
    /// All that there are where it is not stated.
    planes: Option<usize>,
}

#[derive(Default)]
struct Found<'a> {
    /// The name of the outermost element.
    root: Option<&'a str>,
    /// What names this file.
    uuid: Option<&'a str>,
    /// Whether the description itself is in another file.
    elsewhere: bool,
    images: usize,
    /// Channels, slices and frames of the last image.
    sizes: Option<[usize; 3]>,
    runs: Vec<Run>,
    /// Names of the files that hold the planes.
    files: Vec<&'a str>,
}

/// What a text says in the XML of OME, if it is that.
pub(super) fn read(text: &str) -> Option<Result<Planes, Refusal>> {
    let text = text.trim_start_matches('\u{feff}').trim_matches(['\0', ' ', '\t', '\r', '\n']);
    if !text.starts_with('<') || !(text.contains("<OME") || text.contains(":OME")) {
        return None;
    }
    let mut found = Found::default();
    let read = xml::visit(text, |element| found.element(element));
    match found.root {
        Some(root) if root != "OME" => None,
        _ => Some(read.ok_or_else(unreadable).and_then(|()| found.planes())),
    }
}

fn unreadable() -> Refusal {
    Refusal {
        what: "an OME description that cannot be read for certain".to_owned(),
        remedy: "save it anew with the program that it comes from, or as TIFF without OME and a \
                 page for each slice",
    }
}

impl<'a> Found<'a> {
    fn element(&mut self, element: &Element<'a, '_>) -> Option<()> {
        self.root.get_or_insert(element.path.first()?);
        match element.path {
            ["OME"] => self.uuid = element.attribute("UUID"),
            ["OME", "BinaryOnly"] => self.elsewhere = true,
            ["OME", "Image"] => self.images += 1,
            ["OME", "Image", "Pixels"] => {
                let size = |name| number(element, name)?.filter(|&size| size > 0);
                self.sizes = Some([size("SizeC")?, size("SizeZ")?, size("SizeT")?]);
            }
            ["OME", "Image", "Pixels", "TiffData"] => self.data(element)?,
            ["OME", "Image", "Pixels", "TiffData", "UUID"] => self.files.push(element.text.trim()),
            _ => {}
        }
        Some(())
    }

    fn data(&mut self, element: &Element<'_, '_>) -> Option<()> {
        let sizes = self.sizes?;
        let mut plane = 0;
        for (name, size) in ["FirstC", "FirstZ", "FirstT"].into_iter().zip(sizes) {
            let first = number(element, name)?.unwrap_or(0);
            // Of a stack two of the three sizes are 1, so that the sum is the plane.
            plane += Some(first).filter(|&first| first < size)?;
        }
        let page = number(element, "IFD")?;
        let planes = number(element, "PlaneCount")?.or(number(element, "NumPlanes")?);
        let planes = planes.or(page.map(|_| 1));
        self.runs.push(Run { plane, page: page.unwrap_or(0), planes });
        Some(())
    }

    fn planes(self) -> Result<Planes, Refusal> {
        let elsewhere = self.elsewhere || self.files.iter().any(|&file| Some(file) != self.uuid);
        if elsewhere {
            let what = "a part of an image of OME that lies in several files".to_owned();
            let remedy = "save the whole stack as one file, as Bio-Formats and tifffile do";
            return Err(Refusal { what, remedy });
        }
        if self.images > 1 {
            let what = format!("{} images", self.images);
            let remedy = "save each as a file of its own, as the export of Bio-Formats does";
            return Err(Refusal { what, remedy });
        }
        let [channels, slices, frames] = match self.sizes {
            Some(sizes) => sizes,
            None if self.images == 0 => return Ok(Planes::PLAIN),
            None => return Err(unreadable()),
        };
        let images = channels.saturating_mul(slices).saturating_mul(frames);
        let (images, told, runs) = (Some(images), Some(images), self.runs);
        Ok(Planes { channels, slices, frames, images, told, runs, ..Planes::PLAIN })
    }
}

/// The number of that name, if there is one; `None` of what is no number.
fn number(element: &Element<'_, '_>, name: &str) -> Option<Option<usize>> {
    match element.attribute(name) {
        Some(value) => value.trim().parse().ok().map(Some),
        None => Some(None),
    }
}

/// The page of each of so many planes, of which there are no more than pages.
pub(super) fn order(runs: &[Run], planes: usize, pages: &[usize]) -> Result<Vec<usize>, Refusal> {
    let refusal = |what| Refusal {
        what,
        remedy: "save it anew with its pages in order and a description that tells of all of them",
    };
    let mut order = vec![None; planes];
    for run in runs {
        let count = run.planes.unwrap_or(planes - run.plane.min(planes));
        for step in 0..count {
            let (plane, page) = (run.plane.saturating_add(step), run.page.saturating_add(step));
            let known = pages.binary_search(&page).is_ok();
            let free = order.get_mut(plane).filter(|page| known && page.is_none());
            let free = free.ok_or_else(|| {
                refusal(format!(
                    "an OME description that puts plane {plane} on IFD={page}, where \
                                 none can be or one is already"
                ))
            })?;
            *free = Some(page);
        }
    }
    let missing = |plane| refusal(format!("an OME description without a page for plane {plane}"));
    let order = order.into_iter().enumerate();
    let order: Vec<usize> =
        order.map(|(plane, page)| page.ok_or_else(|| missing(plane))).collect::<Result<_, _>>()?;
    let mut sorted = order.clone();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => {
            Err(refusal(format!("an OME description that puts two planes on IFD={}", pair[0])))
        }
        None => Ok(order),
    }
}
