//! How the slices of a stack that nobody drew are completed: the sources are weighed by the drawn
//! slices that were held back from them, made one, and cleaned.

use std::collections::BTreeMap;
use std::fmt;

use ndarray::{Array2, Array3, Array4, ArrayRef2, ArrayRef3, Axis};
use qunet_context::{
    Estimate, HeldBack, Judged, Source, Weights, fuse, remove_spots, smooth_along_z, weigh,
};
use qunet_grid::{background, labels};
use qunet_model::IGNORE;
use qunet_select::CandidateId;
use serde::{Deserialize, Serialize};

use crate::committee::Committee;
use crate::config::CompletionConfig;
use crate::input::WorkingStack;
use crate::{CampaignConfig, Error};

/// How the sources of one stack are made one, and what that promises.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fusion {
    /// How much each source counts.
    pub weights: Weights,
    /// A pixel is foreground where the fused probability is strictly above this.
    pub threshold: f32,
    /// Whether probabilities are smoothed along z.
    pub smoothed: bool,
    /// The Dice of each source on each drawn slice that was held back from it.
    pub held_back: HeldBack,
    /// How good the completed slices are; `None` where no drawn slice was held back.
    pub estimate: Option<Estimate>,
}

/// Thresholds to choose from. Dice is flat around its best threshold, so that a coarse choice loses
/// nothing and follows noise less.
const THRESHOLDS: [f32; 5] = [0.3, 0.4, 0.5, 0.6, 0.7];

/// By how much the mean Dice must rise for a threshold 0.1 away from the configured one.
const GAIN: f64 = 0.01;

impl Fusion {
    /// The fused probabilities of one slice.
    pub(crate) fn fuse(
        &self,
        sources: &BTreeMap<Source, Array3<f32>>,
    ) -> Result<Array3<f32>, Error> {
        let mut maps: Vec<(f64, &ArrayRef3<f32>)> = Vec::with_capacity(sources.len());
        for (source, map) in sources {
            maps.extend(self.weights.get(source).map(|&weight| (weight, &**map)));
        }
        // A single source is taken as it is, however certain it claims to be.
        match maps[..] {
            [(_, map)] => Ok(map.to_owned()),
            _ => Ok(fuse(&maps)?),
        }
    }
}

impl fmt::Display for Fusion {
    /// The estimate, and how much each source counts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.estimate {
            Some(Estimate { dice, low, high, slices }) => write!(
                f,
                "estimated Dice of the slices nobody drew {dice:.2} ({low:.2} to {high:.2}), by \
                 {slices} drawn slice(s) held back"
            )?,
            None => f.write_str("no estimate: no drawn slice was held back")?,
        }
        for (place, (source, weight)) in self.weights.iter().enumerate() {
            write!(f, "{} {source} {weight:.2}", if place == 0 { "; weights:" } else { "," })?;
        }
        Ok(())
    }
}

/// A drawn slice as sources see it that were not shown it.
struct HeldBackSlice {
    slice: usize,
    sources: BTreeMap<Source, Array3<f32>>,
    /// What was drawn, as [`WorkingStack::labels`] gives it.
    truth: Array2<u8>,
}

/// The sources of a stack, weighed.
pub(crate) struct Weighed {
    /// Without an estimate, for which the neighbours of drawn slices must be completed first.
    pub(crate) fusion: Fusion,
    /// The drawn slices that were held back: their fused maps, and what was drawn.
    held: Vec<(usize, Array3<f32>, Array2<u8>)>,
}

