//! Where a campaign keeps what it makes: in memory, or in a folder that survives being killed.

mod document;
mod folder;
pub(crate) mod layout;
mod memory;

use std::borrow::Cow;
use std::path::PathBuf;
use std::rc::Rc;

use ndarray::Array3;
use qunet_model::Network;
use qunet_quality::QualityRecord;
use qunet_stack::Stack;

pub use self::folder::Folder;
pub use self::layout::Item;
pub use self::memory::Memory;
use crate::records::SliceRecords;
use crate::{Digest, Error, Manifest, StackSource};

/// Keeps the items of a campaign and its manifest.
///
/// An item is put before the manifest that names its digest is committed, and what is put is whole
/// and safe when the call returns. So a campaign that ends between any two calls is found again as
/// the last committed manifest describes it.
pub trait Store {
    /// A stack with its region of interest.
    ///
    /// # Errors
    /// [`Error::Stack`] where it cannot be read.
    fn stack(&self, number: usize, source: &StackSource) -> Result<Cow<'_, Stack>, Error>;

    /// The digest of the pixels of a stack, and that of its place in space and region of interest.
    ///
    /// # Errors
    /// [`Error::Stack`] where they cannot be read.
    fn digests_of(&self, stack: &Stack) -> Result<[Digest; 2], Error>;

    /// Makes a manifest the campaign's.
    ///
    /// # Errors
    /// Where it cannot be written, or is no longer the one that was read.
    fn commit(&mut self, manifest: &Manifest) -> Result<(), Error>;

    /// The label map of an item.
    ///
    /// # Errors
    /// [`Error::Changed`] where it is not what its digest says, and those of reading it.
    fn labels(&self, item: Item<'_>, digest: &Digest) -> Result<Array3<u8>, Error>;

    /// Keeps a label map on the grid of `stack`.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn put_labels(
        &mut self,
        item: Item<'_>,
        stack: &Stack,
        labels: Array3<u8>,
    ) -> Result<Digest, Error>;

    /// The quality metrics of a stack.
    ///
    /// # Errors
    /// As [`Store::labels`].
    fn scores(&self, item: Item<'_>, digest: &Digest) -> Result<Vec<QualityRecord>, Error>;

    /// Keeps the quality metrics of a stack.
    ///
    /// # Errors
    /// Where they cannot be written.
    fn put_scores(&mut self, item: Item<'_>, scores: Vec<QualityRecord>) -> Result<Digest, Error>;

    /// The observation of a stack.
    ///
    /// # Errors
    /// As [`Store::labels`].
    fn records(&self, item: Item<'_>, digest: &Digest) -> Result<SliceRecords, Error>;

    /// Keeps the observation of a stack.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn put_records(&mut self, item: Item<'_>, records: SliceRecords) -> Result<Digest, Error>;

    /// The trained network of a round.
    ///
    /// # Errors
    /// As [`Store::labels`].
    fn network(&self, item: Item<'_>, digest: &Digest) -> Result<Rc<Network>, Error>;

    /// Keeps the trained network of a round.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn put_network(&mut self, item: Item<'_>, network: Rc<Network>) -> Result<Digest, Error>;

    /// The digest of an item that was put and not committed, by a program that was killed in
    /// between; `None` where it is not there.
    fn left_behind(&self, item: Item<'_>) -> Option<Digest>;

    /// Where the training of a member is saved after every epoch; `None` where it is not.
    ///
    /// # Errors
    /// Where its folder cannot be made.
    fn checkpoint(&self, round: usize, member: usize) -> Result<Option<PathBuf>, Error>;

    /// Does what follows from a committed manifest: gives annotators what they need, and removes
    /// what has become superfluous.
    ///
    /// # Errors
    /// Where something cannot be written or removed.
    fn settle(&mut self, manifest: &Manifest) -> Result<(), Error>;
}
