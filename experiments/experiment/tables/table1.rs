//! The metrics of the paper's Table I.

use std::collections::BTreeMap;

use qunet_segmetrics::{EmptyPolicy, Evaluation, OverlapMetric as Metric, Summary};

use super::{markdown, mean, number, per_myriad};
use crate::line::Line;

/// Pr, Re, J, D and Acc in the order of the paper.
const METRICS: [(Metric, &str); 5] = [
    (Metric::Precision, "Pr"),
    (Metric::Recall, "Re"),
    (Metric::Jaccard, "J"),
    (Metric::Dice, "D"),
    (Metric::Accuracy, "Acc"),
];

/// On the slices that are judged, the mean over the slices / pooled over their pixels, each the mean over runs ± its
/// standard deviation for the Dice; what was drawn, the parameters and the seconds of a training.
pub(super) fn table(lines: &[Line]) -> String {
    let mut groups: BTreeMap<([&str; 3], u64), Vec<&Line>> = BTreeMap::new();
    for line in lines {
        let names = [line.data.as_str(), &line.strategy, &line.setting];
        groups.entry((names, per_myriad(line))).or_default().push(line);
    }
    let mut head = vec!["data", "slices", "method", "drawn", "runs"];
    head.extend(METRICS.map(|(_, name)| name));
    head.extend(["D, standard deviation", "parameters", "s"]);
    let rows = groups.into_iter().map(|(([data, strategy, setting], _), lines)| {
        let drawn = mean(lines.iter().map(|it| Some(100.0 * it.drawn.len() as f64 / it.of as f64)));
        let evaluations: Vec<Evaluation> = lines.iter().map(|line| evaluation(line)).collect();
        let mut row = vec![data.to_owned(), strategy.to_owned(), setting.to_owned()];
        row.extend([format!("{} %", number(drawn, 0)), lines.len().to_string()]);
        for (metric, _) in METRICS {
            let over = mean(evaluations.iter().map(|it| it.over_slices.get(metric).mean));
            let pooled = mean(evaluations.iter().map(|it| *it.pooled.get(metric)));
            row.push(format!("{} / {}", number(over, 3), number(pooled, 3)));
        }
        let dice = evaluations.iter().map(|it| it.over_slices.dice.mean);
        row.push(number(Summary::from_values(dice).std, 3));
        let parameters = lines.iter().find_map(|line| line.parameters);
        row.push(parameters.map_or("-".to_owned(), |count| count.to_string()));
        row.push(number(mean(lines.iter().map(|it| Some(it.seconds))), 0));
        row
    });
    markdown(&head, rows)
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
        let lines = [0.6, 0.8].map(|dice| line("a", "random", 0.25, 0, dice, 10));
        let text = table(&lines);
        let row = text.lines().last().unwrap_or_default();
        let (equal, jaccard) = ("0.700 / 0.700", (600.0 / 1400.0 + 800.0 / 1200.0) / 2.0);
        let jaccard = format!("{jaccard:.3} / {jaccard:.3}");
        assert!(row.starts_with("| a | random | small | 25 % | 2 |"), "{row}");
        assert!(row.contains(&format!("| {equal} | {equal} | {jaccard} | {equal} |")), "{row}");
        // The deviation of 0.6 and 0.8 is 0.1 · √2.
        assert!(row.ends_with("| 0.141 | - | 1 |"), "{row}");
    }
}
