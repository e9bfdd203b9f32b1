//! What ImageJ, OME and tifffile write beside the pages: how many planes there are, and of what.

use std::path::Path;

use super::ome::{self, Run};
use crate::Error;

/// What is not read, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) what: String,
    pub(super) remedy: &'static str,
}

impl Refusal {
    pub(super) fn of(self, path: &Path) -> Error {
        Error::Unsupported { path: path.to_owned(), what: self.what, remedy: self.remedy }
    }
}

/// The planes of a file by its description; those that are not stated are 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Planes {
    pub(super) channels: usize,
    pub(super) slices: usize,
    pub(super) frames: usize,
    /// How many there are in all, where that is stated.
    pub(super) images: Option<usize>,
    /// Whether planes may lie behind the first page without one of their own.
    pub(super) contiguous: bool,
    /// How many pages the description tells of, where others are no part of the stack.
    pub(super) told: Option<usize>,
    /// Which pages hold which planes, where that is stated.
    pub(super) runs: Vec<Run>,
}

impl Planes {
    /// Of pages that nothing is said of.
    pub(super) const PLAIN: Self = Self {
        channels: 1,
        slices: 1,
        frames: 1,
        images: None,
        contiguous: false,
        told: None,
        runs: Vec::new(),
    };

    /// From the texts of a file's first page, of which one at most says something of planes.
    pub(super) fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, Refusal> {
        let mut texts = texts.into_iter();
        let understood = |text| {
            let plain = || of_imagej(text).or_else(|| Shape::of(text).map(|shape| shape.planes()));
            ome::read(text).or_else(|| plain().map(Ok))
        };
        texts.find_map(understood).unwrap_or(Ok(Self::PLAIN))
    }

    /// How many planes lie behind the one page of a file.
    pub(super) fn behind_one_page(&self, pages: usize) -> Option<usize> {
        self.images.filter(|&images| self.contiguous && pages == 1 && images > 1)
    }

    /// Refuses what is no stack of slices: several channels, a series of stacks, or planes that are
    /// not among those found.
    pub(super) fn check(&self, pages: usize, found: usize) -> Result<(), Refusal> {
        let Self { channels, slices, frames, images, told, .. } = *self;
        let refused = |what, remedy| Err(Refusal { what, remedy });
        if channels > 1 {
            let what = format!("{channels} channels (or series) of {slices} slices");
            return refused(what, "split them into a file each, as ImageJ's Split Channels does");
        }
        if frames > 1 && slices > 1 {
            let what = format!("{frames} frames of {slices} slices");
            return refused(what, "split it into a file for each frame");
        }
        match images {
            Some(images) if images > found => refused(
                format!(
                    "{pages} page(s) and no room for further planes behind them, and its description \
                     says images={images}"
                ),
                "copy it again if it was cut short, or save it as a TIFF file with a page for each \
                 plane, as tifffile's imwrite does",
            ),
            _ => match told {
                Some(told) if told < found => refused(
                    format!("{found} pages, and its description tells of {told}"),
                    "save it with only the pages of the stack, or without the description",
                ),
                _ => Ok(()),
            },
        }
    }

    /// The page of each plane, of pages in order of which there are as many as planes or more.
    pub(super) fn order(&self, pages: Vec<usize>) -> Result<Vec<usize>, Refusal> {
        match self.images {
            Some(images) if !self.runs.is_empty() => ome::order(&self.runs, images, &pages),
            _ => Ok(pages),
        }
    }
}

fn of_imagej(text: &str) -> Option<Planes> {
    let number = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key));
        line.and_then(|line| line.trim_end_matches('\0').trim().parse().ok())
    };
    let count = |key| number(key).unwrap_or(1);
    text.starts_with("ImageJ=").then(|| Planes {
        channels: count("channels="),
        slices: count("slices="),
        frames: count("frames="),
        images: number("images="),
        contiguous: true,
        ..Planes::PLAIN
    })
}

/// tifffile's `{"shape": [5, 2, 16, 20]}`, which stands with the first page of each series: all axes
/// but the last two are planes, which have no pages where it says `"truncated": true`.
#[derive(Debug)]
pub(super) struct Shape {
    /// The axes of more than one plane, and whether they are channels.
    long: Vec<(usize, bool)>,
    truncated: bool,
}

