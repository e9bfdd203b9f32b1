use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::figure::{Figure, FigureData};
use crate::report::{Block, Report};
use crate::table::Table;
use crate::{Cell, Error};

/// What the template sees.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
}

pub(crate) fn render(report: &Report) -> Result<String, Error> {
    for block in report.sections.iter().flat_map(|section| &section.blocks) {
        if let Block::Table(table) = block {
            table.check()?;
        }
    }
    Ok(Page { report }.render()?)
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
