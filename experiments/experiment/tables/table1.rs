//! The metrics of the paper's Table I.

use std::collections::BTreeMap;

use qunet_segmetrics::{EmptyPolicy, Evaluation, OverlapMetric as Metric, Summary};

use super::{Method, markdown, mean, method, number};
use crate::line::Line;

/// Pr, Re, J, D and Acc in the order of the paper.
const METRICS: [(Metric, &str); 5] = [
    (Metric::Precision, "Pr"),
    (Metric::Recall, "Re"),
    (Metric::Jaccard, "J"),
    (Metric::Dice, "D"),
    (Metric::Accuracy, "Acc"),
];

/// On the slices that are judged, the mean over the slices / pooled over their pixels, each the mean over runs; the
/// standard deviation of the Dice over runs; what was drawn, the parameters of a network and the seconds of a run. Below, the
/// means over the data sets.
pub(super) fn table(lines: &[Line]) -> String {
    let mut groups: BTreeMap<(&str, Method<'_>), Vec<&Line>> = BTreeMap::new();
    for line in lines {
        groups.entry((&line.data, method(line))).or_default().push(line);
    }
    let mut head = vec!["data", "slices", "method", "drawn", "runs"];
    head.extend(METRICS.map(|(_, name)| name));
    head.extend(["D, standard deviation", "parameters", "s"]);
    let mut rows = Vec::new();
    let mut methods: BTreeMap<Method<'_>, Vec<Scores>> = BTreeMap::new();
    for ((data, method), lines) in &groups {
        let found = Scores::of(lines);
        rows.push(found.row(data, *method, &lines.len().to_string()));
        methods.entry(*method).or_default().push(found);
    }
    for (method, found) in methods.iter().filter(|(_, found)| found.len() > 1) {
        let name = format!("**mean of {}**", found.len());
        rows.push(Scores::over(found).row(&name, *method, ""));
    }
    markdown(&head, rows)
}

/// Means over the runs of one method.
struct Scores {
    /// In percent.
    drawn: Option<f64>,
    /// Over the slices, and pooled over their pixels.
    metrics: [[Option<f64>; 2]; METRICS.len()],
    deviation: Option<f64>,
    parameters: Option<usize>,
    seconds: Option<f64>,
}

impl Scores {
    fn of(lines: &[&Line]) -> Self {
        let evaluations: Vec<Evaluation> = lines.iter().map(|line| evaluation(line)).collect();
        let metrics = METRICS.map(|(metric, _)| {
            let over = evaluations.iter().map(|it| it.over_slices.get(metric).mean);
            let pooled = evaluations.iter().map(|it| *it.pooled.get(metric));
            [mean(over), mean(pooled)]
        });
        let dice = evaluations.iter().map(|it| it.over_slices.dice.mean);
        let drawn = lines.iter().map(|it| Some(100.0 * it.drawn.len() as f64 / it.of as f64));
        Self {
            drawn: mean(drawn),
            metrics,
            deviation: Summary::from_values(dice).std,
            parameters: lines.iter().find_map(|line| line.parameters),
            seconds: mean(lines.iter().map(|it| Some(it.seconds))),
        }
    }

    /// The means over data sets.
    fn over(sets: &[Self]) -> Self {
        let of = |value: &dyn Fn(&Self) -> Option<f64>| mean(sets.iter().map(value));
        Self {
            drawn: of(&|it| it.drawn),
            metrics: std::array::from_fn(|metric| {
                [0, 1].map(|view| of(&|it| it.metrics[metric][view]))
            }),
            deviation: of(&|it| it.deviation),
            parameters: sets.iter().find_map(|it| it.parameters),
            seconds: of(&|it| it.seconds),
        }
    }

    fn row(&self, data: &str, (_, strategy, setting): Method<'_>, runs: &str) -> Vec<String> {
        let mut row = [data, strategy, setting].map(str::to_owned).to_vec();
        row.extend([format!("{} %", number(self.drawn, 0)), runs.to_owned()]);
        let views = self.metrics.map(|views| views.map(|it| number(it, 3)).join(" / "));
        row.extend(views);
        let parameters = self.parameters.map_or("-".to_owned(), |count| count.to_string());
        row.extend([number(self.deviation, 3), parameters, number(self.seconds, 0)]);
        row
    }
}

fn evaluation(line: &Line) -> Evaluation {
    let judged = line.judged_slices().map(|it| (it.slice, it.counts));
    Evaluation::new(judged, EmptyPolicy::Undefined)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::tests::line;

    #[test]
    fn a_row_by_hand() {
        // TP = 600 and 800, FP = FN = 400 and 200: precision, recall and Dice are the same.
        let mut lines = [0.6, 0.8].map(|dice| line("a", "random", 0.25, 0, dice, 10)).to_vec();
        let text = table(&lines);
        let row = text.lines().last().unwrap_or_default();
        let (equal, jaccard) = ("0.700 / 0.700", (600.0 / 1400.0 + 800.0 / 1200.0) / 2.0);
        let jaccard = format!("{jaccard:.3} / {jaccard:.3}");
        assert!(row.starts_with("| a | random | small | 25 % | 2 |"), "{row}");
        assert!(row.contains(&format!("| {equal} | {equal} | {jaccard} | {equal} |")), "{row}");
        // The deviation of 0.6 and 0.8 is 0.1 · √2.
        assert!(row.ends_with("| 0.141 | - | 1 |"), "{row}");
        // Data sets count alike, however many runs they have.
        lines.push(line("b", "random", 0.25, 0, 0.5, 10));
        let text = table(&lines);
        let row = text.lines().last().unwrap_or_default();
        let expected = "| **mean of 2** | random | small | 25 % |  | 0.600 / 0.600 |";
        assert!(row.starts_with(expected), "{row}");
    }
}
