use std::path::{Path, PathBuf};

use qunet_stack::write_file;

use crate::Error;
use crate::drawing::{FigureData, FigureFormat};

/// A figure in memory, with its caption and a text for people who cannot see it.
///
/// The functions of this crate make figures. [`write`](Self::write) and
/// [`write_to`](Self::write_to) save one, [`Section::figure`](crate::Section::figure) puts it into
/// a page. A figure has one [`FigureFormat`] and is written only under an ending of that format.
///
/// # Example
/// ```
/// use ndarray::Array2;
/// use qunet_report::{Error, FigureFormat, MontageTile, montage};
/// use qunet_stack::SliceId;
///
/// let image = Array2::from_elem((64, 64), 0.5);
/// let figure = montage(&[MontageTile::new(SliceId(12), &image, "rank 1")])?;
/// assert_eq!(figure.format(), FigureFormat::Png);
/// let refused = figure.write_to("chosen.svg").unwrap_err();
/// assert!(matches!(refused, Error::Ending { format: FigureFormat::Png, .. }));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    name: String,
    caption: String,
    /// What every caption of this figure ends with.
    note: &'static str,
    alt: String,
    data: FigureData,
}

impl Figure {
    pub(crate) fn new(name: &str, caption: String, alt: String, data: FigureData) -> Self {
        Self { name: name.to_owned(), caption, note: "", alt, data }
    }

    /// Ends the caption, and any that replaces it, with a note on how to read the drawing.
    pub(crate) fn with_note(self, note: &'static str) -> Self {
        let caption = self.caption.clone();
        Self { note, ..self }.with_caption(caption)
    }

    /// The name, which is also the stem of its file name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text under the figure.
    #[must_use]
    pub fn caption(&self) -> &str {
        &self.caption
    }

    /// The text for people who cannot see the figure.
    #[must_use]
    pub fn alt(&self) -> &str {
        &self.alt
    }

    /// The drawing itself.
    #[must_use]
    pub fn data(&self) -> &FigureData {
        &self.data
    }

    /// The format of its file.
    #[must_use]
    pub fn format(&self) -> FigureFormat {
        self.data.format()
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

    /// The same figure with another caption; a note that slices are not shown in the range [0, 1]
    /// stays at its end.
    #[must_use]
    pub fn with_caption(self, caption: impl Into<String>) -> Self {
        Self { caption: caption.into() + self.note, ..self }
    }

    /// The same figure with another text for people who cannot see it.
    #[must_use]
    pub fn with_alt(mut self, alt: impl Into<String>) -> Self {
        self.alt = alt.into();
        self
    }

    /// Writes `<folder>/<name>.svg` or `<folder>/<name>.png` and returns its path.
    ///
    /// # Errors
    /// [`Error::Stack`] where the folder is missing or may not be written.
    pub fn write(&self, folder: impl AsRef<Path>) -> Result<PathBuf, Error> {
        let file = format!("{}.{}", self.name, self.format().extension());
        let path = folder.as_ref().join(file);
        self.write_to(&path)?;
        Ok(path)
    }

    /// Writes this file, whole or not at all; its name must end in `.svg` or `.png`, whichever is
    /// the figure's [`format`](Self::format).
    ///
    /// # Errors
    /// [`Error::Ending`] where the path has the ending of another format, or none;
    /// [`Error::Stack`] where its folder is missing or may not be written.
    pub fn write_to(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let (path, format) = (path.as_ref(), self.format());
        if !format.is_of(path) {
            let (name, path) = (self.name.clone(), path.to_path_buf());
            return Err(Error::Ending { name, format, path });
        }
        Ok(write_file(path, self.data.bytes())?)
    }
}
