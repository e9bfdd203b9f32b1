//! What every reader of slices does.

use std::fmt::Debug;
use std::io::Read;
use std::path::Path;

use crate::{Error, Geometry, SlicePixels};

/// Slices of one file or folder that are read one at a time.
pub(crate) trait Source: Debug + Send {
    /// Slices, height and width.
    fn shape(&self) -> [usize; 3];

    /// Plain pictures have no geometry of their own.
    fn geometry(&self) -> Geometry {
        Geometry::default()
    }

    /// Whether a slice costs the same in any order.
    fn is_random_access(&self) -> bool {
        true
    }

    /// Reads the slice of that number, which exists; in ascending order each costs one slice.
    fn read(&mut self, index: usize) -> Result<SlicePixels, Error>;
}

/// Exactly `length` bytes, or all there are; memory is asked for first and may be refused.
pub(crate) fn read_up_to(
    path: &Path,
    source: &mut dyn Read,
    length: usize,
) -> Result<Vec<u8>, Error> {
    let cannot_read = |source| Error::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(|source| cannot_read(source.into()))?;
    source.take(length as u64).read_to_end(&mut bytes).map_err(cannot_read)?;
    Ok(bytes)
}
