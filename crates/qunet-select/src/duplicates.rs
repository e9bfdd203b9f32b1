//! Near-duplicate removal in the plane of region CoV and region mean.

use qunet_stack::SliceId;

/// A candidate slice, axes scaled to [0, 1] over the stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) id: SliceId,
    pub(crate) cov: f64,
    pub(crate) mean: f64,
}

/// What became of a candidate: kept, or too close to a kept one.
pub(crate) type Fate = Option<(SliceId, f64)>;

/// Goes through the candidates in the given order (best quality first) and drops each that lies
/// within `epsilon` of one already kept.
pub(crate) fn thin(candidates: &[Candidate], epsilon: f64) -> Vec<Fate> {
    let mut kept: Vec<Candidate> = Vec::new();
    let mut fates = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let nearest = kept
            .iter()
            .map(|other| (other.id, distance(candidate, other)))
            .min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)))
            .filter(|(_, distance)| *distance <= epsilon);
        if nearest.is_none() {
            kept.push(*candidate);
        }
        fates.push(nearest);
    }
    fates
}

/// The smallest pairwise distance that, taken as epsilon, leaves at most `cap` candidates; found
/// by bisection over the sorted distances. `None` where no removal is needed.
pub(crate) fn epsilon_for(candidates: &[Candidate], cap: usize) -> Option<f64> {
    if candidates.len() <= cap {
        return None;
    }
    let mut distances: Vec<f64> = Vec::new();
    for (index, candidate) in candidates.iter().enumerate() {
        distances.extend(candidates[..index].iter().map(|other| distance(candidate, other)));
    }
    distances.sort_by(f64::total_cmp);
    let leaves_too_many = |epsilon: &f64| {
        thin(candidates, *epsilon).iter().filter(|fate| fate.is_none()).count() > cap
    };
    let enough = distances.partition_point(leaves_too_many);
    distances.get(enough).or(distances.last()).copied()
}

fn distance(a: &Candidate, b: &Candidate) -> f64 {
    (a.cov - b.cov).hypot(a.mean - b.mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(places: &[f64]) -> Vec<Candidate> {
        let candidate = |(id, &mean): (usize, &f64)| Candidate { id: SliceId(id), cov: 0.0, mean };
        places.iter().enumerate().map(candidate).collect()
    }

    #[test]
    fn the_first_of_a_cluster_stays_and_the_nearest_is_named() {
        let fates = thin(&line(&[0.0, 0.125, 0.25, 1.0]), 0.125);
        assert_eq!(fates, [None, Some((SliceId(0), 0.125)), None, None]);
        let all = thin(&line(&[0.5, 0.5]), 0.0);
        assert_eq!(all, [None, Some((SliceId(0), 0.0))]);
    }

    #[test]
    fn the_smallest_sufficient_epsilon() {
        let candidates = line(&[0.0, 0.125, 0.5, 1.0]);
        assert_eq!(epsilon_for(&candidates, 4), None);
        assert_eq!(epsilon_for(&candidates, 3), Some(0.125));
        // 0.375 drops 0.5, near 0.125? No: 0.125 is gone already, so 0.5 is needed.
        assert_eq!(epsilon_for(&candidates, 2), Some(0.5));
        assert_eq!(epsilon_for(&candidates, 1), Some(1.0));
    }
}
