/// The result of a segmentation metric.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What is wrong with a mask, a probability map or a setting.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Two arrays that describe the same pixels differ in shape.
    #[error(
        "{name} has shape {found:?} where {expected:?} is expected; resample it to the other's grid"
    )]
    ShapeMismatch {
        /// Which array: "truth", "region", "labels" or "level 4".
        name: &'static str,
        /// The shape of the first array.
        expected: Vec<usize>,
        /// The shape of this one.
        found: Vec<usize>,
    },
    /// A value of a probability map is not a probability.
    #[error(
        "{name} has {value} at {index:?}, not a probability in [0, 1]; apply the sigmoid and replace NaN first"
    )]
    NotAProbability {
        /// Which map: "the map", "level 3" or "level 4".
        name: &'static str,
        /// Where the first such value is.
        index: Vec<usize>,
        /// The value.
        value: f32,
    },
    /// The threshold of a probability map is out of range.
    #[error("threshold is {value}, but the rule is 0 <= threshold < 1; 0.5 is usual")]
    Threshold {
        /// Its value.
        value: f32,
    },
    /// A label map holds a class that the confusion matrix has no row for.
    #[error(
        "{name} has label {value}, but the labels are 0..{classes}; give all classes, or name it as the label to ignore"
    )]
    Label {
        /// Which array: "prediction", "truth" or "labels".
        name: &'static str,
        /// The label.
        value: i64,
        /// The number of classes.
        classes: usize,
    },
    /// A confusion matrix would be too large.
    #[error(
        "a confusion matrix of {value} classes, but the most are {most}; number the labels that occur anew"
    )]
    Classes {
        /// The number of classes.
        value: usize,
        /// The largest number.
        most: usize,
    },
    /// The temperature of a softmin is out of range.
    #[error("temperature is {value}, but must be from 0.001 to 1000; 0.1 is usual")]
    Temperature {
        /// Its value.
        value: f64,
    },
    /// Bins of probabilities do not fit those of a histogram.
    #[error(
        "{found} bins do not fit a histogram of {histogram}: calibration needs a divisor of that, a merge the same number"
    )]
    Bins {
        /// The number of bins.
        found: usize,
        /// That of the histogram.
        histogram: usize,
    },
    /// Counts are not those of a confusion matrix.
    #[error(
        "rows of {columns:?} counts, but a confusion matrix has as many columns as rows and fewer than 2^64 pixels"
    )]
    Matrix {
        /// The number of columns of each row.
        columns: Vec<usize>,
    },
    /// A mask has the wrong number of axes, too many runs, or a spacing that does not fit it.
    #[error(transparent)]
    Grid(#[from] qunet_grid::Error),
    /// A percentile is out of range.
    #[error("percentile is {value}, but the rule is 0 <= percentile <= 100; 95 is usual")]
    Percentile {
        /// Its value.
        value: f64,
    },
    /// The tolerance of a surface Dice is out of range.
    #[error("tolerance is {value}, but the rule is 0 <= tolerance, in the units of the spacing")]
    Tolerance {
        /// Its value.
        value: f64,
    },
    /// A setting of the bootstrap is out of range.
    #[error("{name} of the bootstrap is {value}, but must be {rule}")]
    Bootstrap {
        /// Which setting.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        rule: &'static str,
    },
    /// Two methods were not measured on the same cases.
    #[error(
        "cases differ: {} only in the first ({}), {} only in the second ({}); add them, or take the common ones with Unmatched::LeaveOut",
        .only_first.len(), names(.only_first), .only_second.len(), names(.only_second)
    )]
    Unmatched {
        /// Cases of the first method alone.
        only_first: Vec<String>,
        /// Cases of the second method alone.
        only_second: Vec<String>,
    },
    /// A metric of a report cannot have this name.
    #[error("metric is named {name:?}, but a name must be {rule}; choose another")]
    MetricName {
        /// The name.
        name: String,
        /// What it must be.
        rule: &'static str,
    },
    /// A row of a report does not fit its metrics.
    #[error(
        "{case} has {found} values where the report has {expected} given metrics; give one each, None where undefined"
    )]
    MetricValues {
        /// The row.
        case: String,
        /// Number of given metrics.
        expected: usize,
        /// Number of values.
        found: usize,
    },
    /// The counts of a volume are not the sum over its slices.
    #[error(
        "the counts of case {case:?}, class {class:?} differ from the sum over its slices; give None to add them, or all slices"
    )]
    VolumeCounts {
        /// The volume.
        case: String,
        /// The class.
        class: String,
    },
    /// A report has no class or metric of this name.
    #[error("there is no {kind} {name:?} in the report; it has {}", names(.known))]
    Unknown {
        /// "class" or "metric".
        kind: &'static str,
        /// The name.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// One case was given more than once.
    #[error("{case} is given twice in {place}; name each case, slice and class once")]
    Repeated {
        /// What was repeated: a case, with its slice and class where it has them.
        case: String,
        /// Where.
        place: &'static str,
    },
}

/// The first few names of a list that may be long.
fn names(names: &[String]) -> String {
    let shown = names.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > 5 { format!("{shown}, ...") } else { shown }
}
