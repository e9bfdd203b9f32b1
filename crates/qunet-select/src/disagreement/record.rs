use qunet_stack::SliceId;
use serde::{Deserialize, Serialize};

use super::compare::{Compared, Comparison};
use super::{AgreementMeasure, DisagreementParams, EmptyAgreement, Maps};
use crate::Error;

/// How far the heads of a network agree on one slice.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgreementRecord {
    /// Which slice.
    pub id: SliceId,
    /// The quality index Q, in [0, 1]; lower = less agreement. Of several pairs of heads the mean.
    pub quality_index: f64,
    /// Soft Jaccard index of the probabilities, in [0, 1]; of several pairs of heads the mean of
    /// those that have one, of several classes over all but the background together. `None` where
    /// all are 0.
    pub soft_jaccard: Option<f64>,
    /// The disagreement area in pixels: the sum over the pixels of |L3 - L4|, in [0, pixels], higher
    /// = more disagreement; of several pairs of heads the mean, of several classes over all but the
    /// background.
    pub differing: f64,
    /// All heads found nothing, so that Q is a convention ([`EmptyAgreement`]).
    pub empty: bool,
    /// What followed; [`Pick::Agrees`] until the round is over.
    #[serde(flatten)]
    pub pick: Pick,
}

/// Whether a slice joins S_m.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "pick", rename_all = "snake_case")]
pub enum Pick {
    /// Q is below q0; rank 1 is asked for first.
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

impl AgreementRecord {
    /// The record of one slice: a function of its maps and the settings alone, for callers who
    /// compute many in parallel or elsewhere and hand them to
    /// [`DisagreementSelection::observe_record`](crate::DisagreementSelection::observe_record).
    ///
    /// # Errors
    /// [`Error::Maps`] where maps differ in size or hold what is no probability,
    /// [`Error::ProbabilityMap`] where there are too few heads, draws or classes, or draws differ
    /// in size, [`Error::Parameter`] for a setting out of range.
    ///
    /// ```
    /// use ndarray::array;
    /// use qunet_select::{AgreementRecord, DisagreementParams, Maps};
    /// use qunet_stack::SliceId;
    ///
    /// let (level3, level4) = (array![[0.9, 0.9, 0.1]], array![[0.9, 0.2, 0.1]]);
    /// let maps = Maps::Pair { level3: level3.view(), level4: level4.view() };
    /// let record = AgreementRecord::of(SliceId(4), &maps, &DisagreementParams::default())?;
    /// assert_eq!(record.quality_index, 0.5);
    /// # Ok::<(), qunet_select::Error>(())
    /// ```
    pub fn of(id: SliceId, maps: &Maps<'_>, params: &DisagreementParams) -> Result<Self, Error> {
        params.check()?;
        let pairs = Comparison { id, threshold: params.probability_threshold }.of(maps)?;
        let soft: Vec<f64> = pairs.iter().filter_map(|pair| pair.soft_jaccard).collect();
        Ok(Self {
            id,
            quality_index: pairs.iter().map(|pair| quality(pair, params)).sum::<f64>()
                / pairs.len() as f64,
            soft_jaccard: (!soft.is_empty()).then(|| soft.iter().sum::<f64>() / soft.len() as f64),
            differing: pairs.iter().map(|pair| pair.differing).sum::<f64>() / pairs.len() as f64,
            empty: pairs.iter().all(|pair| pair.jaccard.is_none()),
            pick: Pick::Agrees,
        })
    }
}

/// Q of two heads.
fn quality(pair: &Compared, params: &DisagreementParams) -> f64 {
    let measured = match params.measure {
        AgreementMeasure::Jaccard => pair.jaccard,
        AgreementMeasure::SoftJaccard => pair.soft_jaccard,
    };
    measured.unwrap_or(match params.empty_agreement {
        EmptyAgreement::Agree => 1.0,
        EmptyAgreement::Unknown => pair.soft_jaccard.unwrap_or(1.0),
        EmptyAgreement::Suspect => 0.0,
    })
}