impl Shape {
    pub(super) fn of(text: &str) -> Option<Self> {
        let text = text.trim_start();
        let value = |key: &str, open: char| {
            let value = text.split_once(key)?.1.trim_start().strip_prefix(':')?;
            value.trim_start().strip_prefix(open)
        };
        let list = value("\"shape\"", '[').filter(|_| text.starts_with('{'))?.split(']').next()?;
        let axes = list.split(',').map(|length| length.trim().parse().ok());
        let mut axes: Vec<usize> = axes.collect::<Option<_>>()?;
        let names = value("\"axes\"", '"').and_then(|names| names.split('"').next());
        let names = names.filter(|names| names.chars().count() == axes.len()).unwrap_or_default();
        // One value for each pixel may be an axis of its own.
        while axes.len() > 2 && axes.last() == Some(&1) {
            axes.pop();
        }
        axes.truncate(axes.len().saturating_sub(2));
        let names = names.chars().map(|name| name == 'C').chain(std::iter::repeat(false));
        let long = axes.into_iter().zip(names).filter(|(length, _)| *length > 1).collect();
        let truncated =
            text.split_once("\"truncated\"").is_some_and(|it| it.1.starts_with(": true"));
        Some(Self { long, truncated })
    }

    /// How many planes there are in all.
    pub(super) fn count(&self) -> usize {
        self.long.iter().fold(1, |planes, (length, _)| planes.saturating_mul(*length))
    }

    fn planes(&self) -> Planes {
        let (slices, channels) = match self.long[..] {
            [] => (1, 1),
            [(channels, true)] => (1, channels),
            [(slices, false)] => (slices, 1),
            [(first, _), (second, _), ..] => (first, second),
        };
        let images = self.truncated.then_some(slices);
        // A shape of one plane says nothing of the pages behind it.
        let told = Some(self.count()).filter(|&planes| planes > 1);
        Planes { channels, slices, images, told, contiguous: self.truncated, ..Planes::PLAIN }
    }
}

