use ndarray::{ArrayView2, ArrayView3};

/// The probability maps of one slice that are to agree.
///
/// ```
/// use ndarray::array;
/// use qunet_select::{AgreementRecord, DisagreementParams, Maps};
/// use qunet_stack::SliceId;
///
/// // Heads that find the first pixel, the first two, and the second: Q = 1/2, 0 and 1/2.
/// let heads = [array![[0.9, 0.1]], array![[0.9, 0.9]], array![[0.1, 0.9]]];
/// let views: Vec<_> = heads.iter().map(|head| head.view()).collect();
/// let params = DisagreementParams::default();
/// let record = AgreementRecord::of(SliceId(0), &Maps::Heads(&views), &params)?;
/// assert_eq!(record.quality_index, 1.0 / 3.0);
/// # Ok::<(), qunet_select::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Maps<'a> {
    /// Heads L3 and L4 `(height, width)`, the paper's.
    Pair {
        /// Head L3.
        level3: ArrayView2<'a, f32>,
        /// Head L4.
        level4: ArrayView2<'a, f32>,
    },
    /// Heads L3 and L4 `(classes, height, width)`. Each pixel belongs to its most probable class,
    /// of equals the first, and Q is the mean of the classes that either head finds, without class
    /// 0, the background. A single class is a [`Maps::Pair`].
    Classes {
        /// Head L3.
        level3: ArrayView3<'a, f32>,
        /// Head L4.
        level4: ArrayView3<'a, f32>,
    },
    /// Two or more heads `(height, width)`: Q is the mean over all pairs of them.
    Heads(&'a [ArrayView2<'a, f32>]),
    /// Heads L3 and L4 `(height, width)` of several draws of Monte-Carlo dropout: Q is that of the
    /// mean probabilities.
    Draws(&'a [[ArrayView2<'a, f32>; 2]]),
}
