//! Metrics of scaled intensities, from the stored pixels where that is possible.

use ndarray::{Array2, ArrayRef2, CowArray, Ix2};
use qunet_stack::{Scaling, SliceId, SliceView};

use super::parallel::for_each_arrival;
use super::slice::{Linear, Measured, measure_slice};
use crate::{Pixel, QualityParams, QualityRecord, Result};

/// The pixels that become the intensities 0 and 1.
type Limits = (f32, f32);
/// Of pixels that are intensities.
const UNIT: Limits = (0.0, 1.0);

/// What is done with every slice of one stack.
///
/// Where the intensities are a linear function of the pixels, so are the metrics, up to a factor:
/// the stored pixels are measured, in the kernels of their narrow type and without a copy in
/// 32-bit floats, and the scale is applied to the numbers. It may then become known after the last
/// slice, so that a file is read once.
pub(super) struct Scorer<'a> {
    scaling: Scaling,
    params: &'a QualityParams,
    /// Whether pixels may be measured in place of intensities, before their scale is known.
    linear: bool,
    /// Smallest and largest pixel of the stack, where they must be known before.
    range: Limits,
}

impl<'a> Scorer<'a> {
    /// Checks the settings.
    pub(super) fn new(scaling: Scaling, params: &'a QualityParams) -> Result<Self> {
        params.check()?;
        scaling.check()?;
        let linear = scaling == Scaling::None || params.follow_a_linear_scale();
        Ok(Self { scaling, params, linear, range: UNIT })
    }

    /// Asks for the range of the stack where it must be known before the first slice.
    pub(super) fn with_range(self, range: impl FnOnce() -> Result<Limits>) -> Result<Self> {
        if self.scaling != Scaling::StackMinMax || self.linear {
            return Ok(self);
        }
        Ok(Self { range: range()?, ..self })
    }

    /// Measures each slice as it arrives; the records in the order of arrival.
    pub(super) fn score<S: Send>(
        &self,
        slices: impl Iterator<Item = Result<S>> + Send,
        measure: impl Fn(S) -> Result<(Measured, Limits)> + Sync,
    ) -> Result<Vec<QualityRecord>> {
        let measured = for_each_arrival(slices, measure)?;
        let stack = self.range_comes_later().then(|| {
            let limits = measured.iter().map(|&(_, limits)| limits);
            limits.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or(UNIT)
        });
        let records = measured
            .into_iter()
            .map(|(measured, own)| measured.record(Linear::from_limits(stack.unwrap_or(own))));
        Ok(records.collect())
    }

    /// What was measured on a slice, and the limits of its scale: its own range where that of the
    /// stack is not known yet.
    pub(super) fn measure(
        &self,
        id: SliceId,
        slice: SliceView<'_>,
        roi: Option<&ArrayRef2<bool>>,
    ) -> Result<(Measured, Limits)> {
        match slice {
            SliceView::U8(image) => self.measure_pixels(id, slice, &image, roi),
            SliceView::U16(image) => self.measure_pixels(id, slice, &image, roi),
            SliceView::I16(image) => self.measure_pixels(id, slice, &image, roi),
            SliceView::F32(image) => self.measure_pixels(id, slice, &image, roi),
            other => self.measure_pixels(id, other, &other.to_f32(), roi),
        }
    }

    /// The metrics of one slice, where the range of the stack is known.
    pub(super) fn record(
        &self,
        id: SliceId,
        slice: SliceView<'_>,
        roi: Option<&ArrayRef2<bool>>,
        stack: Limits,
    ) -> Result<QualityRecord> {
        let (measured, own) = self.measure(id, slice, roi)?;
        let limits = if self.range_comes_later() { stack } else { own };
        Ok(measured.record(Linear::from_limits(limits)))
    }

    fn measure_pixels<T: Pixel>(
        &self,
        id: SliceId,
        slice: SliceView<'_>,
        image: &ArrayRef2<T>,
        roi: Option<&ArrayRef2<bool>>,
    ) -> Result<(Measured, Limits)> {
        if self.linear {
            let range = if self.range_comes_later() { slice.range() } else { self.range };
            let limits = self.scaling.limits(slice, range).unwrap_or(UNIT);
            if let Some(pixels) = self.linear_pixels(image, limits) {
                return Ok((measure_slice(id, &pixels, roi, self.params)?, limits));
            }
        }
        let intensities = self.scaling.scale(slice, self.range)?;
        Ok((measure_slice(id, &intensities, roi, self.params)?, UNIT))
    }

    /// Pixels of which the intensities are a linear function, if there are such.
    fn linear_pixels<'p, T: Pixel>(
        &self,
        image: &'p ArrayRef2<T>,
        limits: Limits,
    ) -> Option<CowArray<'p, T, Ix2>> {
        match self.scaling {
            Scaling::Window { .. } => clamped(image, limits).map(Into::into),
            _ => Some(image.view().into()),
        }
    }

    /// Whether slices are measured before the range of their stack is known.
    fn range_comes_later(&self) -> bool {
        self.scaling == Scaling::StackMinMax && self.linear
    }
}

/// Integer pixels clamped to the limits; `None` where these are no pixels.
fn clamped<T: Pixel>(image: &ArrayRef2<T>, (low, high): Limits) -> Option<Array2<T>> {
    let (min, max) = T::LIMITS?;
    let low = if f64::from(low) < min.into() { min } else { T::exact(low.into())? };
    let high = if f64::from(high) > max.into() { max } else { T::exact(high.into())? };
    Some(image.mapv(|pixel| {
        let above = if pixel < low { low } else { pixel };
        if above > high { high } else { above }
    }))
}
