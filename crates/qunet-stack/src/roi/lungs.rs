//! The body in CT, and the lungs in it.

use ndarray::{Array2, Array3, Axis};

use super::foreground::threshold;
use super::shapes::{closing, fill_holes, keep_large, opening, reaching_edge};
use crate::{Error, Stack};

/// Between lung and soft tissue, in Hounsfield units.
const AIR_BELOW: f32 = -400.0;
/// Values below are not those of an 8-bit picture.
const HOUNSFIELD_BELOW: f32 = -200.0;
/// Vessels and dense patches at the lungs' edge are about this thick, in mm.
const CLOSING: f64 = 8.0;
/// Vessels and dense patches within a lung have a smaller section than this, in mm²; a larger hole
/// lies between both lungs where they touch, and is no lung.
const HOLE: f64 = 1000.0;
/// The table, sheets and tubes are thinner than this, in mm.
const THIN: f64 = 4.0;
/// Either lung has at least this share of the larger one; bowel gas and trachea have less.
const SMALLER_LUNG: f64 = 0.1;

/// Air within the body: its large parts, closed, their small holes filled.
pub(super) fn find(stack: &Stack) -> Result<Array3<bool>, Error> {
    let (mut lungs, _) = inner_air(stack)?;
    keep_large(&mut lungs, SMALLER_LUNG)?;
    let radius = pixels(stack, CLOSING);
    let [_, down, across] = stack.geometry().spacing();
    let most = (HOLE / (down * across)) as usize;
    for mut slice in lungs.axis_iter_mut(Axis(0)) {
        let mut closed = closing(&slice, radius)?;
        fill_holes(&mut closed, most)?;
        slice.assign(&closed);
    }
    Ok(lungs)
}

/// All but the air around: the largest solid part, its holes filled.
pub(super) fn body(stack: &Stack) -> Result<Array3<bool>, Error> {
    let (_, mut body) = inner_air(stack)?;
    keep_large(&mut body, 1.0)?;
    for mut slice in body.axis_iter_mut(Axis(0)) {
        let mut filled = slice.to_owned();
        fill_holes(&mut filled, usize::MAX)?;
        slice.assign(&filled);
    }
    Ok(body)
}

/// Air that does not reach the edge, and what is neither air nor thin.
fn inner_air(stack: &Stack) -> Result<(Array3<bool>, Array3<bool>), Error> {
    let [slices, height, width] = stack.shape();
    let mut inner = Array3::from_elem((slices, height, width), false);
    let mut solid = inner.clone();
    let thin = pixels(stack, THIN);
    for id in stack.ids() {
        let slice = stack.slice(id)?.to_f32();
        let dark = air(&slice, stack.range());
        let tissue = opening(&dark.mapv(|dark| !dark), thin)?;
        let outside = reaching_edge(&tissue.mapv(|tissue| !tissue))?;
        let mut inner = inner.index_axis_mut(Axis(0), id.0);
        ndarray::Zip::from(&mut inner)
            .and(&dark)
            .and(&outside)
            .for_each(|inner, &dark, &outside| *inner = dark && !outside);
        solid.index_axis_mut(Axis(0), id.0).assign(&tissue);
    }
    Ok((inner, solid))
}

/// Hounsfield units have a threshold; 8-bit windows are stretched slice by slice.
fn air(slice: &Array2<f32>, (low, _): (f32, f32)) -> Array2<bool> {
    let threshold = if low < HOUNSFIELD_BELOW { AIR_BELOW } else { threshold(slice) };
    slice.mapv(|value| value < threshold)
}

/// A length in pixels of the plane, at least one.
fn pixels(stack: &Stack, millimetres: f64) -> u8 {
    let [_, down, across] = stack.geometry().spacing();
    let pixel = (down * across).sqrt();
    (millimetres / pixel).round().clamp(1.0, 255.0) as u8
}
