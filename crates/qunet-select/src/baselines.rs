use qunet_stack::SliceId;
use rand::SeedableRng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

/// `count` slices drawn without replacement, in order; all of them where there are no more.
///
/// ```
/// use qunet_select::random;
/// use qunet_stack::SliceId;
///
/// let ids: Vec<SliceId> = (0..20).map(SliceId).collect();
/// assert_eq!(random(&ids, 4, 7), random(&ids, 4, 7));
/// assert_eq!(random(&ids, 4, 7).len(), 4);
/// ```
#[must_use]
pub fn random(ids: &[SliceId], count: usize, seed: u64) -> Vec<SliceId> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut chosen: Vec<SliceId> = ids.sample(&mut rng, count).copied().collect();
    chosen.sort_unstable();
    chosen
}

/// `count` slices at equal distances: the middles of `count` equal parts of the given order; all
/// of them where there are no more.
///
/// ```
/// use qunet_select::evenly_spaced;
/// use qunet_stack::SliceId;
///
/// let ids: Vec<SliceId> = (0..10).map(SliceId).collect();
/// assert_eq!(evenly_spaced(&ids, 2), [SliceId(2), SliceId(7)]);
/// ```
#[must_use]
pub fn evenly_spaced(ids: &[SliceId], count: usize) -> Vec<SliceId> {
    let parts = count.min(ids.len());
    (0..parts).map(|part| ids[middle(part, parts, ids.len())]).collect()
}

/// The middle of one of so many equal parts of `length` places.
pub(crate) fn middle(part: usize, parts: usize, length: usize) -> usize {
    (2 * part + 1) * length / (2 * parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_more_than_there_are() {
        let ids = [SliceId(1), SliceId(2)];
        assert_eq!(random(&ids, 5, 0), ids);
        assert_eq!(evenly_spaced(&ids, 5), ids);
        assert!(evenly_spaced(&ids, 0).is_empty());
        assert!(evenly_spaced(&[], 3).is_empty());
    }

    #[test]
    fn seeds_differ() {
        let ids: Vec<SliceId> = (0..1000).map(SliceId).collect();
        assert_ne!(random(&ids, 10, 0), random(&ids, 10, 1));
    }
}
