//! Confidence intervals by resampling.

use std::collections::BTreeMap;

use qunet_grid::parallel::Work;
use rand::{
    SeedableRng,
    distr::{Distribution, Uniform},
};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::interval::{Interval, IntervalMethod};
use super::summary::defined;
use crate::{Error, Result};

/// Resamples that share one stream of random numbers. Blocks have streams of their own, so that
/// the numbers do not depend on who computes which block when.
const BLOCK: usize = 64;

/// Seeded bootstrap confidence interval of the mean of independent cases, or of another statistic.
///
/// The cases are drawn with replacement, as many as there are, `resamples` times; the interval
/// follows from the statistics of the draws. Slices of one volume are not independent: give one
/// value per volume, or use [`clustered_mean`](Self::clustered_mean), which draws volumes. The same
/// seed gives the same interval on every machine and for any number of threads.
///
/// Where little is given:
///
/// | values | interval |
/// |---|---|
/// | none defined | `None` |
/// | one, or all of one volume | of no length |
/// | all equal | of no length |
///
/// An interval of no length says nothing about further cases.
///
/// ```
/// use qunet_segmetrics::Bootstrap;
///
/// let dice = [0.91, 0.85, 0.88, 0.42, 0.95, 0.79].map(Some);
/// let interval = Bootstrap::default().mean(dice)?.expect("there are values");
/// assert!(interval.low < interval.estimate && interval.estimate < interval.high);
/// # Ok::<(), qunet_segmetrics::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bootstrap {
    /// Number of resamples, at least 1; 10,000 by default.
    pub resamples: usize,
    /// The share of intervals that hold the true value, in (0, 1); 0.95 by default.
    pub level: f64,
    /// How the interval follows from the resamples.
    pub method: IntervalMethod,
    /// The seed of the draws.
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { resamples: 10_000, level: 0.95, method: IntervalMethod::Bca, seed: 0 }
    }
}

/// The values of one case in short.
#[derive(Clone, Copy, Default)]
struct Unit {
    sum: f64,
    count: f64,
}

impl Bootstrap {
    /// The interval of the mean of the defined `values`.
    ///
    /// `None` without a defined value (see [`Summary`](crate::Summary)).
    ///
    /// # Errors
    /// [`Error::Bootstrap`] for no resamples or a level outside (0, 1).
    ///
    /// # Example
    /// ```
    /// use qunet_segmetrics::Bootstrap;
    ///
    /// let interval = Bootstrap::default().mean([Some(0.5), None])?.expect("one value");
    /// assert_eq!((interval.low, interval.high), (0.5, 0.5));
    /// assert_eq!(Bootstrap::default().mean([None])?, None);
    /// # Ok::<(), qunet_segmetrics::Error>(())
    /// ```
    pub fn mean(&self, values: impl IntoIterator<Item = Option<f64>>) -> Result<Option<Interval>> {
        let (values, _) = defined(values);
        let units: Vec<Unit> = values.iter().map(|&sum| Unit { sum, count: 1.0 }).collect();
        self.mean_of_units(&values, &units)
    }

    /// The interval of the mean of values that come in dependent groups, such as the slices of
    /// volumes: the mean over all defined values, the interval by drawing whole volumes (cluster
    /// bootstrap).
    ///
    /// Each value comes with the volume it belongs to. The interval is as wide as the number of
    /// volumes warrants, however many slices each of them has; BCa leaves out one volume at a time.
    /// Volumes without a defined value are not drawn. Where each volume has one value, it is the
    /// interval of [`mean`](Self::mean).
    ///
    /// # Errors
    /// [`Error::Bootstrap`] for no resamples or a level outside (0, 1).
    ///
    /// # Example
    /// ```
    /// use qunet_segmetrics::Bootstrap;
    ///
    /// let volumes = [("ct_01", 0.9), ("ct_02", 0.6), ("ct_03", 0.8)];
    /// let slices = volumes.map(|(volume, dice)| [(volume, Some(dice)); 5]).concat();
    /// let drawn_as_volumes = Bootstrap::default().clustered_mean(slices.clone())?.expect("values");
    /// let values = slices.into_iter().map(|(_, dice)| dice);
    /// let as_if_independent = Bootstrap::default().mean(values)?.expect("values");
    /// assert!(drawn_as_volumes.low < as_if_independent.low);
    /// assert!(drawn_as_volumes.high > as_if_independent.high);
    /// # Ok::<(), qunet_segmetrics::Error>(())
    /// ```
    pub fn clustered_mean<K: Ord>(
        &self,
        values: impl IntoIterator<Item = (K, Option<f64>)>,
    ) -> Result<Option<Interval>> {
        let (mut places, mut units, mut all) = (BTreeMap::new(), Vec::new(), Vec::new());
        for (volume, value) in values {
            let Some(value) = value.filter(|value| value.is_finite()) else { continue };
            let place = *places.entry(volume).or_insert(units.len());
            if place == units.len() {
                units.push(Unit::default());
            }
            units[place].sum += value;
            units[place].count += 1.0;
            all.push(value);
        }
        self.mean_of_units(&all, &units)
    }

