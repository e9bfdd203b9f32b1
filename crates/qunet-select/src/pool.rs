//! The slices to choose from.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayRef2, Axis};
use qunet_quality::QualityRecord;
use qunet_stack::SliceId;

use crate::{AgreementRecord, CandidateId, Column, Error, Threshold, Uncertainty};

/// The slices to choose from, and what is known of them.
///
/// Candidates are kept by stack and slice, so that nothing depends on the order in which they are
/// given. Every column is optional; a strategy that needs one that is not there says so.
///
/// ```
/// use qunet_select::{ByScore, Column, Pool, Request, Strategy};
/// use qunet_stack::SliceId;
///
/// let pool = Pool::of_stack(4)?
///     .with_annotated([SliceId(1)])?
///     .with_column(Column::Entropy, [(SliceId(0), 0.1), (SliceId(2), 0.3), (SliceId(3), 0.2)])?;
/// let selection = ByScore::new(Column::Entropy).select(&pool, &Request::new(2, 0))?;
/// assert_eq!(selection.slices(0), [SliceId(2), SliceId(3)]);
/// # Ok::<(), qunet_select::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Pool {
    ids: Vec<CandidateId>,
    /// Place among `ids` of each candidate as given; `None` where the order is the same.
    given: Option<Vec<usize>>,
    positions: Vec<f64>,
    /// Whether the position was given; otherwise it is the slice number.
    positioned: Vec<bool>,
    annotated: Vec<bool>,
    quality: Vec<Option<QualityRecord>>,
    features: Option<Array2<f32>>,
    columns: BTreeMap<Column, Vec<Option<f64>>>,
}

