//! Slices all over the region of interest, before there is a network to ask.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Needs, Strategy};
use crate::error::require;
use crate::{Column, Degenerate, Error, Pool, Reason, Request, Selection, Verdict};

/// Slices spread over where a lesion can be. Each stack gives as many as its share of the slices
/// that show the region of interest; these are cut into as many equal parts, and each part gives the
/// slice in its middle.
/// Two slices are the first two of a bisection, since a lesion is likeliest in the middle: the
/// middle of all, and the middle of the first half.
///
/// Image quality may move a pick: within `reach` of the middle the best slice is taken, and none of
/// the `worst` of the stack while the part has another. By default it does not: that gained nothing
/// in the mean over fifteen data sets, and makes distances unequal (`docs/strategies.md`).
/// Where fewer slices have pixels of the region than are asked for, all slices are cut; constant
/// ones, which show nothing, are left out. Ties go to the slice nearer to the middle, then to the
/// lower number; the seed is not used.
///
/// A network that was shown no lesion has nothing to ask by, and masks are best interpolated between
/// slices at equal distances: both speak for a first round that leaves no gap.
///
/// ```
/// use qunet_quality::QualityRecord;
/// use qunet_select::{Pool, Request, Spread, Strategy};
/// use qunet_stack::SliceId;
///
/// // Fourteen slices, of which 2 to 13 show the region; slice 3 is sharper than those next to it.
/// let record = |slice: usize| {
///     let sharpness = if slice == 3 { 9.0 } else { 5.0 };
///     let pixels = if slice < 2 { 0 } else { 400 };
///     let record = QualityRecord::new(SliceId(slice), sharpness).with_inverse_psnr(0.1);
///     record.with_region(pixels, 0.5, 0.1)
/// };
/// let scores: Vec<QualityRecord> = (0..14).map(record).collect();
/// let pool = Pool::of_stack(14)?.with_quality(0, &scores)?;
/// // The middles of 2 to 5, 6 to 9 and 10 to 13.
/// let selection = Spread::default().select(&pool, &Request::new(3, 0))?;
/// assert_eq!(selection.slices(0), [SliceId(4), SliceId(8), SliceId(12)]);
/// // Of two, one is the middle of all, the other the middle of the first half.
/// let selection = Spread::default().select(&pool, &Request::new(2, 0))?;
/// assert_eq!(selection.slices(0), [SliceId(8), SliceId(5)]);
/// // Where quality counts, 3 is near enough to 4, and better.
/// let selection = Spread::by_quality().select(&pool, &Request::new(3, 0))?;
/// assert_eq!(selection.slices(0), [SliceId(3), SliceId(8), SliceId(12)]);
/// # Ok::<(), qunet_select::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Spread {
    /// How far from the middle of its part a slice may be for its quality to count, as a share of
    /// the part, in [0, 0.5]; 0 by default.
    pub reach: f64,
    /// The share of slices of worst quality that are passed over, in [0, 1); 0 by default.
    pub worst: f64,
}

impl Spread {
    /// Image quality counts within a quarter of a part, and the worst tenth is passed over.
    #[must_use]
    pub const fn by_quality() -> Self {
        Self { reach: 0.25, worst: 0.1 }
    }
}

impl Strategy for Spread {
    fn name(&self) -> &str {
        "spread"
    }

    fn needs(&self) -> Needs {
        Needs::columns([Column::Quality])
    }

    fn check(&self) -> Result<(), Error> {
        let holds = (0.0..=0.5).contains(&self.reach);
        require(holds, "reach", self.reach, "a share of a part lies in 0..=0.5")?;
        let holds = (0.0..1.0).contains(&self.worst);
        require(holds, "worst", self.worst, "a share of the slices lies in 0..1")
    }

