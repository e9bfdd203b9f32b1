//! How good a segmentation is, beside those of other campaigns.

use std::collections::BTreeSet;
use std::fmt;

use ndarray::Array3;
use qunet_segmetrics::{ConfusionCounts, EmptyPolicy, Evaluation, OverlapMetric, OverlapSummary};
use qunet_select::CandidateId;
use qunet_stack::{LabelMap, SliceId};

use crate::run::slice_counts;
use crate::store::Store;
use crate::{Campaign, Error, Reserve};

/// One segmentation on one set of slices.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Which segmentation, on which slices.
    pub name: String,
    /// Its scores.
    pub evaluation: Evaluation,
    /// Dice of the slices of the first stack.
    pub(super) dice_of_first: Vec<(SliceId, Option<f64>)>,
}

impl Scored {
    /// Each metric as the mean over the slices, over those with lesion, and from the counts of all
    /// slices together.
    pub(super) fn rows(&self) -> [(&'static str, [Option<f64>; 5]); 3] {
        let Evaluation { over_slices, pooled, .. } = &self.evaluation;
        let lesion = self.evaluation.over_lesion_slices();
        let mean = |summary: &OverlapSummary| OverlapMetric::ALL.map(|it| summary.get(it).mean);
        [
            ("mean over slices", mean(over_slices)),
            ("mean over lesion slices", mean(&lesion)),
            ("pooled over pixels", OverlapMetric::ALL.map(|metric| *pooled.get(metric))),
        ]
    }

    /// On how many slices without lesion something is found.
    pub(super) fn false_healthy(&self) -> String {
        let (found, healthy) = self.evaluation.false_healthy();
        format!("something found on {found} of {healthy} healthy slices")
    }
}

/// The segmentations of several campaigns, scored; displayed as a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores(pub Vec<Scored>);

impl Scores {
    /// Mean Dice over the slices that nobody annotated.
    #[must_use]
    pub fn dice(&self) -> Option<f64> {
        self.0.first()?.evaluation.over_slices.dice.mean
    }
}

/// The segmentation of a campaign, and the slices that it had drawn.
#[derive(Debug)]
pub(super) struct Arm {
    name: String,
    annotated: BTreeSet<CandidateId>,
    labels: Vec<Array3<u8>>,
}

impl Arm {
    pub(super) fn new<S: Store>(name: &str, campaign: &Campaign<S>) -> Result<Self, Error> {
        let stacks = campaign.manifest().stacks.iter().enumerate();
        let annotated = stacks.flat_map(|(stack, record)| {
            record.annotated.iter().map(move |&slice| CandidateId { stack, slice })
        });
        let round = campaign.manifest().rounds.len();
        let labels = |number| campaign.segmentation(number)?.ok_or(Error::NotQueried { round });
        Ok(Self {
            name: name.to_owned(),
            annotated: annotated.collect(),
            labels: (0..campaign.manifest().stacks.len()).map(labels).collect::<Result<_, _>>()?,
        })
    }

    /// The scores on all slices but those in `seen`.
    fn score(
        &self,
        seen: &BTreeSet<CandidateId>,
        truth: &[&LabelMap],
        which: &str,
    ) -> Result<Scored, Error> {
        let mut counts: Vec<(usize, ConfusionCounts)> = Vec::new();
        let mut dice_of_first = Vec::new();
        for (stack, (labels, truth)) in self.labels.iter().zip(truth).enumerate() {
            let unseen = |slice: &SliceId| !seen.contains(&CandidateId { stack, slice: *slice });
            let ids: Vec<SliceId> = (0..labels.dim().0).map(SliceId).filter(unseen).collect();
            let found = slice_counts(labels, truth, &ids)?;
            if stack == 0 {
                let evaluation = Evaluation::new(found.clone(), EmptyPolicy::Undefined);
                let dice = evaluation.slices.iter().map(|it| (SliceId(it.slice), it.scores.dice));
                dice_of_first = dice.collect();
            }
            counts.extend(found);
        }
        let name = format!("{}, the {} slices {which}", self.name, counts.len());
        let evaluation = Evaluation::new(counts, EmptyPolicy::Undefined);
        Ok(Scored { name, evaluation, dice_of_first })
    }
}

/// Scores on the slices nobody annotated, then all arms on the reserve, or without one on the slices
/// none of them has seen.
pub(super) fn score(
    own: &Arm,
    others: &[Arm],
    truth: &[&LabelMap],
    reserve: Option<Reserve>,
) -> Result<Scores, Error> {
    let mut scores = vec![own.score(&own.annotated, truth, "nobody annotated")?];
    let arms = || std::iter::once(own).chain(others);
    let mut seen: BTreeSet<CandidateId> = arms().flat_map(|arm| &arm.annotated).copied().collect();
    let which = match reserve {
        None => "none saw",
        Some(reserve) => {
            let slices = own.labels.iter().enumerate().flat_map(|(stack, labels)| {
                (0..labels.dim().0).map(move |slice| CandidateId { stack, slice: SliceId(slice) })
            });
            seen.extend(slices.filter(|id| !reserve.holds(id.slice)));
            "in reserve"
        }
    };
    if reserve.is_some() || !others.is_empty() {
        for arm in arms() {
            scores.push(arm.score(&seen, truth, which)?);
        }
    }
    Ok(Scores(scores))
}

impl fmt::Display for Scores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = OverlapMetric::ALL.map(|metric| format!("{metric:>10}")).concat();
        write!(f, "Scores{:38}{names}   slices with a Dice", "")?;
        for scored in &self.0 {
            write!(f, "\n  {}", scored.name)?;
            let dice = &scored.evaluation.over_slices.dice;
            let defined = format!("   {} of {}", dice.defined, dice.defined + dice.undefined);
            let ends = [defined, String::new(), format!("   {}", scored.false_healthy())];
            for ((how, values), end) in scored.rows().into_iter().zip(ends) {
                let cell = |value: Option<f64>| match value {
                    Some(value) => format!("{value:>10.3}"),
                    None => format!("{:>10}", "-"),
                };
                write!(f, "\n    {how:<40}{}{end}", values.map(cell).concat())?;
            }
        }
        Ok(())
    }
}
