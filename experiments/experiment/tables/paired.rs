//! Differences between two arms on the same runs.

use qunet_segmetrics::{Bootstrap, Interval, SignedRank, SignedRankOptions};

/// A difference over units that tell nothing of one another: groups of data sets, or seeds.
pub(super) struct Paired {
    /// Its mean, with the 95 % interval by drawing units.
    difference: Option<Interval>,
    /// Of Wilcoxon's test over the units; 1 where it says nothing.
    pub(super) p_value: f64,
}

impl Paired {
    pub(super) fn over(values: &[Option<f64>]) -> anyhow::Result<Self> {
        let defined: Vec<f64> = values.iter().copied().flatten().collect();
        let test = SignedRank::test(&defined, SignedRankOptions::default());
        let difference = Bootstrap::default().mean(values.iter().copied())?;
        Ok(Self { difference, p_value: test.map_or(1.0, |it| it.p_value) })
    }

    /// The mean difference.
    pub(super) fn estimate(&self) -> Option<f64> {
        self.difference.map(|it| it.estimate)
    }

    /// The difference with its sign and interval, and the p-value.
    pub(super) fn cells(&self) -> [String; 2] {
        let difference = self.difference.map_or("-".to_owned(), |it| {
            format!("{:+.3} [{:+.3}, {:+.3}]", it.estimate, it.low, it.high)
        });
        [difference, format!("{:.3}", self.p_value)]
    }
}
