use qunet_stack::SliceId;

use crate::number;

/// One cell of a [`Table`](crate::Table).
///
/// # Example
/// ```
/// use qunet_report::Cell;
///
/// assert_eq!(Cell::from("kept"), Cell::Text("kept".to_owned()));
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
