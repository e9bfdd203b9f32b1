//! The pictures of a run.

use ndarray::{Array2, Axis};
use qunet_report::{
    Figure, HeadsSlice, LossCurves, MontageTile, OverlayRow, best_median_worst, heads_figure,
    loss_curves, montage, overlay_figure,
};
use qunet_select::QualityThreshold;
use qunet_stack::SliceId;

use super::RunReport;
use super::scores::RunScores;
use crate::two_step::HeadsOfSlice;
use crate::{Error, drawing};

/// The figures of each part of the page.
pub(super) struct Figures {
    pub(super) quality: [Figure; 2],
    pub(super) chosen: Figure,
    pub(super) losses: Figure,
    pub(super) heads: Vec<Figure>,
    pub(super) overlays: Option<Figure>,
}

impl Figures {
    pub(super) fn draw(run: &RunReport<'_>, scores: &RunScores) -> Result<Self, Error> {
        let outcome = run.outcome;
        let asked = (&outcome.initial.ids()[..], &outcome.query.ids()[..]);
        let heads = [("high", &outcome.highest), ("low", &outcome.lowest)].into_iter();
        let heads = heads.filter_map(|(name, heads)| Some((name, heads.as_ref()?)));
        let stages = outcome.history.iter();
        let stages = stages.map(|it| drawing::losses(it.stage.to_string(), &it.epochs)).collect();
        Ok(Self {
            quality: drawing::quality(&outcome.quality, &outcome.initial, asked)?,
            chosen: run.chosen()?,
            losses: loss_curves(&LossCurves { stages })?,
            heads: heads.map(|(name, it)| run.four_heads(it, name)).collect::<Result<_, _>>()?,
            overlays: run.overlays(scores)?,
        })
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Figure> {
        let single = [&self.chosen, &self.losses].into_iter();
        self.quality.iter().chain(single).chain(&self.heads).chain(&self.overlays)
    }

    pub(super) fn into_all(self) -> Vec<Figure> {
        let Self { quality, chosen, losses, heads, overlays } = self;
        quality.into_iter().chain([chosen, losses]).chain(heads).chain(overlays).collect()
    }
}

impl RunReport<'_> {
    pub(super) fn image(&self, id: SliceId) -> Result<Array2<f32>, Error> {
        Ok(self.stack.scaled_slice(id, &self.config.scaling)?)
    }

    /// As drawn where it was drawn, as predicted elsewhere.
    pub(super) fn labels(&self, id: SliceId) -> Array2<bool> {
        self.outcome.labels.index_axis(Axis(0), id.0).mapv(|label| label > 0)
    }

    /// The annotated slices with the outlines the annotator drew.
    fn chosen(&self) -> Result<Figure, Error> {
        let mut slices = Vec::new();
        let (first, later) = (self.outcome.initial.ids(), self.outcome.query.ids());
        for (id, rank) in first.into_iter().zip(1..) {
            slices.push((id, format!("S0: quality rank {rank}")));
        }
        for id in later {
            let record = self.outcome.query.records.iter().find(|record| record.id == id);
            let (agreement, area) =
                record.map_or((f64::NAN, f64::NAN), |it| (it.quality_index, it.differing));
            slices.push((id, format!("S_m: heads differ by {area:.0} px, Q = {agreement:.2}")));
        }
        let drawn = |(id, why)| Ok((id, self.image(id)?, self.labels(id), why));
        let drawn: Vec<_> = slices.into_iter().map(drawn).collect::<Result<_, Error>>()?;
        let tiles: Vec<MontageTile<'_>> = drawn
            .iter()
            .map(|(id, image, mask, why)| MontageTile::new(*id, image, why).with_truth(mask))
            .collect();
        Ok(montage(&tiles)?.with_name("chosen-slices")?)
    }

    fn four_heads(&self, heads: &HeadsOfSlice, name: &str) -> Result<Figure, Error> {
        let image = self.image(heads.id)?;
        let maps: Vec<&Array2<f32>> = heads.maps.maps().iter().collect();
        let quality_threshold = match self.outcome.query.params.quality_threshold {
            QualityThreshold::Fixed(q0) => Some(q0),
            _ => None,
        };
        let slice = HeadsSlice {
            id: heads.id,
            image: &image,
            heads: [maps[0], maps[1], maps[2], maps[3]],
            agreement: heads.quality_index,
            quality_threshold,
            selected: self.outcome.query.ids().contains(&heads.id),
        };
        Ok(heads_figure(&slice)?.with_name(format!("heads-{name}-q"))?)
    }

    /// Best, median and worst of the slices nobody annotated; none where no Dice is defined.
    fn overlays(&self, scores: &RunScores) -> Result<Option<Figure>, Error> {
        let (Some(truth), Some(scored)) = (self.truth, scores.0.first()) else { return Ok(None) };
        let slices = scored.evaluation.slices.iter();
        let dice: Vec<_> = slices.map(|it| (SliceId(it.slice), it.scores.dice)).collect();
        let mut cases = Vec::new();
        for ranked in best_median_worst(&dice) {
            let id = ranked.id;
            cases.push((ranked, self.image(id)?, truth.mask(id)?, self.labels(id)));
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
}