    fn select(&self, pool: &Pool, request: &Request) -> Result<Selection, Error> {
        self.check()?;
        let quality = pool.quality(self.name())?;
        let record = |place: usize| quality[place].as_ref();
        let is_constant =
            |&place: &usize| record(place).is_some_and(|it| it.variance_of_laplacian == 0.0);
        let (constant, open): (Vec<usize>, Vec<usize>) = pool.open().partition(is_constant);
        let shown = |&place: &usize| record(place).is_some_and(|it| it.roi_pixels > 0);
        let mut usable: Vec<usize> = open.iter().copied().filter(shown).collect();
        if usable.len() < request.count {
            usable = open;
        }
        let costs = pool.column(&Column::Quality, self.name())?;
        let of_stack =
            |stack| usable.iter().copied().filter(|place| pool.of(stack).contains(place)).collect();
        let stacks: Vec<Vec<usize>> = (0..pool.stacks()).map(of_stack).collect();
        let counts = shares(&stacks.iter().map(Vec::len).collect::<Vec<_>>(), request.count);
        let picks = stacks.iter().zip(counts).flat_map(|(slices, count)| {
            let worst = self.worst_of(slices, costs);
            let pick =
                |(range, reason)| Some((self.of_part(slices, range, costs, &worst)?, reason));
            parts(slices.len(), count).into_iter().filter_map(pick).collect::<Vec<_>>()
        });
        let degenerate = Verdict::Degenerate { reason: Degenerate::Constant };
        let constant = constant.into_iter().map(|place| (place, degenerate.clone()));
        Ok(Selection::new(self.name(), pool, request, picks).with_verdicts(constant))
    }
}

/// How many of `count` slices each stack gives, by how many it has; those that are left over go where
/// the division leaves most, of equals to the lower number.
fn shares(slices: &[usize], count: usize) -> Vec<usize> {
    let total = slices.iter().sum::<usize>().max(1);
    let count = count.min(total);
    let mut shares: Vec<usize> = slices.iter().map(|slices| count * slices / total).collect();
    let mut most: Vec<usize> = (0..slices.len()).collect();
    most.sort_by_key(|&stack| std::cmp::Reverse(count * slices[stack] % total));
    let left = count - shares.iter().sum::<usize>();
    most.into_iter().take(left).for_each(|stack| shares[stack] += 1);
    shares
}

/// Two of fewer slices than these would lie next to each other.
const BISECTED: usize = 8;

/// Which of so many slices in order give a pick each, and why.
fn parts(slices: usize, count: usize) -> Vec<(Range<usize>, Reason)> {
    if count == 2 && slices >= BISECTED {
        let about = |middle: usize| middle - slices / 8..middle + slices / 8;
        let reason = |parts: usize| Reason::Spaced { part: 1, parts };
        return vec![(about(slices / 2), reason(1)), (about(slices / 4), reason(2))];
    }
    let parts = count.min(slices);
    let part = |part: usize| part * slices / parts..(part + 1) * slices / parts;
    (0..parts).map(|it| (part(it), Reason::Spaced { part: it + 1, parts })).collect()
}

impl Spread {
    /// The slices of worst quality, and those without.
    fn worst_of(&self, usable: &[usize], costs: &[Option<f64>]) -> Vec<usize> {
        let cost = |place: &usize| costs[*place].unwrap_or(f64::INFINITY);
        let mut ranked = usable.to_vec();
        ranked.sort_by(|a, b| cost(b).total_cmp(&cost(a)).then(a.cmp(b)));
        ranked.truncate((self.worst * usable.len() as f64).floor() as usize);
        ranked
    }

    /// The slice of a part: best where several are near the middle, nearest otherwise.
    fn of_part(
        &self,
        usable: &[usize],
        part: Range<usize>,
        costs: &[Option<f64>],
        worst: &[usize],
    ) -> Option<usize> {
        let middle = (part.start + part.end) / 2;
        let near = self.reach * part.len() as f64;
        let key = |&index: &usize| {
            let (place, far) = (usable[index], index.abs_diff(middle));
            let is_near = far as f64 <= near;
            let cost = if is_near { costs[place].unwrap_or(f64::INFINITY) } else { 0.0 };
            (worst.contains(&place), !is_near, cost, far)
        };
        let compare = |a: &usize, b: &usize| {
            let (a, b) = (key(a), key(b));
            (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)).then(a.3.cmp(&b.3))
        };
        part.min_by(compare).map(|index| usable[index])
    }
}
