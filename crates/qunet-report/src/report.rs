use std::path::Path;

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use qunet_stack::write_file;

use crate::Error;
use crate::drawing::FigureData;
use crate::figure::Figure;
use crate::table::{Cell, Table};
use crate::viewer::{PackedViewer, Viewer};

/// One page about a selection and a segmentation, in a single file that needs no network.
///
/// # Example
/// ```
/// use qunet_report::{Report, Section, Table};
///
/// let table = Table::new("Dice", ["Method", "Dice"]).row(["random", "0.55"]);
/// let html = Report::new("Lung CT 7")
///     .fact("Slices", "98")
///     .section(Section::new("Result").paragraph("Nine slices were annotated.").table(table))
///     .render()?;
/// assert!(html.contains("<h1>Lung CT 7</h1>"));
/// # Ok::<(), qunet_report::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub(crate) title: String,
    pub(crate) subtitle: String,
    pub(crate) facts: Vec<(String, String)>,
    pub(crate) sections: Vec<Section>,
}

/// A part of a [`Report`]: a heading, then paragraphs, figures and tables in the order they were
/// added.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    pub(crate) heading: String,
    pub(crate) blocks: Vec<Block>,
}

/// What a section is made of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Block {
    Paragraph(String),
    Figure(Figure),
    Table(Table),
    Viewer(PackedViewer),
}

impl Section {
    /// A section without content.
    pub fn new(heading: impl Into<String>) -> Self {
        Self { heading: heading.into(), blocks: Vec::new() }
    }

    /// Adds a paragraph.
    #[must_use]
    pub fn paragraph(self, text: impl Into<String>) -> Self {
        self.add(Block::Paragraph(text.into()))
    }

    /// Adds a figure with its caption.
    #[must_use]
    pub fn figure(self, figure: Figure) -> Self {
        self.add(Block::Figure(figure))
    }

    /// Adds a table.
    #[must_use]
    pub fn table(self, table: Table) -> Self {
        self.add(Block::Table(table))
    }

    /// Adds a viewer of slices.
    ///
    /// # Errors
    /// [`Error::Empty`] where it has none, [`Error::Encode`] where one cannot be packed.
    pub fn viewer(self, viewer: &Viewer) -> Result<Self, Error> {
        Ok(self.add(Block::Viewer(viewer.packed()?)))
    }

    fn add(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }
}

impl Report {
    /// A page without content.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            subtitle: String::new(),
            facts: Vec::new(),
            sections: Vec::new(),
        }
    }

    /// A sentence under the title.
    #[must_use]
    pub fn subtitle(self, text: impl Into<String>) -> Self {
        Self { subtitle: text.into(), ..self }
    }

    /// Adds a key fact, for example "Annotated" and "14 of 98 slices".
    #[must_use]
    pub fn fact(mut self, term: impl Into<String>, value: impl Into<String>) -> Self {
        self.facts.push((term.into(), value.into()));
        self
    }

    /// Adds a section.
    #[must_use]
    pub fn section(mut self, section: Section) -> Self {
        self.sections.push(section);
        self
    }

    /// The figures of all sections, in order.
    ///
    /// ```
    /// use qunet_report::{MontageTile, Report, Section, montage};
    /// # use ndarray::Array2;
    /// # use qunet_stack::SliceId;
    ///
    /// let slice = Array2::from_elem((8, 8), 0.5);
    /// let picture = montage(&[MontageTile::new(SliceId(3), &slice, "sharp")])?;
    /// let page = Report::new("Chosen").section(Section::new("Slices").figure(picture.clone()));
    /// assert!(page.figures().eq([&picture]));
    /// # Ok::<(), qunet_report::Error>(())
    /// ```
    pub fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.sections.iter().flat_map(|section| &section.blocks).filter_map(|block| match block {
            Block::Figure(figure) => Some(figure),
            _ => None,
        })
    }

    /// The page as HTML.
    ///
    /// # Errors
    /// [`Error::RaggedTable`] where a row has more or fewer cells than its table has columns.
    pub fn render(&self) -> Result<String, Error> {
        for block in self.sections.iter().flat_map(|section| &section.blocks) {
            if let Block::Table(table) = block {
                table.check()?;
            }
        }
        Ok(Page { report: self }.render()?)
    }

    /// Writes the page; the file appears whole or not at all.
    ///
    /// # Errors
    /// As [`render`](Self::render), and [`Error::Stack`] where the file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        Ok(write_file(path.as_ref(), self.render()?.as_bytes())?)
    }
}

/// What the template sees.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
}

impl Figure {
    /// The drawing as markup: an SVG as it is, a PNG as data. Only this crate makes figures, so
    /// both are safe without escaping.
    fn markup(&self) -> String {
        match self.data() {
            FigureData::Svg(text) => text.clone(),
            FigureData::Png(bytes) => {
                let data = STANDARD.encode(bytes);
                format!("<img src=\"data:image/png;base64,{data}\" alt=\"\">")
            }
        }
    }
}

impl Table {
    /// Whether a column holds numbers, so that its name is set to the right as they are.
    fn is_numeric(&self, column: &usize) -> bool {
        let mut cells = self.rows.iter().filter_map(|row| row.cells.get(*column));
        cells.any(Cell::is_number)
    }
}
