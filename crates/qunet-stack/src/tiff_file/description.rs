//! What ImageJ, OME and tifffile write beside the pages: how many planes there are, and of what.

use std::path::Path;

use crate::Error;

/// The planes of a file by its description; those that are not stated are 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Planes {
    channels: usize,
    slices: usize,
    frames: usize,
    /// How many there are in all, where that is stated.
    images: Option<usize>,
    /// Whether planes may lie behind the first page without one of their own.
    contiguous: bool,
}

impl Planes {
    /// From the text of the first page.
    pub(super) fn of(description: &str) -> Self {
        let plain = Self { channels: 1, slices: 1, frames: 1, images: None, contiguous: false };
        if description.starts_with("ImageJ=") {
            let number = |key: &str| {
                let line = description.lines().find_map(|line| line.strip_prefix(key));
                line.and_then(|line| line.trim_end_matches('\0').trim().parse().ok())
            };
            let count = |key| number(key).unwrap_or(1);
            return Self {
                channels: count("channels="),
                slices: count("slices="),
                frames: count("frames="),
                images: number("images="),
                contiguous: true,
            };
        }
        if let Some(pixels) = description.split("<Pixels").nth(1)
            && description.contains("<OME")
        {
            let element = pixels.split('>').next().unwrap_or_default();
            let count = |name: &str| -> usize {
                let value = element.split(&format!("{name}=\"")).nth(1);
                value.and_then(|value| value.split('"').next()?.parse().ok()).unwrap_or(1)
            };
            let (channels, slices, frames) = (count("SizeC"), count("SizeZ"), count("SizeT"));
            let images = channels.saturating_mul(slices).saturating_mul(frames);
            return Self { channels, slices, frames, images: Some(images), ..plain };
        }
        plain.of_shape(description)
    }

    /// tifffile's `{"shape": [5, 2, 16, 20]}`: all axes but the last two are planes, which have no
    /// pages where it says `"truncated": true`.
    fn of_shape(self, description: &str) -> Self {
        let Some(list) = description.split("\"shape\": [").nth(1) else { return self };
        let list = list.split(']').next().unwrap_or_default();
        let axes: Vec<usize> = list.split(',').filter_map(|it| it.trim().parse().ok()).collect();
        let planes = axes.len().saturating_sub(2);
        let mut long = axes[..planes].iter().filter(|&&length| length > 1);
        let (slices, channels) = (long.next().copied(), long.next().copied());
        let contiguous = description.contains("\"truncated\": true");
        let slices = slices.unwrap_or(1);
        let images = contiguous.then_some(slices);
        Self { slices, channels: channels.unwrap_or(1), images, contiguous, ..self }
    }

    /// How many planes lie behind the one page of a file.
    pub(super) fn behind_one_page(&self, pages: usize) -> Option<usize> {
        self.images.filter(|&images| self.contiguous && pages == 1 && images > 1)
    }

    /// Refuses what is no stack of slices: several channels, a series of stacks, or planes that are
    /// not among those found.
    pub(super) fn check(&self, path: &Path, pages: usize, found: usize) -> Result<(), Error> {
        let Self { channels, slices, frames, images, .. } = *self;
        let unsupported =
            |what, remedy| Err(Error::Unsupported { path: path.to_owned(), what, remedy });
        if channels > 1 {
            let what = format!("{channels} channels (or series) of {slices} slices");
            return unsupported(
                what,
                "split them into a file each, as ImageJ's Split Channels does",
            );
        }
        if frames > 1 && slices > 1 {
            let what = format!("{frames} frames of {slices} slices");
            return unsupported(what, "split it into a file for each frame");
        }
        match images {
            Some(images) if images > found => unsupported(
                format!(
                    "{pages} page(s) and no room for further planes behind them, and its description \
                     says images={images}"
                ),
                "copy it again if it was cut short, or save it as a TIFF file with a page for each \
                 plane, as tifffile's imwrite does",
            ),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_of_all_kinds_are_understood() {
        let planes = |text| {
            let Planes { channels, slices, frames, images, .. } = Planes::of(text);
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
        assert_eq!(planes("a photo"), (1, 1, 1, None));
    }

    #[test]
    fn only_some_programs_leave_out_pages() {
        let behind = |text, pages| Planes::of(text).behind_one_page(pages);
        assert_eq!(behind("ImageJ=1.11a\nimages=7\nslices=7\n", 1), Some(7));
        assert_eq!(behind("ImageJ=1.11a\nimages=7\nslices=7\n", 7), None);
        assert_eq!(behind(r#"{"shape": [6, 16, 20], "truncated": true}"#, 1), Some(6));
        assert_eq!(behind(r#"{"shape": [6, 16, 20]}"#, 1), None);
        let ome = r#"<OME><Pixels SizeC="1" SizeT="1" SizeZ="4"/></OME>"#;
        assert_eq!(behind(ome, 1), None);
    }
}
