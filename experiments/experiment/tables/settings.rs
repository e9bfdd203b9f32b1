//! Settings at equal strategy, budget and seed, beside the first of them.

use std::collections::BTreeMap;

use qunet_segmetrics::holm;

use super::paired::Paired;
use super::{markdown, mean, number, per_myriad};
use crate::line::Line;

/// The runs of one setting by seed.
type Runs<'a> = BTreeMap<u64, &'a Line>;

/// The cells of a row, and what is beside the first setting; `None` of that setting itself.
type Row = (Vec<String>, Option<Paired>);

/// The Dice of each setting, and its difference to the first by name: means over the seeds, 95 % intervals by drawing
/// seeds, Wilcoxon's test over the seeds, corrected by Holm over the table.
pub(super) fn table(lines: &[Line]) -> anyhow::Result<String> {
    let mut groups: BTreeMap<_, BTreeMap<&str, Runs<'_>>> = BTreeMap::new();
    for line in lines {
        let group = (line.data.as_str(), line.strategy.as_str(), per_myriad(line));
        let runs = groups.entry(group).or_default().entry(&line.setting).or_default();
        runs.insert(line.seed, line);
    }
    groups.retain(|_, settings| settings.len() > 1);
    let mut rows = Vec::new();
    for ((data, strategy, budget), settings) in &groups {
        let mut first = None;
        for (setting, runs) in settings {
            let before = [*data, strategy, &format!("{} %", *budget as f64 / 100.0), setting];
            rows.push(row(before, runs, first)?);
            first = first.or(Some(runs));
        }
    }
    let tested: Vec<f64> =
        rows.iter().filter_map(|(_, paired)| Some(paired.as_ref()?.p_value)).collect();
    let paired = rows.iter_mut().filter_map(|(_, paired)| paired.as_mut());
    paired.zip(holm(&tested)).for_each(|(paired, corrected)| paired.p_value = corrected);
    let head =
        ["data", "slices", "budget", "setting", "runs", "Dice, mean", "pooled", "beside", "p"];
    let rows = rows.into_iter().map(|(mut cells, paired)| {
        cells.extend(paired.map_or([const { String::new() }; 2], |paired| paired.cells()));
        cells
    });
    Ok(markdown(&head, rows))
}

fn row(names: [&str; 4], runs: &Runs<'_>, first: Option<&Runs<'_>>) -> anyhow::Result<Row> {
    let scores = || runs.values().map(|line| line.judged());
    let mut cells: Vec<String> = names.map(str::to_owned).into();
    cells.push(runs.len().to_string());
    cells.push(number(mean(scores().map(|it| it.mean)), 3));
    cells.push(number(mean(scores().map(|it| it.pooled)), 3));
    let Some(first) = first else { return Ok((cells, None)) };
    let difference =
        |(seed, line): (&u64, &&Line)| Some(line.judged().mean? - first.get(seed)?.judged().mean?);
    let differences: Vec<Option<f64>> = runs.iter().map(difference).collect();
    Ok((cells, Some(Paired::over(&differences)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::tests::line;

    #[test]
    fn a_setting_beside_another_by_hand() {
        let mut lines = Vec::new();
        for seed in 0..3 {
            let of = |setting: &str, dice| Line {
                setting: setting.to_owned(),
                ..line("a", "random", 0.25, seed, dice, 10)
            };
            lines.extend([of("U-net", 0.5), of("U-net++", 0.5 + 0.1 * (seed + 1) as f64)]);
        }
        // A setting that is alone with its strategy is beside nothing.
        lines.push(line("a", "even", 0.25, 0, 0.9, 10));
        let text = table(&lines).unwrap();
        let rows: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(rows.len(), 2, "{text}");
        assert_eq!(rows[0], "| a | random | 25 % | U-net | 3 | 0.500 | 0.500 |  |  |");
        // Differences of 0.1, 0.2 and 0.3, all positive: p = 2 / 2³.
        let expected = "| a | random | 25 % | U-net++ | 3 | 0.700 | 0.700 | +0.200 [";
        assert!(rows[1].starts_with(expected), "{}", rows[1]);
        assert!(rows[1].ends_with("| 0.250 |"), "{}", rows[1]);
    }
}
