use super::ScoredPixels;

impl ScoredPixels {
    /// Area under the ROC curve: how often a true pixel has a higher probability than another,
    /// ties counting half; in [0, 1], higher = better; `None` without pixels of both kinds.
    #[must_use]
    pub fn roc_auc(&self) -> Option<f64> {
        roc_auc(self.ties())
    }

    /// Average precision: sum over the distinct thresholds of precision times the gain of
    /// recall; in [0, 1], higher = better; `None` without a true pixel.
    #[must_use]
    pub fn average_precision(&self) -> Option<f64> {
        average_precision(self.ties().rev())
    }

    /// The numbers of false and true pixels of each probability, from low to high.
    fn ties(&self) -> impl DoubleEndedIterator<Item = (u64, u64)> {
        self.sorted.chunk_by(|a, b| a.0 == b.0).map(|tied| {
            let positives = tied.iter().filter(|pixel| pixel.1).count();
            ((tied.len() - positives) as u64, positives as u64)
        })
    }
}

/// Of the numbers of false and true pixels that are tied, from low to high probability.
pub(super) fn roc_auc(ascending: impl Iterator<Item = (u64, u64)>) -> Option<f64> {
    let (mut negatives, mut positives, mut twice_wins) = (0_u64, 0_u64, 0_u128);
    for (n, p) in ascending {
        twice_wins += u128::from(p) * u128::from(2 * negatives + n);
        negatives += n;
        positives += p;
    }
    let pairs = 2.0 * positives as f64 * negatives as f64;
    (pairs > 0.0).then(|| twice_wins as f64 / pairs)
}

/// Of the numbers of false and true pixels that are tied, from high to low probability.
pub(super) fn average_precision(descending: impl Iterator<Item = (u64, u64)>) -> Option<f64> {
    let (mut predicted, mut found, mut sum) = (0_u64, 0_u64, 0.0);
    for (n, p) in descending.filter(|&(n, p)| n + p > 0) {
        predicted += n + p;
        found += p;
        sum += found as f64 / predicted as f64 * p as f64;
    }
    (found > 0).then(|| sum / found as f64)
}
