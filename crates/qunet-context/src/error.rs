/// The result of reading drawn slices.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What is wrong with a label map, the numbers of its drawn slices or a setting.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A slice lies past the end of the stack.
    #[error("slice {slice}, but the stack has {count} slices, numbered from 0")]
    PastTheEnd {
        /// Its number.
        slice: usize,
        /// How many slices the stack has.
        count: usize,
    },
    /// A drawn slice is named more than once.
    #[error("drawn slice {slice} is named twice; name each drawn slice once")]
    NamedTwice {
        /// Its number.
        slice: usize,
    },
    /// The number of classes is out of range.
    #[error(
        "{classes} classes, but a label map of bytes holds 1 to {most} beside background",
        most = qunet_grid::MOST_CLASSES
    )]
    Classes {
        /// The number of classes.
        classes: usize,
    },
    /// A class is asked for that the labels do not have.
    #[error("class {class}, but the classes are 1 to {classes}; 0 is background")]
    Class {
        /// The class.
        class: usize,
        /// The number of classes.
        classes: usize,
    },
    /// A pixel of a drawn slice has a label beyond the classes.
    #[error(
        "drawn slice {slice} has label {label} at {pixel:?}, but the labels are 0 to {classes}, \
         and {ignore} where nobody annotated; give all classes",
        ignore = qunet_grid::IGNORE
    )]
    Label {
        /// The number of the slice.
        slice: usize,
        /// Row and column of the first such pixel.
        pixel: [usize; 2],
        /// Its label.
        label: u8,
        /// The number of classes.
        classes: usize,
    },
    /// A quantile is out of range.
    #[error("quantile is {value}, but must be from 0 to 1; 0.25 is usual")]
    Quantile {
        /// Its value.
        value: f64,
    },
    /// Drawn slices are to be shared among no folds.
    #[error(
        "drawn slices are to be shared among 0 folds; 3 are usual, 2 the fewest that leave any"
    )]
    NoFolds,
    /// A setting is out of range.
    #[error("{field} is {value}: {rule}")]
    Parameter {
        /// Its name.
        field: &'static str,
        /// Its value.
        value: f64,
        /// What holds for it.
        rule: &'static str,
    },
    /// Arrays of one slice differ in size.
    #[error("height and width are {found:?} where the slice has {expected:?}")]
    Shape {
        /// Height and width of the slice.
        expected: (usize, usize),
        /// Height and width of the other array.
        found: (usize, usize),
    },
    /// A slice has other features than those that trees were grown on.
    #[error("{found} planes of features where the trees were grown on {expected}")]
    Planes {
        /// How many the trees know.
        expected: usize,
        /// How many the slice has.
        found: usize,
    },
    /// Boosted trees cannot be grown.
    #[error("growing boosted trees: {problem}")]
    Trees {
        /// What the library says.
        problem: String,
    },
    /// Nothing is to be made one.
    #[error("no source with a positive weight; give at least one map")]
    NoSources,
    /// The spacing or the shape of a mask does not fit.
    #[error(transparent)]
    Grid(#[from] qunet_grid::Error),
}
