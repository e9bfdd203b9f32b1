use ndarray::ArrayRef2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Needs, Strategy};
use crate::features::{Nearest, Space, squared_distance};
use crate::{Error, Pool, Reason, Request, Selection};

/// k-centre core-set: again and again the slice farthest from all that are annotated or picked
/// (Sener and Savarese, 2018). Without annotated slices the first is the one nearest to the mean
/// vector. Ties by stack and slice; the seed is not used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CoreSet {
    /// Where distances are taken.
    pub space: Space,
}

impl Strategy for CoreSet {
    fn name(&self) -> &str {
        "core_set"
    }

    fn needs(&self) -> Needs {
        Needs::columns([self.space.column()])
    }

    fn select(&self, pool: &Pool, request: &Request) -> Result<Selection, Error> {
        let vectors = self.space.vectors(pool, self.name())?;
        let mut open: Vec<usize> = pool.open().filter(|&at| vectors.defined[at]).collect();
        let mut nearest = Nearest::new(&vectors.rows);
        let annotated = |&place: &usize| pool.annotated()[place] && vectors.defined[place];
        pool.places().filter(annotated).for_each(|place| nearest.take(place));
        let mut picks = Vec::with_capacity(request.count.min(open.len()));
        while picks.len() < request.count && !open.is_empty() {
            let next =
                farthest(&open, &nearest).unwrap_or_else(|| nearest_to_mean(&vectors.rows, &open));
            let place = open.remove(next);
            let found = nearest.to(place);
            let distance = found.map(|(distance, _)| distance);
            let from = found.map(|(_, from)| pool.ids()[from]);
            picks.push((place, Reason::Farthest { distance, from }));
            // One distance for each candidate and pick: the nearest so far is kept, so that k picks
            // of n slices take n * k distances, not n * k^2.
            nearest.take(place);
        }
        let undefined = self.space.undefined(pool, &vectors);
        Ok(Selection::new(self.name(), pool, request, picks).with_verdicts(undefined))
    }
}

/// Which of the open slices is farthest; `None` before the first is taken.
fn farthest(open: &[usize], nearest: &Nearest<'_>) -> Option<usize> {
    let distance = |(index, &place): (usize, &usize)| Some((nearest.to(place)?.0, index));
    let found = open.par_iter().enumerate().with_min_len(4096).filter_map(distance);
    found.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1))).map(|(_, index)| index)
}

/// Which of the rows is nearest to their mean.
fn nearest_to_mean(features: &ArrayRef2<f32>, rows: &[usize]) -> usize {
    let mut mean = vec![0.0_f64; features.ncols()];
    for &place in rows {
        mean.iter_mut().zip(features.row(place)).for_each(|(sum, &it)| *sum += f64::from(it));
    }
    let mean: Vec<f32> = mean.iter().map(|sum| (sum / rows.len() as f64) as f32).collect();
    let distance = |(index, &place): (usize, &usize)| {
        let row = features.row(place).to_slice().map_or(0.0, |row| squared_distance(row, &mean));
        (row, index)
    };
    let found = rows.par_iter().enumerate().with_min_len(256).map(distance);
    found.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))).map_or(0, |(_, index)| index)
}
