use ndarray::{Array2, Array3, Axis, Zip};
use qunet_model::{EpochRecord, HeadMaps, UnetPlusPlus};
use qunet_quality::{QualityRecord, score_stack};
use qunet_select::{DisagreementSet, InitialSet, Verdict};
use qunet_stack::{SliceId, Stack};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::annotator::Annotator;
use crate::config::TwoStepConfig;
use crate::event::{Event, Observer, Stage};
use crate::learner::{Learner, told};

/// Everything a run of both steps leaves behind.
#[derive(Debug)]
pub struct Outcome {
    /// Quality metrics of every slice.
    pub quality: Vec<QualityRecord>,
    /// S0, and why.
    pub initial: InitialSet,
    /// S_m, and the quality index of every slice outside S0.
    pub query: DisagreementSet,
    /// The head maps behind the lowest Q of the query.
    pub lowest: Option<HeadsOfSlice>,
    /// The head maps behind the highest Q among slices on which the heads found something.
    pub highest: Option<HeadsOfSlice>,
    /// Where heads L3 and L4 differed at the query, `(slices, height, width)`; false on S0.
    pub disagreement: Array3<bool>,
    /// Loss per head and epoch of each training.
    pub history: Vec<StageHistory>,
    /// The trained network.
    pub network: UnetPlusPlus,
    /// The segmentation `(slices, height, width)`: the annotator's masks on S0 and S_m, head L4
    /// on all other slices.
    pub labels: Array3<u8>,
}

/// The head maps of one slice at the time of the query.
#[derive(Clone, Debug)]
pub struct HeadsOfSlice {
    /// Which slice.
    pub id: SliceId,
    /// Its quality index Q.
    pub quality_index: f64,
    /// Maps of L1 to L4.
    pub maps: HeadMaps,
}

/// The epochs of one training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageHistory {
    /// Which training.
    pub stage: Stage,
    /// Its epochs.
    pub epochs: Vec<EpochRecord>,
}

impl Outcome {
    /// All slices that were annotated, in order.
    #[must_use]
    pub fn annotated(&self) -> Vec<SliceId> {
        let mut ids = self.initial.ids();
        ids.extend(self.query.ids());
        ids.sort_unstable();
        ids
    }
}

/// Both steps of QU-net++ (Algorithm 1): scores all slices, asks `annotator` for S0, trains,
/// queries by the disagreement of L3 and L4, asks for S_m, trains further, segments the rest. Where
/// S0 shows no lesion, the second training starts afresh and is as long as the first.
///
/// # Errors
/// [`Error::EmptyInitialSet`] where no slice passes the thresholds, [`Error::Interrupted`] where
/// the observer asks to stop, and the errors of the parts.
pub fn run_two_steps(
    stack: &Stack,
    config: &TwoStepConfig,
    annotator: &mut dyn Annotator,
    observer: &mut dyn Observer,
) -> Result<Outcome, Error> {
    config.check()?;
    let quality = score_stack(stack, &config.scaling, &config.quality)?;
    told(observer, &Event::Scored(&quality))?;
    let initial = select_initial(stack, config, &quality)?;
    told(observer, &Event::Initial(&initial))?;

    let mut learner = Learner::new(stack, config)?;
    let with_lesion = learner.annotate(&initial.ids(), Stage::Train, annotator, observer)?;
    let mut history = vec![StageHistory {
        stage: Stage::Train,
        epochs: learner.fit(&config.train, Stage::Train, observer)?,
    }];

    let (query, extremes, disagreement) =
        query(&learner, stack, config, initial.ids().len(), observer)?;
    told(observer, &Event::Queried(&query))?;
    if !query.ids().is_empty() {
        learner.annotate(&query.ids(), Stage::FineTune, annotator, observer)?;
        let train = if with_lesion > 0 { &config.fine_tune } else { &config.train };
        if with_lesion == 0 {
            learner.forget()?;
        }
        let epochs = learner.fit(train, Stage::FineTune, observer)?;
        history.push(StageHistory { stage: Stage::FineTune, epochs });
    }
    let labels = learner.segment(observer)?;
    let Extremes { lowest, highest } = extremes;
    let network = learner.into_network();
    Ok(Outcome { quality, initial, query, lowest, highest, disagreement, history, network, labels })
}

fn select_initial(
    stack: &Stack,
    config: &TwoStepConfig,
    quality: &[QualityRecord],
) -> Result<InitialSet, Error> {
    let slices = stack.slices();
    if slices < 2 {
        return Err(Error::TooFewSlices { slices });
    }
    let (_, cap) = config.slices_of_budget(slices);
    let initial = config.initial.max_slices(cap).select(quality)?;
    if initial.ids().is_empty() {
        let degenerate = initial
            .verdicts
            .iter()
            .filter(|slice| matches!(slice.verdict, Verdict::Degenerate { .. }))
            .count();
        return Err(Error::EmptyInitialSet { slices, degenerate });
    }
    Ok(initial)
}

/// The slices with the lowest and the highest Q so far.
#[derive(Default)]
struct Extremes {
    lowest: Option<HeadsOfSlice>,
    highest: Option<HeadsOfSlice>,
}

impl Extremes {
    fn consider(&mut self, id: SliceId, quality_index: f64, empty: bool, maps: &HeadMaps) {
        let heads = || Some(HeadsOfSlice { id, quality_index, maps: maps.clone() });
        if self.lowest.as_ref().is_none_or(|lowest| quality_index < lowest.quality_index) {
            self.lowest = heads();
        }
        let higher = self.highest.as_ref().is_none_or(|high| quality_index > high.quality_index);
        if !empty && higher {
            self.highest = heads();
        }
    }
}

fn query(
    learner: &Learner<'_>,
    stack: &Stack,
    config: &TwoStepConfig,
    spent: usize,
    observer: &mut dyn Observer,
) -> Result<(DisagreementSet, Extremes, Array3<bool>), Error> {
    let (budget, _) = config.slices_of_budget(stack.slices());
    let left = budget.saturating_sub(spent);
    let cap = config.query.max_slices.map_or(left, |asked| asked.min(left));
    let mut selection = config.query.max_slices(cap).start()?;
    let mut extremes = Extremes::default();
    let [slices, height, width] = stack.shape();
    let mut differ = Array3::from_elem((slices, height, width), false);
    learner.predict(Stage::Query, observer, |id, maps| {
        if let (Some(level3), Some(level4)) = (maps.level(3), maps.level(4)) {
            let record = selection.observe(id, level3, level4)?;
            extremes.consider(id, record.quality_index, record.empty, &maps);
            let differs = disagreement(level3, level4, config.query.probability_threshold);
            differ.index_axis_mut(Axis(0), id.0).assign(&differs);
        }
        Ok(())
    })?;
    Ok((selection.finish(), extremes, differ))
}

/// Where one of heads L3 and L4 finds something and the other does not.
pub(crate) fn disagreement(
    level3: &Array2<f32>,
    level4: &Array2<f32>,
    threshold: f32,
) -> Array2<bool> {
    let differs = |a: &f32, b: &f32| (*a > threshold) != (*b > threshold);
    Zip::from(level3).and(level4).map_collect(differs)
}
