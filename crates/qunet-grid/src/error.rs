/// The result of an operation on a grid.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What is wrong with a mask or a setting.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Two arrays that describe the same pixels differ in shape.
    #[error(
        "{name} has shape {found:?} where {expected:?} is expected; resample it to the other's grid"
    )]
    ShapeMismatch {
        /// Which array.
        name: &'static str,
        /// The shape of the first array.
        expected: Vec<usize>,
        /// The shape of this one.
        found: Vec<usize>,
    },
    /// Surfaces, objects and distances are for one to three axes.
    #[error(
        "masks have {found} axes, but surfaces, objects and distances are for 1, 2 or 3; slice them first"
    )]
    Dimensions {
        /// The number of axes.
        found: usize,
    },
    /// Objects are numbered with 32 bits.
    #[error(
        "a mask of shape {shape:?} has rows or runs of foreground beyond 2^32; find the objects of parts of it"
    )]
    TooManyRuns {
        /// The shape of the mask.
        shape: Vec<usize>,
    },
    /// A spacing does not fit the masks.
    #[error(
        "spacing is {found:?}, but masks of {axes} axes need {axes} lengths from 1e-100 to 1e100 in array order; read them from the image header"
    )]
    Spacing {
        /// The number of axes of the masks.
        axes: usize,
        /// The spacing.
        found: Vec<f64>,
    },
}