impl Pool {
    /// Candidates in any order; along z each stands at its slice number.
    ///
    /// # Errors
    /// [`Error::NoSlices`] without candidates, [`Error::Duplicate`] where one comes twice.
    pub fn new(ids: impl IntoIterator<Item = impl Into<CandidateId>>) -> Result<Self, Error> {
        let given: Vec<CandidateId> = ids.into_iter().map(Into::into).collect();
        if given.is_empty() {
            return Err(Error::NoSlices);
        }
        let mut ids = given.clone();
        ids.sort_unstable();
        if let Some(pair) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::Duplicate { candidate: pair[0] });
        }
        let places = (given != ids).then(|| {
            let place = |id| ids.binary_search(id).unwrap_or_default();
            given.iter().map(place).collect()
        });
        let positions = ids.iter().map(|id| id.slice.0 as f64).collect();
        let (positioned, annotated) = (vec![false; ids.len()], vec![false; ids.len()]);
        Ok(Self { ids, given: places, positions, positioned, annotated, ..Self::default() })
    }

    /// All slices of one stack.
    ///
    /// # Errors
    /// [`Error::NoSlices`] where there are none.
    pub fn of_stack(slices: usize) -> Result<Self, Error> {
        Self::new((0..slices).map(SliceId))
    }

    /// All slices of several stacks, so many in each.
    ///
    /// # Errors
    /// [`Error::NoSlices`] where there are none.
    pub fn of_stacks(slices: &[usize]) -> Result<Self, Error> {
        let all = |(stack, &slices): (usize, &usize)| {
            (0..slices).map(move |slice| CandidateId { stack, slice: SliceId(slice) })
        };
        Self::new(slices.iter().enumerate().flat_map(all))
    }

    /// Sets positions along z of candidates, in one unit, for instance millimetres. Name all
    /// slices of a stack; those that are not named stay at their slice number.
    ///
    /// # Errors
    /// As [`Pool::with_column`].
    pub fn with_positions(
        mut self,
        positions: impl IntoIterator<Item = (impl Into<CandidateId>, f64)>,
    ) -> Result<Self, Error> {
        for (place, position) in self.values(&Column::Position, positions)? {
            self.positions[place] = position;
            self.positioned[place] = true;
        }
        Ok(self)
    }

    /// Marks slices that are annotated already; they are never picked.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a slice that the pool does not hold.
    pub fn with_annotated(
        mut self,
        ids: impl IntoIterator<Item = impl Into<CandidateId>>,
    ) -> Result<Self, Error> {
        for id in ids {
            let place = self.place(id.into(), &Column::Annotated)?;
            self.annotated[place] = true;
        }
        Ok(self)
    }

    /// Adds a number for candidates, such as an uncertainty; those not named have none.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a slice that the pool does not hold, [`Error::Repeated`] for one
    /// named twice, [`Error::Value`] for a value that is not finite or out of the column's range.
    pub fn with_column(
        mut self,
        column: Column,
        values: impl IntoIterator<Item = (impl Into<CandidateId>, f64)>,
    ) -> Result<Self, Error> {
        let mut cells = vec![None; self.ids.len()];
        for (place, value) in self.values(&column, values)? {
            cells[place] = Some(value);
        }
        self.columns.insert(column, cells);
        Ok(self)
    }

    /// Adds the quality records of one stack, and with them [`Column::Quality`]; a slice with an
    /// undefined metric has no cost.
    ///
    /// # Errors
    /// [`Error::Record`] for a metric that no slice can have; otherwise as [`Pool::with_column`].
    pub fn with_quality(mut self, stack: usize, records: &[QualityRecord]) -> Result<Self, Error> {
        let id = |record: &QualityRecord| CandidateId { stack, slice: record.id };
        records.iter().try_for_each(|record| require_possible(record, id(record)))?;
        let costs = records.iter().zip(costs(records));
        let costs = costs.filter_map(|(record, cost)| Some((id(record), cost?)));
        let costs = self.values(&Column::Quality, costs)?;
        self.quality.resize(self.ids.len(), None);
        for record in records {
            let place = self.place(id(record), &Column::Quality)?;
            if self.quality[place].replace(record.clone()).is_some() {
                return Err(Error::Repeated { column: Column::Quality, candidate: id(record) });
            }
        }
        let none = || vec![None; self.ids.len()];
        let cells = self.columns.entry(Column::Quality).or_insert_with(none);
        for (place, cost) in costs {
            cells[place] = Some(cost);
        }
        Ok(self)
    }

    /// Adds [`Column::Agreement`] and [`Column::Disagreement`] from the records of all stacks.
    ///
    /// # Errors
    /// As [`Pool::with_column`].
    pub fn with_agreement<'a>(
        self,
        records: impl IntoIterator<Item = &'a AgreementRecord>,
    ) -> Result<Self, Error> {
        let records: Vec<&AgreementRecord> = records.into_iter().collect();
        let column = |value: fn(&AgreementRecord) -> f64| {
            records.iter().map(move |&record| (record.id, value(record)))
        };
        self.with_column(Column::Agreement, column(|it| it.quality_index))?
            .with_column(Column::Disagreement, column(|it| it.disagreement_area))
    }

    /// Adds [`Column::Entropy`], [`Column::Margin`], [`Column::Foreground`], and [`Column::Bald`]
    /// where any slice has it.
    ///
    /// # Errors
    /// As [`Pool::with_column`].
    pub fn with_uncertainty(self, records: &[Uncertainty]) -> Result<Self, Error> {
        let bald: Vec<(CandidateId, f64)> =
            records.iter().filter_map(|record| Some((record.id, record.bald?))).collect();
        let pool = self
            .with_column(Column::Entropy, records.iter().map(|it| (it.id, it.entropy)))?
            .with_column(Column::Margin, records.iter().map(|it| (it.id, it.margin)))?
            .with_column(Column::Foreground, records.iter().map(|it| (it.id, it.foreground)))?;
        if bald.is_empty() { Ok(pool) } else { pool.with_column(Column::Bald, bald) }
    }

    /// Adds feature vectors `(candidates, features)`, rows in the order in which the candidates
    /// were given.
    ///
    /// # Errors
    /// [`Error::Rows`] where there is not one row each, [`Error::Value`] for a value that is not
    /// finite.
    pub fn with_features(mut self, features: &ArrayRef2<f32>) -> Result<Self, Error> {
        let (found, expected) = (features.nrows(), self.ids.len());
        if found != expected {
            return Err(Error::Rows { column: Column::Features, expected, found });
        }
        let mut rows = vec![0; expected];
        let features = match &self.given {
            None => features.as_standard_layout().into_owned(),
            Some(places) => {
                places.iter().enumerate().for_each(|(row, &place)| rows[place] = row);
                features.select(Axis(0), &rows)
            }
        };
        for (row, &candidate) in features.rows().into_iter().zip(&self.ids) {
            if let Some(&value) = row.iter().find(|value| !value.is_finite()) {
                let (column, value) = (Column::Features, f64::from(value));
                return Err(Error::Value { column, candidate, value, least: None });
            }
        }
        self.features = Some(features);
        Ok(self)
    }

    /// The candidates, by stack and slice; all columns have this order.
    #[must_use]
    pub fn ids(&self) -> &[CandidateId] {
        &self.ids
    }

    /// Positions along z.
    #[must_use]
    pub fn positions(&self) -> &[f64] {
        &self.positions
    }

    /// Whether each candidate is annotated already.
    #[must_use]
    pub fn annotated(&self) -> &[bool] {
        &self.annotated
    }

    /// Number of stacks: the highest position of a stack, plus 1.
    #[must_use]
    pub fn stacks(&self) -> usize {
        self.ids.last().map_or(0, |id| id.stack + 1)
    }

    /// Whether the position along z of every slice of a stack was given.
    #[must_use]
    pub fn has_positions(&self, stack: usize) -> bool {
        let placed = |(id, &positioned): (&CandidateId, &bool)| id.stack != stack || positioned;
        self.ids.iter().zip(&self.positioned).all(placed)
    }

    /// The places of the slices of one stack, which stand together.
    pub(crate) fn of(&self, stack: usize) -> std::ops::Range<usize> {
        let first = |stack| self.ids().partition_point(|id| id.stack < stack);
        first(stack)..first(stack + 1)
    }

    /// How far the slices of a stack reach along z, plus 1.
    pub(crate) fn extent(&self, stack: usize) -> f64 {
        let positions = &self.positions()[self.of(stack)];
        let low = positions.iter().copied().fold(f64::INFINITY, f64::min);
        let high = positions.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if high >= low { high - low + 1.0 } else { 1.0 }
    }

    /// Places of all candidates.
    pub(crate) fn places(&self) -> std::ops::Range<usize> {
        0..self.ids.len()
    }

    /// Places of the candidates that are not annotated yet.
    pub fn open(&self) -> impl Iterator<Item = usize> {
        self.places().filter(|&place| !self.annotated[place])
    }

    /// The values of a column, for a strategy of this name.
    ///
    /// # Errors
    /// [`Error::MissingColumn`] naming both.
    pub fn column(&self, column: &Column, strategy: &str) -> Result<&[Option<f64>], Error> {
        self.columns.get(column).map(Vec::as_slice).ok_or_else(|| missing(column, strategy))
    }

    /// The feature vectors, for a strategy of this name.
    ///
    /// # Errors
    /// [`Error::MissingColumn`] naming both.
    pub fn features(&self, strategy: &str) -> Result<&Array2<f32>, Error> {
        self.features.as_ref().ok_or_else(|| missing(&Column::Features, strategy))
    }

    /// The quality records, for a strategy of this name.
    ///
    /// # Errors
    /// [`Error::MissingColumn`] naming both.
    pub fn quality(&self, strategy: &str) -> Result<&[Option<QualityRecord>], Error> {
        if self.quality.is_empty() {
            return Err(missing(&Column::Quality, strategy));
        }
        Ok(&self.quality)
    }

    fn place(&self, candidate: CandidateId, column: &Column) -> Result<usize, Error> {
        let unknown = |_| Error::Unknown { column: column.clone(), candidate };
        self.ids.binary_search(&candidate).map_err(unknown)
    }

    /// Values with the places of their candidates, checked.
    fn values(
        &self,
        column: &Column,
        values: impl IntoIterator<Item = (impl Into<CandidateId>, f64)>,
    ) -> Result<Vec<(usize, f64)>, Error> {
        let mut seen = vec![false; self.ids.len()];
        let (low, high) = column.range();
        let checked = |(id, value): (_, f64)| {
            let candidate = Into::<CandidateId>::into(id);
            let place = self.place(candidate, column)?;
            if !(low..=high).contains(&value) {
                let least = (low == 0.0).then_some(low);
                return Err(Error::Value { column: column.clone(), candidate, value, least });
            }
            if std::mem::replace(&mut seen[place], true) {
                return Err(Error::Repeated { column: column.clone(), candidate });
            }
            Ok((place, value))
        };
        values.into_iter().map(checked).collect()
    }
}

