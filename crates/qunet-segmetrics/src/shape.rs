use crate::{Error, Result};

/// Refuses an array of another shape than the first.
pub(crate) fn same_shape(name: &'static str, expected: &[usize], found: &[usize]) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    Err(Error::ShapeMismatch { name, expected: expected.to_vec(), found: found.to_vec() })
}
