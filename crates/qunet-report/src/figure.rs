use std::path::{Path, PathBuf};

use qunet_stack::write_file;

use crate::Error;

/// What a figure is drawn with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FigureData {
    /// A chart, as the text of an SVG document.
    Svg(String),
    /// A picture, as the bytes of a PNG file.
    Png(Vec<u8>),
}

/// A figure in memory, with what a reader needs beside it.
///
/// The functions of this crate make figures; [`write`](Self::write) saves one as a file and
/// [`Section::figure`](crate::Section::figure) puts it into a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    name: String,
    caption: String,
    alt: String,
    data: FigureData,
}

impl Figure {
    pub(crate) fn new(name: &str, caption: String, alt: String, data: FigureData) -> Self {
        Self { name: name.to_owned(), caption, alt, data }
    }

    /// The name, which is also the stem of its file name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What stands under it.
    #[must_use]
    pub fn caption(&self) -> &str {
        &self.caption
    }

    /// What is read to a person who cannot see it.
    #[must_use]
    pub fn alt(&self) -> &str {
        &self.alt
    }

    /// The drawing itself.
    #[must_use]
    pub fn data(&self) -> &FigureData {
        &self.data
    }

    /// The same figure under another name.
    ///
    /// # Errors
    /// [`Error::FigureName`] where the name is empty or holds anything but ASCII letters, digits,
    /// `-` and `_`.
    pub fn with_name(mut self, name: impl Into<String>) -> Result<Self, Error> {
        let name = name.into();
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || !name.chars().all(allowed) {
            return Err(Error::FigureName { name });
        }
        self.name = name;
        Ok(self)
    }

    /// The same figure with another caption.
    #[must_use]
    pub fn with_caption(mut self, caption: impl Into<String>) -> Self {
        self.caption = caption.into();
        self
    }

    /// The same figure with another text for a person who cannot see it.
    #[must_use]
    pub fn with_alt(mut self, alt: impl Into<String>) -> Self {
        self.alt = alt.into();
        self
    }

    /// Writes `<folder>/<name>.svg` or `.png` and says where.
    ///
    /// # Errors
    /// [`Error::Stack`] where the folder is missing or may not be written.
    pub fn write(&self, folder: impl AsRef<Path>) -> Result<PathBuf, Error> {
        let extension = match self.data {
            FigureData::Svg(_) => "svg",
            FigureData::Png(_) => "png",
        };
        let path = folder.as_ref().join(format!("{}.{extension}", self.name));
        self.write_to(&path)?;
        Ok(path)
    }

    /// Writes exactly this file; it appears whole or not at all.
    ///
    /// # Errors
    /// [`Error::Stack`] where its folder is missing or may not be written.
    pub fn write_to(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        Ok(write_file(path.as_ref(), self.bytes())?)
    }

    fn bytes(&self) -> &[u8] {
        match &self.data {
            FigureData::Svg(text) => text.as_bytes(),
            FigureData::Png(bytes) => bytes,
        }
    }
}
