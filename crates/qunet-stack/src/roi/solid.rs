//! Components of a stack: those of its slices, joined where they overlap.

use ndarray::{Array3, Axis};

use super::shapes::components;
use crate::Error;

/// Keeps the parts of a mask that have at least this share of the largest part's voxels.
pub(super) fn keep_large(mask: &mut Array3<bool>, share: f64) -> Result<(), Error> {
    let (labels, mut joined) = label(mask)?;
    let mut sizes = vec![0u64; joined.parents.len()];
    for &label in &labels {
        sizes[joined.root(label) as usize] += 1;
    }
    sizes[0] = 0;
    let largest = sizes.iter().copied().max().unwrap_or(0) as f64;
    for (inside, &label) in mask.iter_mut().zip(&labels) {
        *inside = label > 0 && sizes[joined.root(label) as usize] as f64 >= share * largest;
    }
    Ok(())
}

fn label(mask: &Array3<bool>) -> Result<(Array3<u32>, Joined), Error> {
    let mut labels = Array3::<u32>::zeros(mask.dim());
    let mut joined = Joined { parents: vec![0] };
    for index in 0..mask.len_of(Axis(0)) {
        let first = joined.parents.len() as u32 - 1;
        let own = components(&mask.index_axis(Axis(0), index))?;
        let count = own.iter().copied().max().unwrap_or(0);
        joined.parents.extend((1..=count).map(|label| first + label));
        let own = own.mapv(|label| if label > 0 { first + label } else { 0 });
        if index > 0 {
            for (&above, &label) in labels.index_axis(Axis(0), index - 1).iter().zip(&own) {
                if above > 0 && label > 0 {
                    joined.join(above, label);
                }
            }
        }
        labels.index_axis_mut(Axis(0), index).assign(&own);
    }
    Ok((labels, joined))
}

/// Labels that mean the same part point to the smallest of them.
struct Joined {
    parents: Vec<u32>,
}

impl Joined {
    fn root(&mut self, mut label: u32) -> u32 {
        while self.parents[label as usize] != label {
            let parent = self.parents[label as usize];
            self.parents[label as usize] = self.parents[parent as usize];
            label = parent;
        }
        label
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.parents[a.max(b) as usize] = a.min(b);
    }
}
