//! The smallest distance between near duplicates that leaves few enough slices.

use super::limits::Candidate;
use super::walk::{Bounds, Walk};
use crate::Verdict;

/// More than the diagonal of the unit plane.
const WIDEST: f64 = 2.0;

/// The smallest distance between two candidates that, taken as epsilon, leaves none beyond the
/// count; the largest that drops a slice where none does; `None` where no removal is needed.
///
/// The answer is one of the n^2 / 2 distances, but to list and sort them is too much for 10^5
/// slices. So the number itself is bisected, and every walk narrows the interval to distances that
/// occur: a walk that leaves few enough names the largest distance it dropped a slice for, down to
/// which all goes the same way, a walk that leaves too many ends at the first slice too many and
/// names the smallest distance at which it would have dropped one more. What must hold is that the
/// outcome at `least` is too many and at `enough` few enough. A larger epsilon may now and then keep
/// one slice more, because what it drops drops nothing itself; a bisection passes such a place over.
pub(super) fn smallest_epsilon(candidates: &[Candidate], bounds: &Bounds<'_>) -> Option<f64> {
    let mut least = 0.0_f64;
    outcome(candidates, bounds, None).err()?;
    let Ok(mut enough) = outcome(candidates, bounds, Some(WIDEST)) else {
        let mut walk = Walk::new(bounds, Some(WIDEST));
        for candidate in candidates {
            let _ = walk.judge(candidate);
        }
        return Some(walk.from);
    };
    while least < enough {
        let middle = (least + (enough - least) / 2.0).min(enough.next_down());
        match outcome(candidates, bounds, Some(middle)) {
            Ok(from) => enough = from,
            Err(below) => least = below,
        }
    }
    Some(enough)
}

/// The epsilon down to which as few slices are kept, or, where a slice is beyond the count, the one
/// up to which it stays so.
fn outcome(
    candidates: &[Candidate],
    bounds: &Bounds<'_>,
    epsilon: Option<f64>,
) -> Result<f64, f64> {
    let mut walk = Walk::new(bounds, epsilon);
    for candidate in candidates {
        if walk.judge(candidate) == Err(Verdict::NotReached) {
            return Err(walk.below);
        }
    }
    Ok(walk.from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CandidateId;
    use crate::selection::Taken;
    use qunet_stack::SliceId;

    fn line(places: &[f64]) -> Vec<Candidate> {
        let candidate = |(slice, &mean): (usize, &f64)| Candidate {
            place: slice,
            id: CandidateId::from(SliceId(slice)),
            blurriness: 0.0,
            inverse_psnr: 0.0,
            quality: slice as f64,
            from: 0.0,
            cov: 0.0,
            mean,
        };
        places.iter().enumerate().map(candidate).collect()
    }

    fn bounds(count: usize, candidates: &[Candidate]) -> Bounds<'static> {
        Bounds {
            count,
            quota: usize::MAX,
            gap: None,
            stacks: 1,
            expected: candidates.len(),
            taken: Taken::default(),
            annotated: Vec::new(),
        }
    }

    fn verdicts(candidates: &[Candidate], epsilon: f64) -> Vec<Result<(), Verdict>> {
        let bounds = bounds(9, candidates);
        let mut walk = Walk::new(&bounds, Some(epsilon));
        candidates.iter().map(|candidate| walk.judge(candidate)).collect()
    }

    #[test]
    fn the_first_of_a_cluster_stays_and_the_nearest_is_named() {
        let near = |distance| Err(Verdict::NearDuplicate { of: SliceId(0), distance });
        let found = verdicts(&line(&[0.0, 0.125, 0.25, 1.0]), 0.125);
        assert_eq!(found, [Ok(()), near(0.125), Ok(()), Ok(())]);
        assert_eq!(verdicts(&line(&[0.5, 0.5]), 0.0), [Ok(()), near(0.0)]);
    }

    #[test]
    fn the_smallest_sufficient_epsilon() {
        let candidates = line(&[0.0, 0.125, 0.5, 1.0]);
        let smallest = |count| smallest_epsilon(&candidates, &bounds(count, &candidates));
        assert_eq!(smallest(4), None);
        assert_eq!(smallest(3), Some(0.125));
        // 0.375 drops 0.5, near 0.125? No: 0.125 is gone already, so 0.5 is needed.
        assert_eq!(smallest(2), Some(0.5));
        assert_eq!(smallest(1), Some(1.0));
        // Equal places need no distance at all.
        let equal = line(&[0.5, 0.25, 0.5, 0.25, 1.0]);
        assert_eq!(smallest_epsilon(&equal, &bounds(3, &equal)), Some(0.0));
    }

    /// By the definition: of all distances, the smallest that leaves few enough.
    fn by_definition(candidates: &[Candidate], count: usize) -> Option<f64> {
        let few = |epsilon| outcome(candidates, &bounds(count, candidates), epsilon).is_ok();
        let distance = |a: &Candidate, b: &Candidate| {
            ((a.cov - b.cov).powi(2) + (a.mean - b.mean).powi(2)).sqrt()
        };
        let pairs = candidates.iter().enumerate();
        let mut distances: Vec<f64> = pairs
            .flat_map(|(at, a)| candidates[..at].iter().map(move |b| distance(a, b)))
            .filter(|distance| few(Some(*distance)))
            .collect();
        distances.sort_by(f64::total_cmp);
        if few(None) { None } else { distances.first().copied() }
    }

    #[test]
    fn a_distance_that_is_enough_where_the_next_smaller_is_not() {
        let mut exact = 0;
        for seed in 0..200_usize {
            let place =
                |at: usize| ((seed * 7919 + at * 104_729 + at * at * seed * 31) % 997) as f64;
            let mut candidates = line(&[0.0; 60]);
            for (at, candidate) in candidates.iter_mut().enumerate() {
                (candidate.cov, candidate.mean) = (place(at) / 997.0, place(at + 500) / 997.0);
            }
            let count = 1 + seed % 12;
            let found = smallest_epsilon(&candidates, &bounds(count, &candidates));
            let bounds = bounds(count, &candidates);
            let Some(epsilon) = found else { panic!("60 slices are more than {count}") };
            assert!(outcome(&candidates, &bounds, found).is_ok());
            assert!(outcome(&candidates, &bounds, Some(epsilon.next_down())).is_err());
            exact += usize::from(found == by_definition(&candidates, count));
        }
        // The rest are those where one slice less is kept at a smaller distance by chance.
        assert!(exact > 150, "{exact} of 200");
    }
}