/// Refuses several series of tifffile in one file. Those of a page each are the slices of a stack
/// that was written one by one.
pub(super) fn check_series<'a>(texts: impl Iterator<Item = &'a str>) -> Result<(), Refusal> {
    let planes: Vec<usize> = texts.filter_map(Shape::of).map(|shape| shape.count()).collect();
    if planes.len() < 2 || planes.iter().all(|&planes| planes == 1) {
        return Ok(());
    }
    let list: Vec<String> = planes.iter().take(5).map(ToString::to_string).collect();
    let more = if planes.len() > list.len() { ", ..." } else { "" };
    let what = format!("{} series of {}{more} planes", planes.len(), list.join(", "));
    Err(Refusal { what, remedy: "save each series as a file of its own" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Planes, Refusal> {
        Planes::of([text])
    }

    #[test]
    fn descriptions_of_all_kinds_are_understood() {
        let planes = |text| {
            let Planes { channels, slices, frames, images, .. } = of(text).unwrap();
            (channels, slices, frames, images)
        };
        let imagej = "ImageJ=1.54f\nimages=10\nchannels=2\nslices=5\nhyperstack=true\n\0";
        assert_eq!(planes(imagej), (2, 5, 1, Some(10)));
        assert_eq!(planes("ImageJ=1.11a\nimages=7\nslices=7\n"), (1, 7, 1, Some(7)));
        let ome =
            r#"<?xml?><OME xmlns="x"><Image><Pixels SizeC="3" SizeT="1" SizeZ="4"/></Image></OME>"#;
        assert_eq!(planes(ome), (3, 4, 1, Some(12)));
        assert_eq!(planes(r#"{"shape": [5, 2, 16, 20]}"#), (2, 5, 1, None));
        assert_eq!(planes(r#"{"shape": [6, 16, 20]}"#), (1, 6, 1, None));
        assert_eq!(planes(r#"{"shape":[6,16,20,1]}"#), (1, 6, 1, None));
        assert_eq!(planes(r#"{"shape": [2, 16, 20], "axes": "CYX"}"#), (2, 1, 1, None));
        assert_eq!(planes("a photo"), (1, 1, 1, None));
        assert_eq!(planes("<Home>:OME"), (1, 1, 1, None));
    }

    #[test]
    fn only_some_programs_leave_out_pages() {
        let behind = |text, pages| of(text).unwrap().behind_one_page(pages);
        assert_eq!(behind("ImageJ=1.11a\nimages=7\nslices=7\n", 1), Some(7));
        assert_eq!(behind("ImageJ=1.11a\nimages=7\nslices=7\n", 7), None);
        assert_eq!(behind(r#"{"shape": [6, 16, 20], "truncated": true}"#, 1), Some(6));
        assert_eq!(behind(r#"{"shape": [6, 16, 20]}"#, 1), None);
        let ome = r#"<OME><Image><Pixels SizeC="1" SizeT="1" SizeZ="4"/></Image></OME>"#;
        assert_eq!(behind(ome, 1), None);
    }

    /// The pages of three planes, of which there are as many as pages.
    fn pages(data: &str) -> Result<Vec<usize>, Refusal> {
        let pixels = format!("<Pixels SizeC='1' SizeT='1' SizeZ='3'>{data}</Pixels>");
        of(&format!("<OME UUID='u'><Image>{pixels}</Image></OME>"))?.order(vec![0, 1, 2])
    }

    #[test]
    fn ome_says_which_page_holds_which_plane() {
        assert_eq!(pages("").unwrap(), [0, 1, 2]);
        assert_eq!(pages("<TiffData/>").unwrap(), [0, 1, 2]);
        let back = "<TiffData FirstZ='2' IFD='0'/><TiffData FirstZ='1' IFD='1'/>\
                    <TiffData IFD='2'><UUID FileName='a.tif'> u </UUID></TiffData>";
        assert_eq!(pages(back).unwrap(), [2, 1, 0]);
        let runs = "<TiffData FirstZ='1' PlaneCount='2'/><TiffData IFD='2' NumPlanes='1'/>";
        assert_eq!(pages(runs).unwrap(), [2, 0, 1]);
    }

    #[test]
    fn ome_that_leaves_something_open_is_refused() {
        for (data, says) in [
            ("<TiffData IFD='0'/>", "without a page for plane 1"),
            ("<TiffData IFD='1' PlaneCount='3'/>", "plane 2 on IFD=3"),
            ("<TiffData PlaneCount='999999999999'/>", "plane 3 on IFD=3"),
            ("<TiffData/><TiffData IFD='1'/>", "plane 0 on IFD=1"),
            (
                "<TiffData IFD='0'/><TiffData FirstZ='1' IFD='0'/><TiffData FirstZ='2' IFD='1'/>",
                "two planes on IFD=0",
            ),
            ("<TiffData FirstZ='3'/>", "cannot be read"),
            ("<TiffData FirstT='1'/>", "cannot be read"),
            ("<TiffData IFD='&#49;'/>", "cannot be read"),
            ("<TiffData>", "cannot be read"),
            ("<TiffData IFD='0'><UUID>v</UUID></TiffData>", "several files"),
        ] {
            let refusal = pages(data).unwrap_err();
            assert!(refusal.what.contains(says), "{data}: {refusal:?}");
        }
        for (text, says) in [
            ("<OME><BinaryOnly MetadataFile='a.companion.ome'/></OME>", "several files"),
            ("<OME><Image/></OME>", "cannot be read"),
            ("<OME><Image><Pixels SizeC='1' SizeZ='3'/></Image></OME>", "cannot be read"),
            ("<OME><Image/><Image/></OME>", "2 images"),
            ("<OME><Image>", "cannot be read"),
        ] {
            let refusal = of(text).unwrap_err();
            assert!(refusal.what.contains(says), "{text}: {refusal:?}");
        }
    }

    #[test]
    fn series_are_one_stack_only_where_each_is_a_page() {
        let check = |texts: &[&str]| check_series(texts.iter().copied());
        let (page, three) = (r#"{"shape": [16, 20]}"#, r#"{"shape": [3, 16, 20]}"#);
        assert_eq!(check(&[page, "", page]), Ok(()));
        assert_eq!(check(&[three, ""]), Ok(()));
        for texts in [[three, page], [page, three]] {
            assert!(check(&texts).unwrap_err().what.contains("2 series of "));
        }
    }
}
