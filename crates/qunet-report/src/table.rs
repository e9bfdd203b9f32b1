use crate::{Cell, Error};

/// A table of a [`Report`](crate::Report).
///
/// # Example
/// ```
/// use qunet_report::{Cell, Table};
///
/// let table = Table::new("Dice on the remaining slices", ["Method", "Slices", "Dice"])
///     .row([Cell::from("random"), Cell::from(9), Cell::from(0.55)])
///     .strong_row([Cell::from("QU-net++"), Cell::from(9), Cell::from(0.58)]);
/// assert_eq!(table.len(), 2);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub(crate) caption: String,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Row>,
    pub(crate) sortable: bool,
}

/// A row, emphasised or not.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) cells: Vec<Cell>,
    pub(crate) strong: bool,
}

impl Table {
    /// A table without rows.
    pub fn new(
        caption: impl Into<String>,
        columns: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            caption: caption.into(),
            columns: columns.into_iter().map(Into::into).collect(),
            rows: Vec::new(),
            sortable: false,
        }
    }

    /// Adds a row; it must have a cell for every column.
    #[must_use]
    pub fn row(self, cells: impl IntoIterator<Item = impl Into<Cell>>) -> Self {
        self.add(cells, false)
    }

    /// Adds a row that stands out.
    #[must_use]
    pub fn strong_row(self, cells: impl IntoIterator<Item = impl Into<Cell>>) -> Self {
        self.add(cells, true)
    }

    /// Lets the reader sort by a click on a column, and scrolls where the table is long.
    #[must_use]
    pub fn sortable(self) -> Self {
        Self { sortable: true, ..self }
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn add(mut self, cells: impl IntoIterator<Item = impl Into<Cell>>, strong: bool) -> Self {
        let cells = cells.into_iter().map(Into::into).collect();
        self.rows.push(Row { cells, strong });
        self
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let expected = self.columns.len();
        match self.rows.iter().position(|row| row.cells.len() != expected) {
            None => Ok(()),
            Some(row) => Err(Error::RaggedTable {
                table: self.caption.clone(),
                row: row + 1,
                expected,
                found: self.rows[row].cells.len(),
            }),
        }
    }
}
