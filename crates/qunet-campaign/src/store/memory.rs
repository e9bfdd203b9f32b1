use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

use ndarray::Array3;
use qunet_model::Network;
use qunet_quality::QualityRecord;
use qunet_stack::Stack;

use super::{Item, Store};
use crate::records::SliceRecords;
use crate::{Digest, Error, Manifest, StackSource};

/// A campaign in memory: gone with the program, and nothing is written.
///
/// Of the networks those of the last round are kept; further training changes them in place.
#[derive(Debug, Default)]
pub struct Memory<'a> {
    stacks: Vec<&'a Stack>,
    labels: BTreeMap<PathBuf, Array3<u8>>,
    scores: BTreeMap<PathBuf, Vec<QualityRecord>>,
    records: BTreeMap<PathBuf, SliceRecords>,
    /// By member of the committee.
    networks: BTreeMap<usize, Rc<Network>>,
}

impl<'a> Memory<'a> {
    pub(crate) fn new(stacks: &[&'a Stack]) -> Self {
        Self { stacks: stacks.to_vec(), ..Self::default() }
    }

    /// The same items again, with networks of their own.
    pub(crate) fn copy(&self) -> Result<Self, Error> {
        let copy = |(&member, network): (&usize, &Rc<Network>)| {
            Ok::<_, Error>((member, Rc::new(network.copy()?)))
        };
        Ok(Self {
            stacks: self.stacks.clone(),
            labels: self.labels.clone(),
            scores: self.scores.clone(),
            records: self.records.clone(),
            networks: self.networks.iter().map(copy).collect::<Result<_, _>>()?,
        })
    }
}

fn get<T: Clone>(from: &BTreeMap<PathBuf, T>, item: Item<'_>) -> Result<T, Error> {
    let path = item.path();
    from.get(&path).cloned().ok_or(Error::Missing { path })
}

fn member(item: Item<'_>) -> usize {
    match item {
        Item::Weights(_, member) => member,
        _ => 0,
    }
}

impl Store for Memory<'_> {
    fn stack(&self, number: usize, source: &StackSource) -> Result<Cow<'_, Stack>, Error> {
        let missing = || Error::Missing { path: source.name.clone().into() };
        self.stacks.get(number).map(|&stack| Cow::Borrowed(stack)).ok_or_else(missing)
    }

    fn digests_of(&self, _stack: &Stack) -> Result<[Digest; 2], Error> {
        Ok(Default::default())
    }

    fn commit(&mut self, _manifest: &Manifest) -> Result<(), Error> {
        Ok(())
    }

    fn labels(&self, item: Item<'_>, _digest: &Digest) -> Result<Array3<u8>, Error> {
        get(&self.labels, item)
    }

    fn put_labels(
        &mut self,
        item: Item<'_>,
        _stack: &Stack,
        labels: Array3<u8>,
    ) -> Result<Digest, Error> {
        self.labels.insert(item.path(), labels);
        Ok(Digest::new())
    }

    fn scores(&self, item: Item<'_>, _digest: &Digest) -> Result<Vec<QualityRecord>, Error> {
        get(&self.scores, item)
    }

    fn put_scores(&mut self, item: Item<'_>, scores: Vec<QualityRecord>) -> Result<Digest, Error> {
        self.scores.insert(item.path(), scores);
        Ok(Digest::new())
    }

    fn records(&self, item: Item<'_>, _digest: &Digest) -> Result<SliceRecords, Error> {
        get(&self.records, item)
    }

    fn put_records(&mut self, item: Item<'_>, records: SliceRecords) -> Result<Digest, Error> {
        self.records.insert(item.path(), records);
        Ok(Digest::new())
    }

    fn network(&self, item: Item<'_>, _digest: &Digest) -> Result<Rc<Network>, Error> {
        let missing = || Error::Missing { path: item.path() };
        self.networks.get(&member(item)).cloned().ok_or_else(missing)
    }

    fn put_network(&mut self, item: Item<'_>, network: Rc<Network>) -> Result<Digest, Error> {
        self.networks.insert(member(item), network);
        Ok(Digest::new())
    }

    fn left_behind(&self, item: Item<'_>) -> Option<Digest> {
        let path = item.path();
        let is_here = self.labels.contains_key(&path) || self.records.contains_key(&path);
        is_here.then(Digest::new)
    }

    fn checkpoint(&self, _round: usize, _member: usize) -> Result<Option<PathBuf>, Error> {
        Ok(None)
    }

    /// Drops all generations of the annotations but the last.
    fn settle(&mut self, manifest: &Manifest) -> Result<(), Error> {
        for stack in &manifest.stacks {
            for generation in 0..stack.annotations.generation {
                self.labels.remove(&Item::Annotations(&stack.source.name, generation).path());
            }
        }
        Ok(())
    }
}