    /// The interval of any statistic of the defined `values`, such as their median.
    ///
    /// `statistic` may reorder the sample it is given. `None` without a defined value, or where the
    /// statistic of the values or of a resample is not finite. BCa computes the statistic once more
    /// without each value.
    ///
    /// # Errors
    /// [`Error::Bootstrap`] for no resamples or a level outside (0, 1).
    ///
    /// # Example
    /// ```
    /// use qunet_segmetrics::{Bootstrap, IntervalMethod};
    ///
    /// let hd95 = [3.1, 2.7, 41.0, 4.4, 3.9, 5.2, 2.9].map(Some);
    /// let bootstrap = Bootstrap { method: IntervalMethod::Percentile, ..Bootstrap::default() };
    /// let median = bootstrap.interval_of(hd95, |sample| {
    ///     sample.sort_by(f64::total_cmp);
    ///     sample[sample.len() / 2]
    /// })?.expect("there are values");
    /// assert_eq!(median.estimate, 3.9);
    /// assert!(median.high < 41.0, "one outlier does not make the median uncertain");
    /// # Ok::<(), qunet_segmetrics::Error>(())
    /// ```
    pub fn interval_of(
        &self,
        values: impl IntoIterator<Item = Option<f64>>,
        statistic: impl Fn(&mut [f64]) -> f64 + Sync,
    ) -> Result<Option<Interval>> {
        self.check()?;
        let (values, _) = defined(values);
        if values.is_empty() {
            return Ok(None);
        }
        let of_drawn = |drawn: &[u32]| {
            let mut sample: Vec<f64> = drawn.iter().map(|&place| values[place as usize]).collect();
            statistic(&mut sample)
        };
        let estimate = statistic(&mut values.clone());
        let without =
            |place: usize| statistic(&mut [&values[..place], &values[place + 1..]].concat());
        self.interval(values.len(), estimate, of_drawn, without)
    }

    /// The interval of the mean of `values`, of which each unit holds some.
    fn mean_of_units(&self, values: &[f64], units: &[Unit]) -> Result<Option<Interval>> {
        self.check()?;
        // Resampled means of equal values would differ by rounding.
        if values.iter().all(|value| *value == values[0]) {
            return Ok(values.first().map(|&value| Interval::of_no_length(value)));
        }
        let add = |a: Unit, b: &Unit| Unit { sum: a.sum + b.sum, count: a.count + b.count };
        let total = units.iter().fold(Unit::default(), add);
        let of_drawn = |drawn: &[u32]| {
            let drawn = drawn.iter().map(|&place| &units[place as usize]);
            let Unit { sum, count } = drawn.fold(Unit::default(), add);
            sum / count
        };
        let without =
            |place: usize| (total.sum - units[place].sum) / (total.count - units[place].count);
        self.interval(units.len(), total.sum / total.count, of_drawn, without)
    }

    /// The interval of a statistic of `0..units`, of which there is one or more: `estimate` of all
    /// of them, `of_drawn` of some, `without` of all but one.
    fn interval(
        &self,
        units: usize,
        estimate: f64,
        of_drawn: impl Fn(&[u32]) -> f64 + Sync,
        without: impl Fn(usize) -> f64,
    ) -> Result<Option<Interval>> {
        if units == 1 && estimate.is_finite() {
            return Ok(Some(Interval::of_no_length(estimate)));
        }
        let mut resampled = self.resampled(units, of_drawn)?;
        if !estimate.is_finite() || resampled.iter().any(|value| !value.is_finite()) {
            return Ok(None);
        }
        resampled.sort_unstable_by(f64::total_cmp);
        Ok(Some(match self.method {
            IntervalMethod::Percentile => Interval::percentile(self.level, estimate, &resampled),
            IntervalMethod::Bca => {
                let left_out: Vec<f64> = (0..units).map(without).collect();
                Interval::bca(self.level, estimate, &resampled, &left_out)
            }
        }))
    }

    /// The statistic of each resample of `0..units`, in the order of the draws.
    fn resampled(
        &self,
        units: usize,
        statistic: impl Fn(&[u32]) -> f64 + Sync,
    ) -> Result<Vec<f64>> {
        let too_many = Error::Bootstrap {
            name: "number of cases",
            value: units as f64,
            rule: "below 2^32; draw from a part of them",
        };
        let last = u32::try_from(units).ok().and_then(|units| units.checked_sub(1));
        let place = last.and_then(|last| Uniform::new_inclusive(0, last).ok()).ok_or(too_many)?;
        let block = |block: usize| {
            let mut random = ChaCha8Rng::seed_from_u64(self.seed);
            random.set_stream(block as u64);
            let mut drawn = vec![0; units];
            let first = block * BLOCK;
            let resample = |_| {
                drawn.fill_with(|| place.sample(&mut random));
                statistic(&drawn)
            };
            (first..self.resamples.min(first + BLOCK)).map(resample).collect::<Vec<f64>>()
        };
        let blocks = self.resamples.div_ceil(BLOCK);
        Ok(Work::on(self.resamples.saturating_mul(units)).map(blocks, block).concat())
    }

    fn check(&self) -> Result<()> {
        if self.resamples == 0 {
            return Err(Error::Bootstrap { name: "resamples", value: 0.0, rule: "at least 1" });
        }
        if !(self.level > 0.0 && self.level < 1.0) {
            let rule = "above 0 and below 1; 0.95 is usual";
            return Err(Error::Bootstrap { name: "level", value: self.level, rule });
        }
        Ok(())
    }
}
