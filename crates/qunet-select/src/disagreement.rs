use std::collections::BTreeMap;

use ndarray::ArrayRef2;
use qunet_segmetrics::head_agreement;
use qunet_stack::SliceId;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::error::require;

/// Settings of [`DisagreementSelection`]; the defaults are the paper's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DisagreementParams {
    /// q0: slices whose quality index Q is strictly below are selected.
    pub quality_threshold: f64,
    /// A pixel is foreground where its probability is above this.
    pub probability_threshold: f32,
    /// The most slices to take, lowest Q first; `None` = all below q0, as in the paper.
    pub max_slices: Option<usize>,
}

impl Default for DisagreementParams {
    fn default() -> Self {
        Self { quality_threshold: 0.5, probability_threshold: 0.5, max_slices: None }
    }
}

impl DisagreementParams {
    /// Sets q0.
    #[must_use]
    pub fn quality_threshold(self, quality_threshold: f64) -> Self {
        Self { quality_threshold, ..self }
    }

    /// Sets the most slices to take.
    #[must_use]
    pub fn max_slices(self, max_slices: usize) -> Self {
        Self { max_slices: Some(max_slices), ..self }
    }

    /// Checks every value and starts to listen.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field, its value and the rule.
    pub fn start(self) -> Result<DisagreementSelection, Error> {
        let q0 = self.quality_threshold;
        require((0.0..=1.0).contains(&q0), "quality_threshold", q0, "q0 lies in 0..=1")?;
        let probability = self.probability_threshold;
        require(
            (0.0..1.0).contains(&probability),
            "probability_threshold",
            f64::from(probability),
            "it must lie in [0, 1)",
        )?;
        Ok(DisagreementSelection { params: self, observed: BTreeMap::new() })
    }
}

/// Step 2 of QU-net++ (Algorithm 1): the slices S_m on which heads L3 and L4 disagree.
///
/// Q = |L3 and L4| / |L3 or L4| of the binarised maps, in [0, 1]; lower = the slice shows
/// something unlearned. Where both heads are empty Q is 1 and the record says so: agreement on
/// nothing may hide a missed lesion. Slices can be observed in any order.
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

/// How far heads L3 and L4 agree on one slice.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgreementRecord {
    /// Which slice.
    pub id: SliceId,
    /// The quality index Q, in [0, 1]; lower = less agreement.
    pub quality_index: f64,
    /// Soft Jaccard of the two probability maps, in [0, 1]; `None` where both are zero.
    pub soft_jaccard: Option<f64>,
    /// Both heads found nothing, so Q is 1 by convention.
    pub empty: bool,
    /// What followed.
    #[serde(flatten)]
    pub pick: Pick,
}

/// Whether a slice joins S_m.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "pick", rename_all = "snake_case")]
pub enum Pick {
    /// Q is below q0; rank 1 is the lowest Q.
    Selected {
        /// 1-based rank.
        rank: usize,
    },
    /// Q is below q0, but the budget was spent.
    OverBudget {
        /// 1-based rank.
        rank: usize,
    },
    /// Q is not below q0.
    Agrees,
}

/// The selection S_m, and for every slice its quality index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DisagreementSet {
    /// What was asked for.
    pub params: DisagreementParams,
    /// One per observed slice, by slice number.
    pub records: Vec<AgreementRecord>,
}

impl DisagreementSet {
    /// The slices of S_m, lowest Q first.
    #[must_use]
    pub fn ids(&self) -> Vec<SliceId> {
        let mut ranked: Vec<(usize, SliceId)> = self
            .records
            .iter()
            .filter_map(|record| match record.pick {
                Pick::Selected { rank } => Some((rank, record.id)),
                _ => None,
            })
            .collect();
        ranked.sort_unstable();
        ranked.into_iter().map(|(_, id)| id).collect()
    }
}

impl DisagreementSelection {
    /// The paper's settings, to be changed and started.
    #[must_use]
    pub fn params() -> DisagreementParams {
        DisagreementParams::default()
    }

    /// Takes the maps of heads L3 and L4 of one slice, `(height, width)`, at one size, and says how
    /// far they agree; which slices are picked is settled by [`DisagreementSelection::finish`].
    ///
    /// # Errors
    /// [`Error::Duplicate`] where the slice was observed before, [`Error::Maps`] where the maps
    /// differ in size or hold a NaN.
    pub fn observe(
        &mut self,
        id: SliceId,
        level3: &ArrayRef2<f32>,
        level4: &ArrayRef2<f32>,
    ) -> Result<AgreementRecord, Error> {
        if self.observed.contains_key(&id) {
            return Err(Error::Duplicate { slice: id });
        }
        let agreement = head_agreement(level3, level4, self.params.probability_threshold)
            .map_err(|source| Error::Maps { slice: id, source })?;
        let record = AgreementRecord {
            id,
            quality_index: agreement.jaccard().unwrap_or(1.0),
            soft_jaccard: agreement.soft_jaccard(),
            empty: agreement.both_empty(),
            pick: Pick::Agrees,
        };
        self.observed.insert(id, record);
        Ok(record)
    }

    /// Ends the round: every slice with Q < q0, lowest first, as far as the budget goes.
    #[must_use]
    pub fn finish(self) -> DisagreementSet {
        let mut records: Vec<AgreementRecord> = self.observed.into_values().collect();
        let mut order: Vec<usize> = (0..records.len())
            .filter(|&index| records[index].quality_index < self.params.quality_threshold)
            .collect();
        let key = |index: &usize| (records[*index].quality_index, records[*index].id);
        order.sort_by(|a, b| {
            let ((qa, ida), (qb, idb)) = (key(a), key(b));
            qa.total_cmp(&qb).then(ida.cmp(&idb))
        });
        let budget = self.params.max_slices.unwrap_or(usize::MAX);
        for (index, rank) in order.into_iter().zip(1..) {
            records[index].pick =
                if rank <= budget { Pick::Selected { rank } } else { Pick::OverBudget { rank } };
        }
        DisagreementSet { params: self.params, records }
    }
}
