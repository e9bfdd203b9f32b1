//! The pictures of a run.

use ndarray::{Array2, Axis};
use qunet::Error;
use qunet::campaign::{HeadsOfSlice, Outcome, StageHistory, TwoStepConfig};
use qunet::report::{
    Figure, HeadsSlice, LossCurves, LossStage, MontageTile, OverlayRow, QualityLimits, Viewer,
    ViewerMasks, best_median_worst, heads_figure, loss_curves, montage, overlay_figure,
    quality_along_z, quality_scatter,
};
use qunet::stack::SliceId;

use crate::input::Input;
use crate::scores::Scored;

/// The figures of each part of the page.
pub(crate) struct Figures {
    pub(crate) quality: Vec<Figure>,
    pub(crate) chosen: Figure,
    pub(crate) losses: Figure,
    pub(crate) heads: Vec<Figure>,
    pub(crate) overlays: Option<Figure>,
}

impl Figures {
    pub(crate) fn draw(
        input: &Input,
        config: &TwoStepConfig,
        outcome: &Outcome,
        scored: &Scored,
    ) -> Result<Self, Error> {
        let limits = QualityLimits {
            blurriness: outcome.initial.limits.blurriness,
            inverse_psnr: outcome.initial.limits.inverse_psnr,
        };
        let (records, verdicts) = (&outcome.quality, &outcome.initial.verdicts);
        let heads = [("high", &outcome.highest), ("low", &outcome.lowest)];
        let heads: Result<Vec<_>, Error> = heads
            .into_iter()
            .filter_map(|(name, heads)| Some((name, heads.as_ref()?)))
            .map(|(name, heads)| four_heads(input, config, outcome, heads, name))
            .collect();
        Ok(Self {
            quality: vec![
                quality_scatter(records, verdicts, &limits)?,
                quality_along_z(records, &outcome.initial.ids(), &outcome.query.ids())?,
            ],
            chosen: chosen(input, config, outcome)?,
            losses: loss_curves(&LossCurves {
                stages: outcome.history.iter().map(stage).collect(),
            })?,
            heads: heads?,
            overlays: overlays(input, config, outcome, scored)?,
        })
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Figure> {
        let single = [&self.chosen, &self.losses].into_iter();
        self.quality.iter().chain(single).chain(&self.heads).chain(&self.overlays)
    }
}

fn stage(history: &StageHistory) -> LossStage {
    LossStage {
        name: history.stage.to_string(),
        epochs: history.epochs.iter().map(|epoch| epoch.head_losses.clone()).collect(),
    }
}

/// The annotated slices with the outlines the annotator drew.
fn chosen(input: &Input, config: &TwoStepConfig, outcome: &Outcome) -> Result<Figure, Error> {
    let reason = |id: SliceId| {
        let query = outcome.query.records.iter().find(|record| record.id == id);
        match query {
            Some(record) => format!("S_m: heads disagree, Q = {:.2}", record.quality_index),
            None => {
                let rank = outcome.initial.ids().iter().position(|kept| *kept == id);
                format!("S0: quality rank {}", rank.map_or(0, |rank| rank + 1))
            }
        }
    };
    let mut ids = outcome.initial.ids();
    ids.extend(outcome.query.ids());
    let mut slices = Vec::with_capacity(ids.len());
    for id in ids {
        let image = input.stack.scaled_slice(id, &config.scaling)?;
        slices.push((id, image, input.truth.mask(id)?));
    }
    let tiles: Vec<MontageTile<'_>> = slices
        .iter()
        .map(|(id, image, truth)| MontageTile::new(*id, image, reason(*id)).with_truth(truth))
        .collect();
    Ok(montage(&tiles)?.with_name("chosen-slices")?)
}

fn four_heads(
    input: &Input,
    config: &TwoStepConfig,
    outcome: &Outcome,
    heads: &HeadsOfSlice,
    name: &str,
) -> Result<Figure, Error> {
    let image = input.stack.scaled_slice(heads.id, &config.scaling)?;
    let maps: Vec<&Array2<f32>> = heads.maps.maps().iter().collect();
    let slice = HeadsSlice {
        id: heads.id,
        image: &image,
        heads: [maps[0], maps[1], maps[2], maps[3]],
        agreement: heads.quality_index,
        // Every Q is below it where all slices are taken.
        quality_threshold: outcome.query.quality_threshold.unwrap_or(1.0),
    };
    Ok(heads_figure(&slice)?.with_name(format!("heads-{name}-q"))?)
}

/// Best, median and worst of the slices nobody annotated; none where no Dice is defined.
fn overlays(
    input: &Input,
    config: &TwoStepConfig,
    outcome: &Outcome,
    scored: &Scored,
) -> Result<Option<Figure>, Error> {
    let dice: Vec<(SliceId, Option<f64>)> = scored
        .evaluation
        .slices
        .iter()
        .map(|slice| (SliceId(slice.slice), slice.scores.dice))
        .collect();
    let mut cases = Vec::new();
    for ranked in best_median_worst(&dice) {
        let image = input.stack.scaled_slice(ranked.id, &config.scaling)?;
        let prediction = outcome.labels.index_axis(Axis(0), ranked.id.0).mapv(|label| label > 0);
        cases.push((ranked, image, input.truth.mask(ranked.id)?, prediction));
    }
    if cases.is_empty() {
        return Ok(None);
    }
    let rows: Vec<OverlayRow<'_>> = cases
        .iter()
        .map(|(ranked, image, truth, prediction)| OverlayRow {
            id: ranked.id,
            label: ranked.label.to_owned(),
            image,
            truth,
            prediction,
            dice: Some(ranked.dice),
        })
        .collect();
    Ok(Some(overlay_figure(&rows)?.with_name("overlays")?))
}

/// Every slice with the truth, the segmentation, and where the heads differed at the query.
pub(crate) fn viewer(
    input: &Input,
    config: &TwoStepConfig,
    outcome: &Outcome,
) -> Result<Viewer, Error> {
    let mut viewer = Viewer::new(input.stack.name());
    for slice in &outcome.initial.verdicts {
        let at = slice.id.0;
        let image = input.stack.scaled_slice(slice.id, &config.scaling)?;
        let truth = input.truth.mask(slice.id)?;
        let prediction = outcome.labels.index_axis(Axis(0), at).mapv(|label| label > 0);
        let masks = ViewerMasks {
            truth: Some(&truth),
            prediction: Some(&prediction),
            disagreement: Some(&outcome.disagreement.index_axis(Axis(0), at)),
        };
        viewer.add(slice.id, &image, masks, slice.verdict.to_string())?;
    }
    Ok(viewer)
}
