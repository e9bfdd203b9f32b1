//! Tables from the lines of results alone.

use std::collections::BTreeMap;
use std::io::{self, Write};

use qunet_context::Source;

use crate::run::Line;
use crate::score::Score;

/// Prints the scores of every data set and arm, means over the seeds, and how far estimates hold.
pub(crate) fn print(out: &mut impl Write, lines: &[Line], reserve: bool) -> io::Result<()> {
    let mut rows: BTreeMap<(String, String, String, String), Vec<&Line>> = BTreeMap::new();
    for line in lines {
        let budget = format!("{:.0} %", 100.0 * line.budget);
        let key = (line.data.clone(), budget, line.strategy.clone(), line.setting.clone());
        rows.entry(key).or_default().push(line);
    }
    writeln!(
        out,
        "| data | budget | strategy | setting | seeds | drawn | fused | {} | run | s |",
        NAMES.map(|(_, name)| name).join(" | ")
    )?;
    writeln!(out, "|{}", "---|".repeat(9 + NAMES.len()))?;
    for ((data, budget, strategy, setting), lines) in rows {
        let pick = |(left, kept): (Score, Option<Score>)| if reserve { kept } else { Some(left) };
        let fused = cell(lines.iter().filter_map(|line| pick((line.left, line.reserve))));
        let sources = NAMES.map(|(source, _)| {
            cell(lines.iter().filter_map(|line| pick(*line.sources.get(&source)?)))
        });
        let seconds = lines.iter().map(|line| line.seconds).sum::<f64>() / lines.len() as f64;
        let run = lines.iter().map(|line| line.longest_run).max().unwrap_or_default();
        writeln!(
            out,
            "| {data} | {budget} | {strategy} | {setting} | {} | {} of {} | {fused} | {} | {run} | {seconds:.0} |",
            lines.len(),
            lines[0].drawn.len(),
            lines[0].of,
            sources.join(" | "),
        )?;
    }
    estimates(out, lines)
}

const NAMES: [(Source, &str); 4] = [
    (Source::Interpolation, "interpolation"),
    (Source::Trees, "trees"),
    (Source::Network, "network"),
    (Source::NetworkWithPrior, "network with prior"),
];

/// Mean / lesion / pooled / false healthy slices.
fn cell(scores: impl Iterator<Item = Score>) -> String {
    let scores: Vec<Score> = scores.collect();
    let mean = |value: &dyn Fn(&Score) -> Option<f64>| {
        let values: Vec<f64> = scores.iter().filter_map(value).collect();
        match values.len() {
            0 => "-".to_owned(),
            count => format!("{:.3}", values.iter().sum::<f64>() / count as f64),
        }
    };
    let healthy = scores.iter().map(|score| score.false_healthy as f64).sum::<f64>();
    format!(
        "{} / {} / {} / {:.1}",
        mean(&|it| it.mean),
        mean(&|it| it.lesion),
        mean(&|it| it.pooled),
        healthy / scores.len().max(1) as f64
    )
}

/// How far the estimates are from the truth, over all runs of one stack.
fn estimates(out: &mut impl Write, lines: &[Line]) -> io::Result<()> {
    let (mut errors, mut within) = (Vec::new(), 0);
    for line in lines.iter().filter(|line| line.estimates.len() == 1) {
        if let (Some(Some(estimate)), Some(truth)) = (line.estimates.first(), line.left.mean) {
            errors.push(estimate.dice - truth);
            within += usize::from((estimate.low..=estimate.high).contains(&truth));
        }
    }
    if errors.is_empty() {
        return Ok(());
    }
    let count = errors.len() as f64;
    writeln!(
        out,
        "\nEstimates of {} runs: mean error {:+.3}, mean absolute error {:.3}, truth within the 90 % interval {:.0} %",
        errors.len(),
        errors.iter().sum::<f64>() / count,
        errors.iter().map(|error| error.abs()).sum::<f64>() / count,
        100.0 * within as f64 / count
    )
}
