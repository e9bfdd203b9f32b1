//! How good a segmentation is, beside the same effort on other slices.

use std::fmt;

use qunet_segmetrics::{Evaluation, OverlapMetric};
use qunet_stack::SliceId;

use super::RunReport;
use crate::Error;
use crate::compare::evaluate;

/// One segmentation on one set of slices.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Which segmentation, on which slices.
    pub name: String,
    /// Its scores.
    pub evaluation: Evaluation,
}

impl Scored {
    /// Each metric as the mean over the slices and from the counts of all slices together.
    pub(super) fn rows(&self) -> [(&'static str, [Option<f64>; 5]); 2] {
        let Evaluation { over_slices, pooled, .. } = &self.evaluation;
        [
            ("mean over slices", OverlapMetric::ALL.map(|metric| over_slices.get(metric).mean)),
            ("pooled over pixels", OverlapMetric::ALL.map(|metric| *pooled.get(metric))),
        ]
    }
}

/// The segmentations of a run, scored; displayed as a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunScores(pub Vec<Scored>);

impl RunScores {
    /// Mean Dice over the slices that nobody annotated.
    #[must_use]
    pub fn dice(&self) -> Option<f64> {
        self.0.first()?.evaluation.over_slices.dice.mean
    }
}

impl fmt::Display for RunScores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = OverlapMetric::ALL.map(|metric| format!("{metric:>10}")).concat();
        write!(f, "Scores{:38}{names}   slices with a Dice", "")?;
        for scored in &self.0 {
            write!(f, "\n  {}", scored.name)?;
            let dice = &scored.evaluation.over_slices.dice;
            let defined = format!("   {} of {}", dice.defined, dice.defined + dice.undefined);
            for ((how, values), end) in scored.rows().into_iter().zip([defined.as_str(), ""]) {
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

/// Scores on the slices nobody annotated, then both ways on those neither has seen.
pub(super) fn score(run: &RunReport<'_>) -> Result<RunScores, Error> {
    let Some(truth) = run.truth else { return Ok(RunScores::default()) };
    let annotated = run.outcome.annotated();
    let unseen = |seen: &[SliceId]| -> Vec<SliceId> {
        run.stack.ids().filter(|id| !seen.contains(id)).collect()
    };
    let rest = unseen(&annotated);
    let mut scores = vec![Scored {
        name: format!("QU-net++, the {} slices nobody annotated", rest.len()),
        evaluation: evaluate(&run.outcome.labels, truth, &rest)?,
    }];
    if let Some((name, baseline)) = run.baseline {
        let both: Vec<SliceId> = annotated.iter().chain(&baseline.ids).copied().collect();
        let common = unseen(&both);
        for (name, labels) in [("QU-net++", &run.outcome.labels), (name, &baseline.labels)] {
            scores.push(Scored {
                name: format!("{name}, the {} slices neither saw", common.len()),
                evaluation: evaluate(labels, truth, &common)?,
            });
        }
    }
    Ok(RunScores(scores))
}
