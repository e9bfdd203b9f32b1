//! Slices all over the stack, before there is a network to ask.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Needs, Strategy};
use crate::error::require;
use crate::{Column, Degenerate, Error, Pool, Reason, Request, Selection, Verdict};

/// Slices spread over where a lesion can be: those with pixels of the region of interest are cut
/// into as many equal parts as slices are asked for, and each part gives one slice near its middle.
///
/// Of the slices near the middle the one of best image quality is taken, and none of the worst of
/// the stack while the part has another. Where fewer slices have pixels of the region than are asked
/// for, all slices are cut; constant ones, which show nothing, are left out. Ties go to the slice nearer to the middle, then to the lower number; the
/// seed is not used.
///
/// A network that was shown no lesion has nothing to ask by, and masks are best interpolated between
/// slices at equal distances: both speak for a first round that leaves no gap.
///
/// ```
/// use qunet_quality::QualityRecord;
/// use qunet_select::{Pool, Request, Spread, Strategy};
/// use qunet_stack::SliceId;
///
/// // Ten slices, of which 2 to 9 show the region; slice 3 is sharper than those next to it.
/// let record = |slice: usize| {
///     let sharpness = if slice == 3 { 9.0 } else { 5.0 };
///     let pixels = if slice < 2 { 0 } else { 400 };
///     let record = QualityRecord::new(SliceId(slice), sharpness).with_inverse_psnr(0.1);
///     record.with_region(pixels, 0.5, 0.1)
/// };
/// let scores: Vec<QualityRecord> = (0..10).map(record).collect();
/// let pool = Pool::of_stack(10)?.with_quality(0, &scores)?;
/// // The middles of 2 to 5 and 6 to 9 are 4 and 8; 3 is near enough to 4, and better.
/// let selection = Spread::default().select(&pool, &Request::new(2, 0))?;
/// assert_eq!(selection.slices(0), [SliceId(3), SliceId(8)]);
/// # Ok::<(), qunet_select::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Spread {
    /// How far from the middle of its part a slice may be for its quality to count, as a share of
    /// the part, in [0, 0.5].
    pub reach: f64,
    /// The share of slices of worst quality that are passed over, in [0, 1).
    pub worst: f64,
}

impl Default for Spread {
    /// A quarter of the part; the worst tenth.
    fn default() -> Self {
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
        let worst = self.worst_of(&usable, costs);
        let parts = request.count.min(usable.len());
        let part = |part: usize| part * usable.len() / parts..(part + 1) * usable.len() / parts;
        let pick = |number: usize| {
            let range = part(number);
            let place = self.of_part(&usable, range, costs, &worst)?;
            Some((place, Reason::Spaced { part: number + 1, parts }))
        };
        let degenerate = Verdict::Degenerate { reason: Degenerate::Constant };
        let constant = constant.into_iter().map(|place| (place, degenerate.clone()));
        let picks = (0..parts).filter_map(pick);
        Ok(Selection::new(self.name(), pool, request, picks).with_verdicts(constant))
    }
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
