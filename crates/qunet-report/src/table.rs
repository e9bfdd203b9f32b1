use qunet_stack::SliceId;

use crate::{Error, number};

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

/// One cell of a [`Table`].
///
/// # Example
/// ```
/// use qunet_report::Cell;
///
/// assert_eq!(Cell::from("picked"), Cell::Text("picked".to_owned()));
/// assert_eq!(Cell::from(0.5), Cell::Number { value: 0.5, decimals: 3 });
/// assert_eq!(Cell::from(None::<f64>), Cell::Missing);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Cell {
    /// Words.
    Text(String),
    /// A number with so many decimals.
    Number {
        /// The number.
        value: f64,
        /// Digits after the point.
        decimals: usize,
    },
    /// A number that may be very small or large, with two significant digits.
    Scientific(f64),
    /// How many, or which one.
    Count(usize),
    /// A mean with its confidence interval.
    Interval {
        /// The mean.
        mean: f64,
        /// Lower end of the interval.
        low: f64,
        /// Upper end of the interval.
        high: f64,
    },
    /// No value; shown as a dash.
    Missing,
}

/// Decimals of a plain number and of an interval.
const DECIMALS: usize = 3;

impl Cell {
    /// What a reader sees.
    pub(crate) fn text(&self) -> String {
        let fixed = |value: f64| number::fixed(value, DECIMALS);
        match self {
            Self::Text(text) => text.clone(),
            Self::Number { value, .. } | Self::Scientific(value) if value.is_infinite() => {
                number::short(*value)
            }
            Self::Number { value, decimals } => number::fixed(*value, *decimals),
            Self::Scientific(value) => number::scientific(*value),
            Self::Count(count) => count.to_string(),
            Self::Interval { mean, low, high } => {
                format!("{} [{},\u{a0}{}]", fixed(*mean), fixed(*low), fixed(*high))
            }
            Self::Missing => "–".to_owned(),
        }
    }

    /// What a table is sorted by: a number for numbers, the words for words, nothing for a gap.
    pub(crate) fn sort_key(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number { value, .. } | Self::Scientific(value) => sortable(*value),
            Self::Count(count) => count.to_string(),
            Self::Interval { mean, .. } => sortable(*mean),
            Self::Missing => String::new(),
        }
    }

    /// Whether it is set to the right, digits under digits.
    pub(crate) fn is_number(&self) -> bool {
        !matches!(self, Self::Text(_))
    }
}

/// A number that a browser can read: infinity has no spelling there.
fn sortable(value: f64) -> String {
    if value.is_nan() { String::new() } else { format!("{:e}", value.clamp(f64::MIN, f64::MAX)) }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Self::Number { value, decimals: DECIMALS }
    }
}

impl From<usize> for Cell {
    fn from(count: usize) -> Self {
        Self::Count(count)
    }
}

impl From<SliceId> for Cell {
    fn from(id: SliceId) -> Self {
        Self::Count(id.0)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Missing, Into::into)
    }
}
