use crate::{CandidateId, Column};

/// What can go wrong with a selection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting out of range.
    #[error("{field} is {value}: {rule}")]
    Parameter {
        /// The setting.
        field: &'static str,
        /// Its value.
        value: String,
        /// What it must be.
        rule: &'static str,
    },
    /// There is no strategy of this name.
    #[error("there is no strategy {name:?}; name one of {}", .names.join(", "))]
    UnknownStrategy {
        /// The name given.
        name: String,
        /// The names there are.
        names: &'static [&'static str],
    },
    /// A pool without slices.
    #[error("nothing to select from; give at least one slice")]
    NoSlices,
    /// A stack has no quality records while others have.
    #[error("stack {stack} has no records; score its slices, or leave it out")]
    NoRecords {
        /// Position of the stack among those given.
        stack: usize,
    },
    /// A gap in millimetres needs to know where the slices are.
    #[error("the positions of stack {stack} are not given; give them, or the gap in slices")]
    NoPositions {
        /// Position of the stack among those given.
        stack: usize,
    },
    /// A record holds a number that no such record can hold.
    #[error("{field} of {candidate} is {value}: {rule}")]
    Record {
        /// Whose record.
        candidate: CandidateId,
        /// The number.
        field: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        rule: &'static str,
    },
    /// One candidate was given twice to a pool.
    #[error("{candidate} was given twice; give each slice once")]
    Duplicate {
        /// The slice.
        candidate: CandidateId,
    },
    /// A strategy needs a column that the pool does not have.
    #[error("strategy {strategy} needs the column {column}; add it to the pool")]
    MissingColumn {
        /// The strategy.
        strategy: String,
        /// The column.
        column: Column,
    },
    /// A value of a column is not a number that can be ranked.
    #[error("{column} of {candidate} is {value}, but must be finite{}", at_least(.least))]
    Value {
        /// The column.
        column: Column,
        /// Whose value.
        candidate: CandidateId,
        /// The value.
        value: f64,
        /// The smallest value that is allowed.
        least: Option<f64>,
    },
    /// A column names a slice that the pool does not hold.
    #[error("{column} names {candidate}, which is not in the pool; add it, or leave its value out")]
    Unknown {
        /// The column.
        column: Column,
        /// The slice.
        candidate: CandidateId,
    },
    /// A column names one candidate twice.
    #[error("{column} names {candidate} twice; give it once")]
    Repeated {
        /// The column.
        column: Column,
        /// The slice.
        candidate: CandidateId,
    },
    /// A table has another number of rows than the pool has candidates.
    #[error("{column} has {found} rows where the pool has {expected} candidates; give one each")]
    Rows {
        /// The column.
        column: Column,
        /// Number of candidates.
        expected: usize,
        /// Number of rows.
        found: usize,
    },
    /// The probability maps of a slice cannot be used.
    #[error("{candidate}: {problem}")]
    Maps {
        /// The slice.
        candidate: CandidateId,
        /// Why.
        problem: MapError,
    },
    /// Probability maps cannot be used.
    #[error(transparent)]
    Map(#[from] MapError),
}

fn at_least(least: &Option<f64>) -> String {
    least.map_or(String::new(), |least| format!(" and at least {least}"))
}

/// What is wrong with probability maps.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MapError {
    /// There is no pixel, or there are too few samples, classes or heads.
    #[error("maps have shape {shape:?}: {rule}")]
    Shape {
        /// The shape.
        shape: Vec<usize>,
        /// What it must be.
        rule: &'static str,
    },
    /// Two maps of one slice differ in shape.
    #[error("a map has shape {found:?} where {expected:?} is expected; resize the maps first")]
    Mismatch {
        /// Shape of the first map.
        expected: Vec<usize>,
        /// Shape of this one.
        found: Vec<usize>,
    },
    /// A value is not a probability.
    #[error("{value} at {index:?} is no probability in [0, 1]; apply the sigmoid, replace NaN")]
    NotAProbability {
        /// Where.
        index: Vec<usize>,
        /// The value.
        value: f32,
    },
    /// The classes of a pixel do not add to 1.
    #[error("the classes of pixel {index:?} add to {sum}, not 1; apply the softmax first")]
    Sum {
        /// The pixel.
        index: Vec<usize>,
        /// Their sum.
        sum: f64,
    },
    /// Two heads cannot be compared.
    #[error(transparent)]
    Heads(#[from] qunet_segmetrics::Error),
}

/// Refuses a setting that breaks its rule.
pub(crate) fn require(
    holds: bool,
    field: &'static str,
    value: impl ToString + Copy,
    rule: &'static str,
) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(Error::Parameter { field, value: value.to_string(), rule }) }
}