/// Weighs the sources for every stack.
pub(crate) fn weigh_sources(
    config: &CampaignConfig,
    committee: &Committee<'_>,
    stacks: &[WorkingStack<'_>],
    left_out: &[Vec<CandidateId>],
) -> Result<Vec<Weighed>, Error> {
    let mut held: Vec<Vec<HeldBackSlice>> = stacks.iter().map(|_| Vec::new()).collect();
    for (member, slices) in left_out.iter().enumerate().filter(|(_, slices)| !slices.is_empty()) {
        hold_back(committee, stacks, (member, slices), &mut held)?;
    }
    let mut scores = Vec::with_capacity(stacks.len());
    for held in &held {
        scores.push(held_back_scores(&config.completion, held));
    }
    let all = pooled(&scores);
    let mut weighed = Vec::with_capacity(stacks.len());
    for ((working, held), own) in stacks.iter().zip(held).zip(scores) {
        weighed.push(weigh_stack(config, working, held, own, &all)?);
    }
    Ok(weighed)
}

/// What the sources say of the slices that a member left out.
fn hold_back(
    committee: &Committee<'_>,
    stacks: &[WorkingStack<'_>],
    (member, left_out): (usize, &[CandidateId]),
    held: &mut [Vec<HeldBackSlice>],
) -> Result<(), Error> {
    for id in left_out {
        let slice = id.slice.0;
        let working = &stacks[id.stack];
        for look in committee.look_of(working, id.stack, &[slice], member)? {
            let truth = working.labels(slice)?;
            held[id.stack].push(HeldBackSlice { slice, sources: look.sources, truth });
        }
    }
    Ok(())
}

/// The Dice of each source on each held-back slice.
fn held_back_scores(config: &CompletionConfig, held: &[HeldBackSlice]) -> HeldBack {
    let score = |source: &Source| {
        let judged = held.iter().filter_map(|slice| Some((slice.sources.get(source)?, slice)));
        judged.map(|(map, slice)| dice(&labels(map, config.threshold), &slice.truth)).collect()
    };
    config.sources.iter().map(|source| (*source, score(source))).collect()
}

/// The scores of all stacks together.
pub(crate) fn pooled(scores: &[HeldBack]) -> HeldBack {
    let mut all = HeldBack::new();
    for (&source, dice) in scores.iter().flatten() {
        all.entry(source).or_default().extend(dice);
    }
    all
}

fn weigh_stack(
    config: &CampaignConfig,
    working: &WorkingStack<'_>,
    held: Vec<HeldBackSlice>,
    held_back: HeldBack,
    all: &HeldBack,
) -> Result<Weighed, Error> {
    let completion = &config.completion;
    let beliefs = believed(&held_back, all, working.is_alike(config.input.neighbours)?);
    let weights = weigh(&beliefs, completion.temperature)?;
    let smoothed = working.is_alike(completion.smoothing)?;
    let threshold = completion.threshold;
    let mut fusion = Fusion { weights, threshold, smoothed, held_back, estimate: None };
    let mut fused = Vec::with_capacity(held.len());
    for HeldBackSlice { slice, sources, truth } in held {
        fused.push((slice, fusion.fuse(&sources)?, truth));
    }
    let scored = |threshold: f32| -> Vec<Option<f64>> {
        fused.iter().map(|(_, map, truth)| dice(&labels(map, threshold), truth)).collect()
    };
    if let Some(best) = best_threshold(threshold, &scored) {
        fusion.threshold = best;
    }
    Ok(Weighed { fusion, held: fused })
}

impl Weighed {
    /// The fusion with its estimate: the held-back slices are cleaned beside the completed `maps` of
    /// their neighbours as any slice that nobody drew, and compared with what was drawn.
    pub(crate) fn estimated(
        self,
        working: &WorkingStack<'_>,
        config: &CompletionConfig,
        maps: &[Option<Array3<f32>>],
    ) -> Result<Fusion, Error> {
        let step = self.held.len().div_ceil(MOST_JUDGED).max(1);
        let far = working.shape().0 as f64;
        let distance = |slice| working.drawn().nearest_distance(slice, &[]).unwrap_or(far);
        let is_open = |slice: &usize| maps[*slice].is_some();
        let open: Vec<f64> = (0..maps.len()).filter(is_open).map(distance).collect();
        let mut judged = Vec::new();
        for (slice, map, truth) in self.held.into_iter().step_by(step) {
            // Only what is drawn and what lies next to the slice bears on how it is cleaned.
            let near = |other: usize| other.abs_diff(slice) == 1;
            let kept = |(other, map): (usize, &Option<Array3<f32>>)| {
                map.as_ref().map(|map| if near(other) { map.clone() } else { blank(map) })
            };
            let mut maps: Vec<_> = maps.iter().enumerate().map(kept).collect();
            maps[slice] = Some(map);
            clean(working, &self.fusion, config, &mut maps)?;
            if let Some(map) = &maps[slice] {
                let found = labels(map, self.fusion.threshold);
                let dice = dice(&found, &truth);
                judged.push(Judged { dice, distance: distance(slice) });
            }
        }
        Ok(Fusion { estimate: Estimate::new(&judged, &open), ..self.fusion })
    }
}

/// A map of nothing but background.
fn blank(map: &Array3<f32>) -> Array3<f32> {
    let classes = map.dim().0;
    Array3::from_shape_fn(map.dim(), |(class, ..)| background(class, classes))
}

/// The threshold with the best mean Dice, where that is worth leaving the configured one.
fn best_threshold(configured: f32, scored: &dyn Fn(f32) -> Vec<Option<f64>>) -> Option<f32> {
    let worth = |threshold: f32| {
        let values: Vec<f64> = scored(threshold).into_iter().flatten().collect();
        let far = f64::from((threshold - configured).abs()) / 0.1;
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        (values.len() >= 4).then_some(mean - GAIN * far)
    };
    let rated = THRESHOLDS.iter().filter_map(|&threshold| Some((threshold, worth(threshold)?)));
    let best = rated.max_by(|a, b| a.1.total_cmp(&b.1))?;
    (best.1 > worth(configured)?).then_some(best.0)
}

/// An estimate rests on so many held-back slices at most; more would hardly change it.
const MOST_JUDGED: usize = 32;

/// What a source is worth before any drawn slice speaks for or against it, as so many slices with
/// this Dice.
const DOUBT: usize = 2;

/// The Dice of a source on a stack of which nothing is known but whether neighbouring slices are
/// alike. From one or two slices trees learn chance. What was drawn on other slices tells more where
/// slices are alike: there a network that is shown it did best, elsewhere one that is not.
fn expected(source: Source, alike: bool) -> f64 {
    match source {
        Source::Interpolation => 0.3,
        Source::Trees => 0.45,
        Source::Network => 0.5,
        _ if alike => 0.6,
        _ => 0.4,
    }
}

/// The scores of a stack with what is believed beforehand: a few slices' worth of the other stacks,
/// or of experience where there are none.
pub(crate) fn believed(own: &HeldBack, all: &HeldBack, alike: bool) -> HeldBack {
    let belief = |source: Source| {
        let values: Vec<f64> = all.get(&source).into_iter().flatten().flatten().copied().collect();
        let count = values.len() as f64;
        let sum = values.iter().sum::<f64>() + DOUBT as f64 * expected(source, alike);
        Some(sum / (count + DOUBT as f64))
    };
    let with = |(&source, dice): (&Source, &Vec<Option<f64>>)| {
        let beliefs = std::iter::repeat_n(belief(source), DOUBT);
        (source, dice.iter().copied().chain(beliefs).collect())
    };
    own.iter().map(with).collect()
}

/// Dice of the foreground, pixels nobody annotated left out; `None` where neither has any. Pixels
/// count as found where they have the same class.
fn dice(prediction: &ArrayRef2<u8>, truth: &ArrayRef2<u8>) -> Option<f64> {
    let (mut both, mut sizes) = (0_usize, 0_usize);
    for (&predicted, &truth) in prediction.iter().zip(truth).filter(|(_, truth)| **truth != IGNORE)
    {
        both += usize::from(predicted > 0 && predicted == truth);
        sizes += usize::from(predicted > 0) + usize::from(truth > 0);
    }
    (sizes > 0).then(|| 2.0 * both as f64 / sizes as f64)
}

/// Smooths the maps of a stack along z where the fusion says so, and clears spots. Slices without a
/// map are drawn.
pub(crate) fn clean(
    working: &WorkingStack<'_>,
    fusion: &Fusion,
    config: &CompletionConfig,
    maps: &mut [Option<Array3<f32>>],
) -> Result<(), Error> {
    let Some(channels) = maps.iter().flatten().map(|map| map.dim().0).next() else { return Ok(()) };
    let drawn: Vec<usize> =
        working.drawn().slices().iter().copied().filter(|&slice| maps[slice].is_none()).collect();
    if fusion.smoothed {
        smooth(working, channels, &drawn, maps)?;
    }
    match config.spots {
        Some(quantile) => clear_spots(working, fusion.threshold, (&drawn, quantile), maps),
        None => Ok(()),
    }
}

/// Smooths along z, between drawn slices as they were drawn.
fn smooth(
    working: &WorkingStack<'_>,
    channels: usize,
    drawn: &[usize],
    maps: &mut [Option<Array3<f32>>],
) -> Result<(), Error> {
    let (height, width) = working.grid();
    let mut whole = Array4::<f32>::zeros((channels, maps.len(), height, width));
    for (slice, map) in maps.iter().enumerate() {
        let mut to = whole.index_axis_mut(Axis(1), slice);
        match map {
            Some(map) => to.assign(map),
            None => to.assign(&as_drawn(working, slice, channels)),
        }
    }
    for mut class in whole.outer_iter_mut() {
        smooth_along_z(&mut class, drawn)?;
    }
    for (slice, map) in maps.iter_mut().enumerate() {
        if let Some(map) = map {
            map.assign(&whole.index_axis(Axis(1), slice));
            // The neighbours' regions may reach farther.
            working.restrict(slice, map)?;
        }
    }
    Ok(())
}

/// Makes spots background that touch nothing next door.
fn clear_spots(
    working: &WorkingStack<'_>,
    threshold: f32,
    (drawn, quantile): (&[usize], f64),
    maps: &mut [Option<Array3<f32>>],
) -> Result<(), Error> {
    let (height, width) = working.grid();
    let mut found = Array3::<u8>::zeros((maps.len(), height, width));
    for (slice, map) in maps.iter().enumerate() {
        let labels = match map {
            Some(map) => labels(map, threshold),
            None => working.drawn_labels(slice).mapv(|it| if it == IGNORE { 0 } else { it }),
        };
        found.index_axis_mut(Axis(0), slice).assign(&labels);
    }
    let before = found.clone();
    remove_spots(&mut found, drawn, quantile)?;
    for ((slice, row, column), &label) in before.indexed_iter() {
        if label != found[[slice, row, column]]
            && let Some(map) = &mut maps[slice]
        {
            let classes = map.dim().0;
            for class in 0..classes {
                map[[class, row, column]] = background(class, classes);
            }
        }
    }
    Ok(())
}

/// A drawn slice as certain probabilities.
fn as_drawn(working: &WorkingStack<'_>, slice: usize, channels: usize) -> Array3<f32> {
    let labels = working.drawn_labels(slice);
    let (height, width) = labels.dim();
    Array3::from_shape_fn((channels, height, width), |(class, row, column)| {
        let label = labels[[row, column]];
        let label = if label == IGNORE { 0 } else { usize::from(label) };
        f32::from(u8::from(label == if channels == 1 { 1 } else { class }))
    })
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn dice_counts_pixels_of_the_same_class_and_leaves_unannotated_ones_out() {
        let truth = array![[1_u8, 1, 2, 0, 255]];
        assert_eq!(dice(&array![[1, 0, 2, 0, 1]], &truth), Some(0.8)); // 2 · 2 / (2 + 3)
        assert_eq!(dice(&array![[2, 2, 2, 0, 0]], &truth), Some(1.0 / 3.0)); // 2 · 1 / (3 + 3)
        assert_eq!(dice(&array![[0, 1]], &array![[0, 255]]), None);
        assert_eq!(dice(&array![[1, 1]], &array![[0, 255]]), Some(0.0));
    }

    #[test]
    fn a_threshold_is_left_only_for_a_gain_worth_it() {
        let scored = |best: f32, top: f64, slices: usize| {
            move |threshold: f32| {
                vec![Some(if (threshold - best).abs() < 0.01 { top } else { 0.5 }); slices]
            }
        };
        // 0.1 away the mean must rise by more than 0.01, 0.2 away by more than 0.02.
        assert_eq!(best_threshold(0.5, &scored(0.4, 0.52, 5)), Some(0.4));
        assert_eq!(best_threshold(0.5, &scored(0.4, 0.505, 5)), None);
        assert_eq!(best_threshold(0.5, &scored(0.3, 0.515, 5)), None);
        // A few slices say nothing about thresholds.
        assert_eq!(best_threshold(0.5, &scored(0.4, 0.9, 3)), None);
        assert_eq!(best_threshold(0.5, &|_| vec![None; 9]), None);
    }

    #[test]
    fn a_stack_without_scores_goes_by_the_others_and_then_by_experience() {
        let own = HeldBack::from([(Source::Trees, Vec::new()), (Source::Network, Vec::new())]);
        let mean = |scores: &HeldBack, source| {
            let values: Vec<f64> = scores[&source].iter().flatten().copied().collect();
            values.iter().sum::<f64>() / values.len() as f64
        };
        let believed_alone = believed(&own, &own, true);
        assert_eq!(mean(&believed_alone, Source::Trees), 0.45);
        let all = HeldBack::from([(Source::Trees, vec![Some(0.9); 98])]);
        let by_others = believed(&own, &all, true);
        // 98 slices with 0.9 and two with 0.45.
        assert!((mean(&by_others, Source::Trees) - 0.891).abs() < 1e-9);
        assert_eq!(mean(&by_others, Source::Network), 0.5);
    }
}
