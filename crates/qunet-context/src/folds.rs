//! Drawn slices shared among folds.

use crate::slices::ascending;
use crate::{Error, Result};

/// The fold, from 0, of each drawn slice of one stack, in the order given.
///
/// Counted along z, drawn slice k goes to fold `k mod count`, so that the neighbours of a slice
/// that is left out stay in; `count` or fewer slices have a fold each. Each stack has folds of its
/// own.
///
/// # Errors
/// [`Error::NamedTwice`] for a slice named twice; [`Error::NoFolds`] for 0 folds.
///
/// # Example
/// ```
/// use qunet_context::folds;
///
/// assert_eq!(folds(&[3, 8, 12, 20, 31], 3)?, [0, 1, 2, 0, 1]);
/// assert_eq!(folds(&[20, 3], 3)?, [1, 0]);
/// # Ok::<(), qunet_context::Error>(())
/// ```
pub fn folds(drawn: &[usize], count: usize) -> Result<Vec<usize>> {
    if count == 0 {
        return Err(Error::NoFolds);
    }
    let along_z = ascending(drawn)?;
    let place = |slice: &usize| along_z.partition_point(|other| other < slice);
    Ok(drawn.iter().map(|slice| place(slice) % count).collect())
}