fn missing(column: &Column, strategy: &str) -> Error {
    Error::MissingColumn { strategy: strategy.to_owned(), column: column.clone() }
}

/// What each slice costs in quality: B / mean(B) + P / mean(P), lower = better; `None` where a
/// metric is undefined.
fn costs(records: &[QualityRecord]) -> Vec<Option<f64>> {
    let finite = |record: &QualityRecord| Some(record.blurriness()).filter(|b| b.is_finite());
    let blurriness: Vec<f64> = records.iter().filter_map(finite).collect();
    let inverse_psnr: Vec<f64> = records.iter().filter_map(|record| record.inverse_psnr).collect();
    let mean = |values: &[f64]| Threshold::MeanScale(1.0).limit(values);
    let means = (mean(&blurriness), mean(&inverse_psnr));
    let cost = |record: &QualityRecord| {
        let (blur, psnr) = (means.0?, means.1?);
        // A mean of 0 is a stack without noise: nothing to tell slices apart by.
        let share = |value: f64, mean: f64| if mean > 0.0 { value / mean } else { 0.0 };
        Some(share(finite(record)?, blur) + share(record.inverse_psnr?, psnr))
    };
    records.iter().map(cost).collect()
}

/// Refuses a metric that no slice can have.
fn require_possible(record: &QualityRecord, candidate: CandidateId) -> Result<(), Error> {
    let numbers = [
        ("variance_of_laplacian", Some(record.variance_of_laplacian), 0.0),
        ("inverse_psnr", record.inverse_psnr, 0.0),
        ("roi_mean", record.roi_mean, f64::MIN),
        ("roi_cov", record.roi_cov, 0.0),
    ];
    for (field, value, least) in numbers {
        let value = value.unwrap_or(least);
        if !(least..=f64::MAX).contains(&value) {
            let rule = "a metric is finite, and not negative unless it is a mean; score it anew";
            return Err(Error::Record { candidate, field, value, rule });
        }
    }
    Ok(())
}
