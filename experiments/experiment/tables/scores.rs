//! Scores of every data set and arm, and how far estimates hold.

use std::collections::BTreeMap;
use std::fmt;

use qunet_context::Source;
use qunet_segmetrics::Summary;
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{Method, markdown, mean, method, number};
use crate::line::Line;
use crate::score::Score;

/// What a table has a column for, beside all of them together.
const SOURCES: [Source; 4] =
    [Source::Interpolation, Source::Trees, Source::Network, Source::NetworkWithPrior];

/// The scores of every data set and arm, means over the seeds, and the means of these over the data sets.
pub(super) fn table(lines: &[Line], reserve: bool) -> String {
    let mut groups: BTreeMap<(&str, Method<'_>), Vec<&Line>> = BTreeMap::new();
    for line in lines {
        groups.entry((&line.data, method(line))).or_default().push(line);
    }
    let names = SOURCES.map(|source| source.to_string());
    let mut head = vec!["data", "budget", "strategy", "setting", "seeds", "drawn", "fused", "95 %"];
    head.extend(names.iter().map(String::as_str));
    head.extend(["run", "s"]);
    let mut rows = Vec::new();
    let mut methods: BTreeMap<Method<'_>, Vec<[Means; 1 + SOURCES.len()]>> = BTreeMap::new();
    for ((data, method), lines) in &groups {
        let pick = |(left, kept): (Score, Option<Score>)| if reserve { kept } else { Some(left) };
        let fused: Vec<Score> =
            lines.iter().filter_map(|line| pick((line.left, line.reserve))).collect();
        let source = |source| {
            let scores = lines.iter().filter_map(|line| pick(*line.sources.get(&source)?));
            Means::of(&scores.collect::<Vec<_>>())
        };
        let [interpolation, trees, network, with_prior] = SOURCES.map(source);
        let means = [Means::of(&fused), interpolation, trees, network, with_prior];
        let seconds = mean(lines.iter().map(|line| Some(line.seconds)));
        let run = lines.iter().map(|line| line.longest_run).max().unwrap_or_default();
        let drawn = format!("{} of {}", lines[0].drawn.len(), lines[0].of);
        let before = [lines.len().to_string(), drawn, means[0].to_string(), interval(&fused)];
        let after = [run.to_string(), number(seconds, 0)];
        rows.push(row(data, *method, before, &means[1..], after));
        methods.entry(*method).or_default().push(means);
    }
    for (method, means) in methods.iter().filter(|(_, means)| means.len() > 1) {
        let name = format!("**mean of {}**", means.len());
        let means = [0, 1, 2, 3, 4].map(|at| Means::over(means.iter().map(|row| row[at])));
        let before = [String::new(), String::new(), means[0].to_string(), String::new()];
        rows.push(row(&name, *method, before, &means[1..], [String::new(), String::new()]));
    }
    markdown(&head, rows)
}

fn row(
    data: &str,
    (budget, strategy, setting): Method<'_>,
    before: [String; 4],
    sources: &[Means],
    after: [String; 2],
) -> Vec<String> {
    let budget = format!("{} %", budget as f64 / 100.0);
    let mut row = vec![data.to_owned(), budget, strategy.to_owned(), setting.to_owned()];
    row.extend(before);
    row.extend(sources.iter().map(Means::to_string).chain(after));
    row
}

/// The 95 % interval of the mean over the seeds of the mean Dice (Student's t); `-` for a single seed.
fn interval(scores: &[Score]) -> String {
    let dice = Summary::from_values(scores.iter().map(|score| score.mean));
    let count = dice.defined as f64;
    match (StudentsT::new(0.0, 1.0, count - 1.0), dice.mean, dice.std) {
        (Ok(t), Some(mean), Some(std)) => {
            let half = t.inverse_cdf(0.975) * std / count.sqrt();
            format!("{:.3} to {:.3}", mean - half, mean + half)
        }
        _ => "-".to_owned(),
    }
}

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
        Self([0, 1, 2, 3].map(|place| mean(all.iter().map(|means| means.0[place]))))
    }
}

impl fmt::Display for Means {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [mean, lesion, pooled, healthy] = self.0;
        let [mean, lesion, pooled] = [mean, lesion, pooled].map(|value| number(value, 3));
        write!(f, "{mean} / {lesion} / {pooled} / {}", number(healthy, 1))
    }
}

/// How far the estimates are from the truth, over all stacks of all runs.
pub(super) fn estimates(lines: &[Line]) -> String {
    let (mut errors, mut within) = (Vec::new(), 0);
    for (estimate, truth) in lines.iter().flat_map(Line::estimated) {
        errors.push(Some(estimate.dice - truth));
        within += usize::from((estimate.low..=estimate.high).contains(&truth));
    }
    let share = (!errors.is_empty()).then(|| 100.0 * within as f64 / errors.len() as f64);
    let absolute = mean(errors.iter().map(|error| error.map(f64::abs)));
    let head = ["stacks", "mean error", "mean absolute error", "truth within the 90 % interval"];
    let stacks = errors.len().to_string();
    let mean = mean(errors).map_or("-".to_owned(), |error| format!("{error:+.3}"));
    let share = share.map_or("-".to_owned(), |share| format!("{share:.0} %"));
    markdown(&head, [vec![stacks, mean, number(absolute, 3), share]])
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
