//! The drawing of a figure, and its file format.

use std::fmt;
use std::path::Path;

/// The drawing of a figure, in the format of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FigureData {
    /// A chart, as the text of an SVG document.
    Svg(String),
    /// A picture, as the bytes of a PNG file.
    Png(Vec<u8>),
}

impl FigureData {
    /// The format of the drawing.
    #[must_use]
    pub fn format(&self) -> FigureFormat {
        match self {
            Self::Svg(_) => FigureFormat::Svg,
            Self::Png(_) => FigureFormat::Png,
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Svg(text) => text.as_bytes(),
            Self::Png(bytes) => bytes,
        }
    }
}

/// The file format of a [`Figure`](crate::Figure): charts are SVG, pictures of slices are PNG.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FigureFormat {
    /// Scalable Vector Graphics.
    Svg,
    /// Portable Network Graphics.
    Png,
}

impl FigureFormat {
    /// The ending of a file name in this format, without the point.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
        }
    }

    pub(crate) fn is_of(self, path: &Path) -> bool {
        path.extension().is_some_and(|found| found.eq_ignore_ascii_case(self.extension()))
    }
}

impl fmt::Display for FigureFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Svg => "SVG",
            Self::Png => "PNG",
        })
    }
}
