//! Tables from the lines of results alone.

mod compared;
pub(crate) mod curves;
mod groups;
mod paired;
mod quality_index;
mod scores;
mod settings;
mod table1;

use std::str::FromStr;

use anyhow::bail;
use qunet_segmetrics::Summary;

use crate::line::Line;

/// What a table is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Scores of every data set and arm on all slices left, each source beside all of them together.
    Scores,
    /// The same on the slices that no arm may draw.
    Reserve,
    /// Arms beside evenly spaced and random slices at equal budget.
    Compared,
    /// Settings beside the first of them, at equal strategy, budget and seed.
    Settings,
    /// What more slices bring: scores over budgets.
    Curves,
    /// What the networks' own signs tell of the Dice of a slice.
    QualityIndex,
    /// How far the estimates of the Dice hold.
    Estimates,
    /// The metrics of the paper's Table I.
    Table1,
}

/// Every kind by its name.
const KINDS: [(&str, Kind); 8] = [
    ("scores", Kind::Scores),
    ("reserve", Kind::Reserve),
    ("compared", Kind::Compared),
    ("settings", Kind::Settings),
    ("curves", Kind::Curves),
    ("quality-index", Kind::QualityIndex),
    ("estimates", Kind::Estimates),
    ("table1", Kind::Table1),
];

impl FromStr for Kind {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        match KINDS.iter().find(|(name, _)| *name == text) {
            Some((_, kind)) => Ok(*kind),
            None => {
                let names = KINDS.map(|(name, _)| name).join(", ");
                bail!("there is no table {text:?}; name one of {names}")
            }
        }
    }
}

impl Kind {
    /// The table, in Markdown.
    pub(crate) fn of(self, lines: &[Line]) -> anyhow::Result<String> {
        match self {
            Self::Scores => Ok(scores::table(lines, false)),
            Self::Reserve => Ok(scores::table(lines, true)),
            Self::Compared => compared::table(lines),
            Self::Settings => settings::table(lines),
            Self::Curves => curves::table(lines),
            Self::QualityIndex => quality_index::table(lines),
            Self::Estimates => Ok(scores::estimates(lines)),
            Self::Table1 => Ok(table1::table(lines)),
        }
    }
}

/// A table in Markdown: its head, and rows of as many cells.
fn markdown(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    for row in rows {
        text += &format!("| {} |\n", row.join(" | "));
    }
    text
}

/// Budget, strategy and setting.
type Method<'a> = (u64, &'a str, &'a str);

fn method(line: &Line) -> Method<'_> {
    (per_myriad(line), &line.strategy, &line.setting)
}

/// Strategy and setting.
type Arm<'a> = [&'a str; 2];

/// The strategy of an arm, and its setting where several of `arms` have that strategy.
fn arm_name<'a>(arms: impl Iterator<Item = &'a Arm<'a>>, [strategy, setting]: Arm<'_>) -> String {
    match arms.filter(|arm| arm[0] == strategy).count() {
        1 => strategy.to_owned(),
        _ => format!("{strategy}, {setting}"),
    }
}

/// A number with so many digits, `-` where it is undefined.
fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.digits$}"))
}

/// The budget in hundredths of a percent, by which lines are put together.
fn per_myriad(line: &Line) -> u64 {
    (1e4 * line.budget).round() as u64
}

/// The mean of what is defined.
fn mean(values: impl IntoIterator<Item = Option<f64>>) -> Option<f64> {
    Summary::from_values(values).mean
}

#[cfg(test)]
mod tests {
    use qunet_segmetrics::ConfusionCounts;
    use qunet_select::CandidateId;
    use qunet_stack::SliceId;

    use super::*;
    use crate::line::SliceLine;
    use crate::score::Score;

    /// A run over 100 slices whose only judged slice has a Dice in thousandths.
    pub(super) fn line(
        data: &str,
        strategy: &str,
        budget: f64,
        seed: u64,
        dice: f64,
        drawn_foreground: u64,
    ) -> Line {
        let hits = (1000.0 * dice).round() as u64;
        let counts = ConfusionCounts {
            true_positives: hits,
            false_positives: 1000 - hits,
            false_negatives: 1000 - hits,
            true_negatives: 0,
        };
        let (stack, slice) = (0, SliceId(99));
        let drawn = (0..(100.0 * budget) as usize).map(|slice| CandidateId::from(SliceId(slice)));
        let score = Score::of([counts].into_iter());
        Line {
            key: String::new(),
            data: data.to_owned(),
            patients: Vec::new(),
            strategy: strategy.to_owned(),
            setting: "small".to_owned(),
            budget,
            seed,
            of: 100,
            drawn: drawn.collect(),
            drawn_foreground,
            longest_run: 1,
            left: score,
            stacks: vec![score],
            reserve: Some(score),
            test: None,
            sources: Default::default(),
            weights: Vec::new(),
            thresholds: Vec::new(),
            estimates: Vec::new(),
            slices: vec![SliceLine { stack, slice: slice.0, reserved: true, counts, signs: None }],
            parameters: None,
            seconds: 1.0,
        }
    }

    #[test]
    fn every_kind_has_a_name_and_a_table_of_nothing() {
        for (name, kind) in KINDS {
            assert_eq!(name.parse::<Kind>().unwrap(), kind);
            assert!(kind.of(&[]).is_ok(), "{name}");
        }
        let unknown = "scored".parse::<Kind>().unwrap_err().to_string();
        assert!(
            unknown.starts_with("there is no table \"scored\"; name one of scores, "),
            "{unknown}"
        );
    }
}
