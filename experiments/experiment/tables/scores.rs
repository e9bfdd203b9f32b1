//! Tables from the lines of results alone.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

use qunet_context::Source;
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::run::Line;
use crate::score::Score;

/// Prints the scores of every data set and arm, means over the seeds, the means of these over the data sets, and how far
/// estimates hold.
pub(crate) fn print(out: &mut impl Write, lines: &[Line], reserve: bool) -> io::Result<()> {
    let mut rows: BTreeMap<(String, [String; 3]), Vec<&Line>> = BTreeMap::new();
    for line in lines {
        let budget = format!("{:.0} %", 100.0 * line.budget);
        let arm = [budget, line.strategy.clone(), line.setting.clone()];
        rows.entry((line.data.clone(), arm)).or_default().push(line);
    }
    let names = SOURCES.map(|source| source.to_string()).join(" | ");
    writeln!(
        out,
        "| data | budget | strategy | setting | seeds | drawn | fused | 95 % | {names} | run | s |"
    )?;
    writeln!(out, "|{}", "---|".repeat(10 + SOURCES.len()))?;
    let mut arms: BTreeMap<&[String; 3], Vec<[Means; 1 + SOURCES.len()]>> = BTreeMap::new();
    for ((data, arm), lines) in &rows {
        let pick = |(left, kept): (Score, Option<Score>)| if reserve { kept } else { Some(left) };
        let fused: Vec<Score> =
            lines.iter().filter_map(|line| pick((line.left, line.reserve))).collect();
        let source = |source| {
            let scores = lines.iter().filter_map(|line| pick(*line.sources.get(&source)?));
            Means::of(&scores.collect::<Vec<_>>())
        };
        let [interpolation, trees, network, with_prior] = SOURCES.map(source);
        let means = [Means::of(&fused), interpolation, trees, network, with_prior];
        let seconds = lines.iter().map(|line| line.seconds).sum::<f64>() / lines.len() as f64;
        let run = lines.iter().map(|line| line.longest_run).max().unwrap_or_default();
        let drawn = format!("{} of {}", lines[0].drawn.len(), lines[0].of);
        let (seeds, interval) = (lines.len().to_string(), interval(&fused));
        let ends = (run.to_string(), format!("{seconds:.0}"));
        row(out, (data, arm), (&seeds, &drawn), (&means, &interval), (&ends.0, &ends.1))?;
        arms.entry(arm).or_default().push(means);
    }
    for (arm, means) in arms.iter().filter(|(_, means)| means.len() > 1) {
        let name = format!("**mean of {}**", means.len());
        let column = |place: usize| Means::over(means.iter().map(|row| row[place]));
        let means = [0, 1, 2, 3, 4].map(column);
        row(out, (&name, arm), ("", ""), (&means, ""), ("", ""))?;
    }
    estimates(out, lines)
}

fn row(
    out: &mut impl Write,
    (data, [budget, strategy, setting]): (&str, &[String; 3]),
    (seeds, drawn): (&str, &str),
    ([fused, sources @ ..], interval): (&[Means; 1 + SOURCES.len()], &str),
    (run, seconds): (&str, &str),
) -> io::Result<()> {
    let sources = sources.map(|means| means.to_string()).join(" | ");
    let arm = format!("{data} | {budget} | {strategy} | {setting} | {seeds} | {drawn}");
    writeln!(out, "| {arm} | {fused} | {interval} | {sources} | {run} | {seconds} |")
}

/// The 95 % interval of the mean over the seeds of the mean Dice (Student's t); `-` for a single seed.
fn interval(scores: &[Score]) -> String {
    let values: Vec<f64> = scores.iter().filter_map(|score| score.mean).collect();
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    match StudentsT::new(0.0, 1.0, count - 1.0) {
        Ok(t) => {
            let half = t.inverse_cdf(0.975) * (squares / (count - 1.0) / count).sqrt();
            format!("{:.3} to {:.3}", mean - half, mean + half)
        }
        Err(_) => "-".to_owned(),
    }
}

/// What a table has a column for, beside all of them together.
const SOURCES: [Source; 4] =
    [Source::Interpolation, Source::Trees, Source::Network, Source::NetworkWithPrior];

/// Mean / lesion / pooled / false healthy slices, each a mean over runs or data sets.
#[derive(Clone, Copy)]
struct Means([Option<f64>; 4]);

impl Means {
    fn of(scores: &[Score]) -> Self {
        let healthy = |score: &Score| Some(score.false_healthy as f64);
        let values = |it: &Score| Self([it.mean, it.lesion, it.pooled, healthy(it)]);
        Self::over(scores.iter().map(values))
    }

    /// Of what is defined.
    fn over(all: impl Iterator<Item = Self>) -> Self {
        let all: Vec<Self> = all.collect();
        Self([0, 1, 2, 3].map(|place| {
            let values: Vec<f64> = all.iter().filter_map(|means| means.0[place]).collect();
            (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
        }))
    }
}

impl fmt::Display for Means {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |value: Option<f64>, digits: usize| {
            value.map_or("-".to_owned(), |value| format!("{value:.digits$}"))
        };
        let [mean, lesion, pooled, healthy] = self.0;
        let [mean, lesion, pooled] = [mean, lesion, pooled].map(|value| number(value, 3));
        write!(f, "{mean} / {lesion} / {pooled} / {}", number(healthy, 1))
    }
}

/// How far the estimates are from the truth, over all stacks of all runs.
fn estimates(out: &mut impl Write, lines: &[Line]) -> io::Result<()> {
    let (mut errors, mut within) = (Vec::new(), 0);
    for (estimate, truth) in lines.iter().flat_map(Line::estimated) {
        errors.push(estimate.dice - truth);
        within += usize::from((estimate.low..=estimate.high).contains(&truth));
    }
    if errors.is_empty() {
        return Ok(());
    }
    let count = errors.len() as f64;
    writeln!(
        out,
        "\nEstimates of {} stacks: mean error {:+.3}, mean absolute error {:.3}, truth within the 90 % interval {:.0} %",
        errors.len(),
        errors.iter().sum::<f64>() / count,
        errors.iter().map(|error| error.abs()).sum::<f64>() / count,
        100.0 * within as f64 / count
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_and_their_interval_by_hand() {
        let score = |mean, false_healthy| Score {
            mean: Some(mean),
            lesion: None,
            pooled: Some(0.5),
            false_healthy,
        };
        let scores = [score(0.6, 1), score(0.7, 0), score(0.8, 0)];
        assert_eq!(Means::of(&scores).to_string(), "0.700 / - / 0.500 / 0.3");
        // s = 0.1, and t with two degrees of freedom is 4.3027: 0.7 ± 4.3027 · 0.1 / √3.
        assert_eq!(interval(&scores), "0.452 to 0.948");
        assert_eq!((interval(&scores[..1]), interval(&[])), ("-".to_owned(), "-".to_owned()));
        let both = Means::over([Means::of(&scores), Means::of(&[score(0.9, 1)])].into_iter());
        assert_eq!(both.to_string(), "0.800 / - / 0.500 / 0.7");
    }
}
