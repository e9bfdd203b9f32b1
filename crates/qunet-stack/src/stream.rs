//! Stacks, a slice at a time.

use std::path::Path;

use crate::grid::Grid;
use crate::open::Slices;
use crate::pixels::{NO_RANGE, wider};
use crate::place::Place;
use crate::{Error, Geometry, SliceId, SlicePixels};

/// The slices of a file or folder in order, read one at a time: memory holds a slice, however
/// long the stack.
///
/// The values, their type and their order are those of [`Stack::open`](crate::Stack::open). The
/// header is checked when the stream is opened; what is wrong further in the file is the error of
/// the slice where it comes to light, and the last item.
///
/// ```
/// use qunet_stack::{SliceStream, phantom::CtPhantom};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("ct.nii.gz");
/// CtPhantom { slices: 4, size: 64, seed: 1 }.generate()?.stack.write(&path)?;
///
/// let stream = SliceStream::open(&path)?;
/// assert_eq!(stream.shape(), [4, 64, 64]);
/// for item in stream {
///     let (id, slice) = item?;
///     println!("slice {id}: {:?}", slice.view().range());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SliceStream {
    name: String,
    slices: Slices,
    next: usize,
}

impl SliceStream {
    /// Opens what [`Stack::open`](crate::Stack::open) opens.
    ///
    /// # Errors
    /// Each names the path: nothing there, unknown or broken content, a file too short for what
    /// its header promises, colour, more than three axes.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let slices = Slices::open(path)?;
        Ok(Self { name: path.display().to_string(), slices, next: 0 })
    }

    /// What errors call the stack: its path.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Slices, height and width of the whole stack.
    #[must_use]
    pub fn shape(&self) -> [usize; 3] {
        self.slices.shape()
    }

    /// Where the voxels lie.
    #[must_use]
    pub fn geometry(&self) -> Geometry {
        *self.slices.place().geometry()
    }

    pub(crate) fn place(&self) -> Place {
        self.slices.place()
    }

    /// Smallest and largest pixel of the slices that are left: of an untouched stream the same
    /// as [`Stack::range`](crate::Stack::range). Reads to the end.
    ///
    /// # Errors
    /// The first that the stream yields.
    pub fn range(mut self) -> Result<(f32, f32), Error> {
        self.try_fold(NO_RANGE, |range, item| Ok(wider(range, item?.1.view().range())))
    }

    /// Whether [`SliceStream::read`] costs the same for every slice, as in all formats but two:
    /// packed NIfTI, where it unpacks what lies before, and NumPy arrays in Fortran order, where
    /// it reads the whole file for the slices of the next 128 MiB.
    #[must_use]
    pub fn is_random_access(&self) -> bool {
        self.slices.is_random_access()
    }

    /// Reads one slice; where the stream goes on does not change.
    ///
    /// # Errors
    /// [`Error::NoSuchSlice`] past the end, and what the stream would yield there.
    pub fn read(&mut self, id: SliceId) -> Result<SlicePixels, Error> {
        let slices = self.shape()[0];
        if id.0 >= slices {
            return Err(Error::NoSuchSlice { slice: id, name: self.name.clone(), slices });
        }
        let slice = self.slices.source().read(id.0)?;
        slice.view().check_finite(&self.name, id)?;
        Ok(slice)
    }

    fn checked(&self, slice: SlicePixels) -> Result<(SliceId, SlicePixels), Error> {
        let id = SliceId(self.next);
        slice.view().check_finite(&self.name, id)?;
        Ok((id, slice))
    }
}

impl From<&SliceStream> for Grid {
    fn from(stream: &SliceStream) -> Self {
        Self::new(stream.name(), stream.shape(), &stream.place())
    }
}

impl Iterator for SliceStream {
    type Item = Result<(SliceId, SlicePixels), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.shape()[0] {
            return None;
        }
        let item = self.slices.next()?.and_then(|slice| self.checked(slice));
        self.next = after(self.next, &item);
        Some(item)
    }
}

/// The number of the slice after this one; none comes after a failure.
pub(crate) fn after<T>(slice: usize, item: &Result<T, Error>) -> usize {
    if item.is_ok() { slice + 1 } else { usize::MAX }
}
