//! The numbers of the drawn slices of a stack, and the classes that a slice shows.

use ndarray::ArrayRef2;
use qunet_grid::IGNORE;

use crate::{Error, Result};

/// The numbers in ascending order.
pub(crate) fn ascending(drawn: &[usize]) -> Result<Vec<usize>> {
    let mut slices = drawn.to_vec();
    slices.sort_unstable();
    match slices.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Error::NamedTwice { slice: pair[0] }),
        None => Ok(slices),
    }
}

/// The numbers of drawn slices of a stack of `count` slices, in ascending order.
pub(crate) fn of_stack(drawn: &[usize], count: usize) -> Result<Vec<usize>> {
    let slices = ascending(drawn)?;
    match slices.last() {
        Some(&slice) if slice >= count => Err(Error::PastTheEnd { slice, count }),
        _ => Ok(slices),
    }
}

/// The slices of a stack of `count` that are not drawn, where `drawn` is in ascending order.
pub(crate) fn others(drawn: &[usize], count: usize) -> impl Iterator<Item = usize> {
    (0..count).filter(|slice| drawn.binary_search(slice).is_err())
}

/// The slices next to `slice` in a stack of `count`: one before, one after, or both.
pub(crate) fn next_to(slice: usize, count: usize) -> impl Iterator<Item = usize> {
    let after = Some(slice + 1).filter(|&after| after < count);
    slice.checked_sub(1).into_iter().chain(after)
}

/// The classes with at least one pixel, ascending.
pub(crate) fn classes_on(plane: &ArrayRef2<u8>) -> Vec<u8> {
    let mut occurs = [false; 256];
    plane.iter().for_each(|&label| occurs[usize::from(label)] = true);
    (1..IGNORE).filter(|&class| occurs[usize::from(class)]).collect()
}
