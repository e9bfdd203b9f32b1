use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Needs, Strategy};
use crate::error::require;
use crate::features::{Space, clusters, squared_distance};
use crate::{Error, Pool, Reason, Request, Selection};

/// TypiClust (Hacohen et al., 2022): as many k-means clusters as slices annotated and asked for;
/// from those with the fewest annotated slices, the largest first, the most typical slice, that
/// with the smallest mean distance to its nearest neighbours in the cluster.
///
/// Unlike the authors' program, small clusters are not dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Typicality {
    /// Where distances are taken.
    pub space: Space,
    /// Neighbours that count, at least 1; all others of the cluster where there are fewer.
    pub neighbours: usize,
    /// The most clusters, at least 1.
    pub most_clusters: usize,
}

impl Default for Typicality {
    /// 20 neighbours and at most 500 clusters, as published.
    fn default() -> Self {
        Self { space: Space::Features, neighbours: 20, most_clusters: 500 }
    }
}

/// A cluster on its way through the picks.
struct Cluster {
    size: usize,
    covered: usize,
    /// Open members with their typicality, the most typical last.
    open: Vec<(usize, Option<f64>)>,
}

impl Strategy for Typicality {
    fn name(&self) -> &str {
        "typicality"
    }

    fn needs(&self) -> Needs {
        Needs::columns([self.space.column()])
    }

    fn check(&self) -> Result<(), Error> {
        let settings = [("neighbours", self.neighbours), ("most_clusters", self.most_clusters)];
        settings.into_iter().try_for_each(|(field, value)| {
            require(value > 0, field, value, "it must be at least 1")
        })
    }

    fn select(&self, pool: &Pool, request: &Request) -> Result<Selection, Error> {
        self.check()?;
        let vectors = self.space.vectors(pool, self.name())?;
        let rows: Vec<usize> = pool.places().filter(|&at| vectors.defined[at]).collect();
        let annotated = rows.iter().filter(|&&place| pool.annotated()[place]).count();
        let wanted =
            annotated.saturating_add(request.count).min(rows.len()).min(self.most_clusters);
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); wanted];
        if wanted > 0 {
            let found = clusters(&vectors.rows, &rows, wanted, request.seed);
            rows.iter().zip(found).for_each(|(&place, cluster)| members[cluster].push(place));
        }
        let row = |place| vectors.rows.row(place).to_slice().unwrap_or_default();
        let distance = |a, b| squared_distance(row(a), row(b)).sqrt();
        let mut clusters: Vec<Cluster> =
            members.iter().map(|members| self.cluster(members, pool, &distance)).collect();
        let picks: Vec<(usize, Reason)> =
            (0..request.count).map_while(|_| next(&mut clusters)).collect();
        let undefined = self.space.undefined(pool, &vectors);
        Ok(Selection::new(self.name(), pool, request, picks).with_verdicts(undefined))
    }
}

impl Typicality {
    fn cluster(
        &self,
        members: &[usize],
        pool: &Pool,
        distance: &(impl Fn(usize, usize) -> f64 + Sync),
    ) -> Cluster {
        let open: Vec<usize> =
            members.iter().copied().filter(|&place| !pool.annotated()[place]).collect();
        let typicality = |&place: &usize| {
            let others = members.iter().filter(|&&other| other != place);
            let mut distances: Vec<f64> = others.map(|&other| distance(place, other)).collect();
            distances.sort_by(f64::total_cmp);
            distances.truncate(self.neighbours);
            let mean = distances.iter().sum::<f64>() / distances.len() as f64;
            (place, mean)
        };
        let mut open: Vec<(usize, f64)> = open.par_iter().map(typicality).collect();
        // Last is best: a mean of 0 is perfectly typical; of a lone slice it is no number.
        open.sort_by(|a, b| b.1.total_cmp(&a.1).then(b.0.cmp(&a.0)));
        let inverse = |(place, mean): (usize, f64)| (place, (mean > 0.0).then(|| 1.0 / mean));
        let covered = members.len() - open.len();
        Cluster { size: members.len(), covered, open: open.into_iter().map(inverse).collect() }
    }
}

/// The most typical open slice of the largest among the least covered clusters.
fn next(clusters: &mut [Cluster]) -> Option<(usize, Reason)> {
    let open = clusters.iter_mut().filter(|cluster| !cluster.open.is_empty());
    let first = |cluster: &Cluster| cluster.open.last().map(|(place, _)| *place);
    let key = |it: &Cluster| (it.covered, std::cmp::Reverse(it.size), first(it));
    let cluster = open.min_by_key(|cluster| key(cluster))?;
    let (place, typicality) = cluster.open.pop()?;
    cluster.covered += 1;
    Some((place, Reason::Typical { typicality, cluster_size: cluster.size }))
}
