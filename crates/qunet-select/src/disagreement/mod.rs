//! Step 2: the slices on which the heads disagree.

mod compare;
mod elbow;
mod map;
mod maps;
mod params;
mod record;
mod set;
mod threshold;

use std::collections::BTreeMap;

use ndarray::ArrayRef2;
use qunet_stack::SliceId;
use rayon::prelude::*;

pub use self::map::disagreement_map;
pub use self::maps::Maps;
pub use self::params::{AgreementMeasure, DisagreementOrder, DisagreementParams, EmptyAgreement};
pub use self::record::{AgreementRecord, Pick};
pub use self::set::DisagreementSet;
pub use self::threshold::QualityThreshold;
use crate::Error;
use crate::error::require_distinct;

/// Step 2 of QU-net++ (Algorithm 1): the slices S_m on which heads L3 and L4 disagree.
///
/// Q = |L3 and L4| / |L3 or L4| of the binarised maps, in [0, 1]; lower = the slice shows
/// something unlearned. Where both heads are empty Q is 1 and the record says so: agreement on
/// nothing may hide a missed lesion ([`EmptyAgreement`]). Slices can be observed in any order, one
/// by one or many at a time; several classes, heads and draws come in as [`Maps`].
///
/// ```
/// use ndarray::array;
/// use qunet_select::DisagreementSelection;
/// use qunet_stack::SliceId;
///
/// let mut query = DisagreementSelection::params().start()?;
/// query.observe(SliceId(4), &array![[0.9, 0.9, 0.1]], &array![[0.9, 0.2, 0.1]])?; // Q = 1/2
/// query.observe(SliceId(2), &array![[0.9, 0.1, 0.1]], &array![[0.1, 0.9, 0.1]])?; // Q = 0
/// let sm = query.finish();
/// assert_eq!(sm.ids(), [SliceId(2)]);
/// # Ok::<(), qunet_select::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct DisagreementSelection {
    params: DisagreementParams,
    observed: BTreeMap<SliceId, AgreementRecord>,
}

impl DisagreementSelection {
    /// The paper's settings, to be changed and started.
    #[must_use]
    pub fn params() -> DisagreementParams {
        DisagreementParams::default()
    }

    fn new(params: DisagreementParams) -> Self {
        Self { params, observed: BTreeMap::new() }
    }

    /// Takes the maps of heads L3 and L4 of one slice, `(height, width)`, at one size, and says how
    /// far they agree; which slices are picked is settled by [`DisagreementSelection::finish`].
    ///
    /// # Errors
    /// [`Error::Duplicate`] where the slice was observed before, [`Error::Maps`] where the maps
    /// differ in size or hold what is no probability.
    pub fn observe(
        &mut self,
        id: SliceId,
        level3: &ArrayRef2<f32>,
        level4: &ArrayRef2<f32>,
    ) -> Result<AgreementRecord, Error> {
        self.observe_maps(id, &Maps::Pair { level3: level3.view(), level4: level4.view() })
    }

    /// As [`DisagreementSelection::observe`], of several classes, heads or draws.
    ///
    /// # Errors
    /// [`Error::Duplicate`] where the slice was observed before; otherwise as
    /// [`AgreementRecord::of`].
    pub fn observe_maps(&mut self, id: SliceId, maps: &Maps<'_>) -> Result<AgreementRecord, Error> {
        self.require_new(id)?;
        let record = AgreementRecord::of(id, maps, &self.params)?;
        self.observed.insert(id, record);
        Ok(record)
    }

    /// Takes the maps of many slices, which are compared in parallel. The records come back in the
    /// order of the slices and are the same on any number of threads.
    ///
    /// # Errors
    /// That of the first slice that fails, as [`DisagreementSelection::observe_maps`]; then none of
    /// them is observed.
    ///
    /// ```
    /// use ndarray::array;
    /// use qunet_select::{DisagreementSelection, Maps};
    /// use qunet_stack::SliceId;
    ///
    /// let (first, second) = (array![[0.9, 0.1]], array![[0.1, 0.9]]);
    /// let pair = |level3, level4| Maps::Pair { level3, level4 };
    /// let mut query = DisagreementSelection::params().start()?;
    /// let records = query.observe_all(&[
    ///     (SliceId(0), pair(first.view(), first.view())),
    ///     (SliceId(1), pair(first.view(), second.view())),
    /// ])?;
    /// assert_eq!((records[0].quality_index, records[1].quality_index), (1.0, 0.0));
    /// # Ok::<(), qunet_select::Error>(())
    /// ```
    pub fn observe_all(
        &mut self,
        slices: &[(SliceId, Maps<'_>)],
    ) -> Result<Vec<AgreementRecord>, Error> {
        let ids = || slices.iter().map(|(id, _)| *id);
        require_distinct(ids()).map_err(|slice| Error::Duplicate { slice })?;
        ids().try_for_each(|id| self.require_new(id))?;
        let record =
            |(id, maps): &(SliceId, Maps<'_>)| AgreementRecord::of(*id, maps, &self.params);
        // All of them before the first error is looked for, so that it is the first of the slices.
        let records: Vec<Result<AgreementRecord, Error>> = slices.par_iter().map(record).collect();
        let records = records.into_iter().collect::<Result<Vec<_>, _>>()?;
        self.observed.extend(records.iter().map(|record| (record.id, *record)));
        Ok(records)
    }

    /// Takes a record that was computed elsewhere; what it says of being picked is forgotten.
    ///
    /// # Errors
    /// [`Error::Duplicate`] where the slice was observed before, [`Error::Record`] where Q is not
    /// in [0, 1].
    pub fn observe_record(&mut self, record: AgreementRecord) -> Result<(), Error> {
        let AgreementRecord { id, quality_index: value, .. } = record;
        self.require_new(id)?;
        if !(0.0..=1.0).contains(&value) {
            let (field, rule) = ("quality_index", "Q lies in 0..=1; compare the maps anew");
            return Err(Error::Record { candidate: id.into(), field, value, rule });
        }
        self.observed.insert(id, AgreementRecord { pick: Pick::Agrees, ..record });
        Ok(())
    }

    /// Ends the round: every slice with Q < q0, in the order asked for, as far as the budget goes.
    #[must_use]
    pub fn finish(self) -> DisagreementSet {
        let mut records: Vec<AgreementRecord> = self.observed.into_values().collect();
        let mut order: Vec<usize> = (0..records.len()).collect();
        // Stable: of equal Q the lower number comes first.
        order.sort_by(|&a, &b| records[a].quality_index.total_cmp(&records[b].quality_index));
        let sorted: Vec<f64> = order.iter().map(|&index| records[index].quality_index).collect();
        let (below, quality_threshold) = self.params.quality_threshold.cut(&sorted);
        order.truncate(below);
        if self.params.order == DisagreementOrder::Area {
            order.sort_by(|&a, &b| {
                records[b].differing.total_cmp(&records[a].differing).then(a.cmp(&b))
            });
        }
        let budget = self.params.max_slices.unwrap_or(usize::MAX);
        for (index, rank) in order.into_iter().zip(1..) {
            records[index].pick =
                if rank <= budget { Pick::Selected { rank } } else { Pick::OverBudget { rank } };
        }
        DisagreementSet { params: self.params, quality_threshold, records }
    }

    fn require_new(&self, id: SliceId) -> Result<(), Error> {
        if self.observed.contains_key(&id) {
            return Err(Error::Duplicate { slice: id });
        }
        Ok(())
    }
}
