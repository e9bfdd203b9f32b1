//! How good the result is, beside the same effort on random slices.

use qunet::Error;
use qunet::campaign::{Baseline, Outcome, evaluate};
use qunet::segmetrics::{Evaluation, OverlapMetric, OverlapScores};
use qunet::stack::SliceId;

use crate::input::Input;
use crate::narrate::say;

/// One segmentation on one set of slices.
pub(crate) struct Scored {
    pub(crate) name: String,
    pub(crate) evaluation: Evaluation,
}

impl Scored {
    /// The mean over the slices of each metric.
    pub(crate) fn means(&self) -> [Option<f64>; 5] {
        OverlapMetric::ALL.map(|metric| self.evaluation.over_slices.get(metric).mean)
    }

    /// The same from the counts of all slices together.
    pub(crate) fn pooled(&self) -> [Option<f64>; 5] {
        let pooled: &OverlapScores = &self.evaluation.pooled;
        OverlapMetric::ALL.map(|metric| *pooled.get(metric))
    }

    /// Slices on which Dice is defined, of all.
    pub(crate) fn defined(&self) -> String {
        let dice = &self.evaluation.over_slices.dice;
        format!("{} of {}", dice.defined, dice.defined + dice.undefined)
    }
}

/// Scores on the slices nobody annotated, then both ways on those neither of them saw.
pub(crate) fn score(
    input: &Input,
    outcome: &Outcome,
    random: Option<&Baseline>,
) -> Result<Vec<Scored>, Error> {
    let annotated = outcome.annotated();
    let unseen = |seen: &[SliceId]| -> Vec<SliceId> {
        input.stack.ids().filter(|id| !seen.contains(id)).collect()
    };
    let rest = unseen(&annotated);
    let mut scores = vec![Scored {
        name: format!("QU-net++, the {} slices nobody annotated", rest.len()),
        evaluation: evaluate(&outcome.labels, &input.truth, &rest)?,
    }];
    if let Some(random) = random {
        let both: Vec<SliceId> = annotated.iter().chain(&random.ids).copied().collect();
        let common = unseen(&both);
        for (name, labels) in [("QU-net++", &outcome.labels), ("random", &random.labels)] {
            scores.push(Scored {
                name: format!("{name}, the {} slices neither saw", common.len()),
                evaluation: evaluate(labels, &input.truth, &common)?,
            });
        }
    }
    Ok(scores)
}

/// The table on the terminal.
pub(crate) fn print(scores: &[Scored]) {
    let cells = |values: [Option<f64>; 5]| {
        values
            .map(|value| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}")))
            .map(|value| format!("{value:>10}"))
            .concat()
    };
    let names = OverlapMetric::ALL.map(|metric| format!("{metric:>10}")).concat();
    say!("Scores{:38}{names}   slices with a Dice", "");
    for scored in scores {
        say!("  {}", scored.name);
        say!("    {:<40}{}   {}", "mean over slices", cells(scored.means()), scored.defined());
        say!("    {:<40}{}", "pooled over pixels", cells(scored.pooled()));
    }
}
