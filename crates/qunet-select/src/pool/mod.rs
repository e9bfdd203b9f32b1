mod column;
mod quality;

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayRef2, Axis};
use qunet_quality::QualityRecord;
use qunet_stack::SliceId;

pub use self::column::Column;
use crate::{AgreementRecord, CandidateId, Error, Uncertainty};

/// The slices to choose from, and what is known of them.
///
/// Candidates are kept by stack and slice, so that nothing depends on the order in which they are
/// given. Every column is optional; a strategy that needs one that is not there says so.
///
/// ```
/// use qunet_select::{ByScore, Column, Pool, Strategy};
/// use qunet_stack::SliceId;
///
/// let pool = Pool::of_stack(4)?
///     .with_annotated([SliceId(1)])?
///     .with_column(Column::Entropy, [(SliceId(0), 0.1), (SliceId(2), 0.3), (SliceId(3), 0.2)])?;
/// let selection = ByScore::new(Column::Entropy).select(&pool, 2, 0)?;
/// assert_eq!(selection.slices(0), [SliceId(2), SliceId(3)]);
/// # Ok::<(), qunet_select::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Pool {
    ids: Vec<CandidateId>,
    /// Place among `ids` of each candidate as given; `None` where the order is the same.
    given: Option<Vec<usize>>,
    positions: Vec<f64>,
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
            return Err(Error::Duplicate { slice: pair[0].slice });
        }
        let places = (given != ids).then(|| {
            let place = |id| ids.binary_search(id).unwrap_or_default();
            given.iter().map(place).collect()
        });
        let positions = ids.iter().map(|id| id.slice.0 as f64).collect();
        let annotated = vec![false; ids.len()];
        Ok(Self { ids, given: places, positions, annotated, ..Self::default() })
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
    /// As [`Pool::with_column`].
    pub fn with_quality(mut self, stack: usize, records: &[QualityRecord]) -> Result<Self, Error> {
        let id = |record: &QualityRecord| CandidateId { stack, slice: record.id };
        let costs = quality::costs(records);
        let costs = records.iter().zip(costs).filter_map(|(it, cost)| Some((id(it), cost?)));
        let costs = self.values(&Column::Quality, costs)?;
        self.quality.resize(self.ids.len(), None);
        for record in records {
            let place = self.place(id(record), &Column::Quality)?;
            if self.quality[place].replace(record.clone()).is_some() {
                return Err(Error::Repeated { column: Column::Quality, candidate: id(record) });
            }
        }
        let none = vec![None; self.ids.len()];
        let cells = self.columns.entry(Column::Quality).or_insert(none);
        for (place, cost) in costs {
            cells[place] = Some(cost);
        }
        Ok(self)
    }

    /// Adds [`Column::Agreement`] and [`Column::Disagreement`] from the records of all stacks, each
    /// with the number of its stack.
    ///
    /// # Errors
    /// As [`Pool::with_column`].
    pub fn with_agreement<'a>(
        self,
        records: impl IntoIterator<Item = (usize, &'a AgreementRecord)>,
    ) -> Result<Self, Error> {
        let id = |stack, record: &AgreementRecord| CandidateId { stack, slice: record.id };
        let records = records.into_iter().map(|(stack, it)| (id(stack, it), it));
        let records: Vec<(CandidateId, &AgreementRecord)> = records.collect();
        let values = |value: fn(&AgreementRecord) -> f64| {
            records.iter().map(move |(id, record)| (*id, value(record)))
        };
        self.with_column(Column::Agreement, values(|it| it.quality_index))?
            .with_column(Column::Disagreement, values(|it| it.differing))
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

    /// Places of the candidates that are not annotated yet.
    pub fn open(&self) -> impl Iterator<Item = usize> {
        (0..self.ids.len()).filter(|&place| !self.annotated[place])
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
