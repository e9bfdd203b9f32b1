//! What a page shows of one stack.

use std::borrow::Cow;

use ndarray::{Array2, Array3, ArrayRef2, Axis};
use qunet_report::{
    Cell, Figure, HeadsSlice, MontageTile, Section, Table, Viewer, ViewerMasks, chosen_table,
    heads_figure, montage, quality_along_z, quality_scatter, verdict_table,
};
use qunet_select::{QualityLimits, Selection, SliceVerdict, Verdict};
use qunet_stack::{LabelMap, SliceId, Stack};

use crate::committee::Committee;
use crate::input::{WorkingStack, is_foreground};
use crate::store::Store;
use crate::{Campaign, Error, Fusion, StackRecord};

/// The most slices in one picture, so that the page stays small.
const TILES: usize = 24;
/// Bytes that all slice viewers of a page may take.
const VIEWERS: usize = 8_000_000;

/// One stack of a campaign, opened to be shown.
pub(super) struct StackPages<'a, S> {
    campaign: &'a Campaign<S>,
    number: usize,
    record: &'a StackRecord,
    stack: Cow<'a, Stack>,
    annotations: Array3<u8>,
}

impl<'a, S: Store> StackPages<'a, S> {
    pub(super) fn new(campaign: &'a Campaign<S>, number: usize) -> Result<Self, Error> {
        Ok(Self {
            campaign,
            number,
            record: campaign.record(number)?,
            stack: campaign.stack(number)?,
            annotations: campaign.annotations(number)?,
        })
    }

    /// Everything about the stack.
    pub(super) fn section(&self, truth: Option<&LabelMap>) -> Result<Section, Error> {
        let [slices, height, width] = self.record.shape;
        let section = Section::new(self.record.source.name.clone()).paragraph(format!(
            "{slices} slices of {height} x {width} pixels ({}), {:.3} mm apart; {} annotated, {} \
             pixels of foreground.",
            self.stack.pixels().dtype(),
            self.record.slice_spacing,
            self.record.annotated.len(),
            self.record.foreground,
        ));
        let names: Vec<(String, &Selection)> = self.selections();
        let rounds: Vec<(&str, &Selection)> =
            names.iter().map(|(name, selection)| (name.as_str(), *selection)).collect();
        let section = section.table(chosen_table(&rounds, self.number));
        let section = self.figures()?.into_iter().fold(section, Section::figure);
        let section = match self.fusion()? {
            Some(fusion) => section.paragraph(fusion.to_string()).table(fusion_table(&fusion)),
            None => section,
        };
        let scores = self.campaign.scores(self.number)?;
        let verdicts = self.verdicts();
        Ok(section
            .paragraph("Click a row to see its slice, a heading to sort.")
            .viewer(&self.viewer(&verdicts, truth)?)?
            .table(verdict_table(&scores, &verdicts, &self.agreement()?)?))
    }

    fn figures(&self) -> Result<Vec<Figure>, Error> {
        let mut figures = self.quality()?;
        figures.extend(self.annotated()?);
        figures.extend(self.heads()?);
        figures.extend(self.segmented()?);
        if self.campaign.manifest().stacks.len() == 1 {
            return Ok(figures);
        }
        let named = |figure: Figure| {
            let name = format!("{}-{}", self.record.source.name.replace('.', "-"), figure.name());
            Ok(figure.with_name(name)?)
        };
        figures.into_iter().map(named).collect()
    }

    /// A slice as a picture.
    pub(super) fn image(&self, id: SliceId) -> Result<Array2<f32>, Error> {
        Ok(self.stack.scaled_slice(id, &self.campaign.manifest().config.scaling)?)
    }

    fn selections(&self) -> Vec<(String, &'a Selection)> {
        let rounds = self.campaign.manifest().rounds.iter();
        rounds.map(|round| (format!("round {}", round.round), &round.selection)).collect()
    }

    /// The verdict on every slice: of the round that picked it, else of the last round.
    fn verdicts(&self) -> Vec<SliceVerdict> {
        let mut verdicts: Vec<SliceVerdict> = Vec::new();
        for round in &self.campaign.manifest().rounds {
            let of_round = round.selection.verdicts_of(self.number);
            if verdicts.is_empty() {
                verdicts = of_round.cloned().collect();
                continue;
            }
            // Every round judges the same slices: all but the reserve.
            for (kept, new) in verdicts.iter_mut().zip(of_round) {
                if !matches!(kept.verdict, Verdict::Picked { .. }) {
                    *kept = new.clone();
                }
            }
        }
        verdicts
    }

    /// Q of every slice observed by the last query.
    fn agreement(&self) -> Result<Vec<(SliceId, f64)>, Error> {
        let records =
            self.campaign.records(self.number, self.campaign.manifest().last_queried())?;
        let agreement = records.into_iter().flat_map(|records| records.agreement);
        Ok(agreement.map(|it| (it.id.slice, it.quality_index)).collect())
    }

    /// How the last query made the sources one.
    fn fusion(&self) -> Result<Option<Fusion>, Error> {
        let records =
            self.campaign.records(self.number, self.campaign.manifest().last_queried())?;
        Ok(records.map(|records| records.fusion))
    }

    /// The quality of all slices against each other and along z, with those asked for first and
    /// later.
    fn quality(&self) -> Result<Vec<Figure>, Error> {
        let rounds = &self.campaign.manifest().rounds;
        let Some(first) = rounds.first() else { return Ok(Vec::new()) };
        let scores = self.campaign.scores(self.number)?;
        let verdicts: Vec<SliceVerdict> =
            first.selection.verdicts_of(self.number).cloned().collect();
        let none = QualityLimits::default();
        let limits = first.selection.thresholds.image_quality.get(self.number).unwrap_or(&none);
        let names = self.selections();
        let rounds: Vec<(&str, &Selection)> =
            names.iter().map(|(name, selection)| (name.as_str(), *selection)).collect();
        Ok(vec![
            quality_scatter(&scores, &verdicts, limits)?,
            quality_along_z(&scores, &rounds, self.number)?,
        ])
    }

    /// The annotated slices with their outlines and why they were asked for.
    fn annotated(&self) -> Result<Option<Figure>, Error> {
        let mut slices = Vec::new();
        for (name, selection) in self.selections() {
            for pick in selection.picks() {
                if pick.id.stack == self.number && self.record.is_annotated(pick.id.slice) {
                    // Two short lines fit below a tile; the table has the rest.
                    let reason = pick.reason.to_string();
                    let reason = reason.split(';').next().unwrap_or_default();
                    slices.push((pick.id.slice, format!("{name}: {reason}")));
                }
            }
        }
        slices.truncate(TILES);
        let caption = "The annotated slices, in the order they were asked for, and why.";
        self.montage(slices, &self.annotations, ("chosen-slices", caption), |tile, mask| {
            tile.with_truth(mask)
        })
    }

    /// Slices nobody annotated, as they are completed.
    fn segmented(&self) -> Result<Option<Figure>, Error> {
        let Some(labels) = self.campaign.segmentation(self.number)? else { return Ok(None) };
        let open = self.record.open_slices();
        let step = open.len().div_ceil(TILES).max(1);
        let slices =
            open.into_iter().skip(step / 2).step_by(step).map(|id| (id, String::new())).collect();
        let caption = "Evenly spaced slices that nobody annotated, as they are completed.";
        self.montage(slices, &labels, ("segmented", caption), |tile, mask| {
            tile.with_prediction(mask)
        })
    }

    fn montage(
        &self,
        slices: Vec<(SliceId, String)>,
        labels: &Array3<u8>,
        (name, caption): (&str, &str),
        outline: impl for<'t> Fn(MontageTile<'t>, &'t Array2<bool>) -> MontageTile<'t>,
    ) -> Result<Option<Figure>, Error> {
        if slices.is_empty() {
            return Ok(None);
        }
        let drawn = |(id, note)| Ok((id, note, self.image(id)?, mask(labels, id)));
        let drawn: Vec<_> = slices.into_iter().map(drawn).collect::<Result<_, Error>>()?;
        let tiles: Vec<MontageTile<'_>> = drawn
            .iter()
            .map(|(id, note, image, mask)| outline(MontageTile::new(*id, image, note), mask))
            .collect();
        Ok(Some(montage(&tiles)?.with_name(name)?.with_caption(caption)))
    }

    /// The heads on the slices of lowest and highest Q that nobody annotated.
    fn heads(&self) -> Result<Vec<Figure>, Error> {
        let round = self.campaign.manifest().last_queried();
        let Some(records) = self.campaign.records(self.number, round)? else {
            return Ok(Vec::new());
        };
        let by_q = |record: &&qunet_select::AgreementRecord| record.quality_index;
        let found: Vec<_> = records.agreement.iter().filter(|it| !it.empty).collect();
        let lowest = found.iter().copied().min_by(|a, b| by_q(a).total_cmp(&by_q(b)));
        let highest = found.iter().copied().max_by(|a, b| by_q(a).total_cmp(&by_q(b)));
        let networks = self.campaign.networks()?;
        let config = &self.campaign.manifest().config;
        let working =
            [WorkingStack::new(&self.stack, &self.record.annotated, &self.annotations, config)?];
        let committee = Committee::of_networks(config, &networks)?;
        let mut figures = Vec::new();
        for (name, record) in [("high", highest), ("low", lowest)] {
            let Some(record) = record else { continue };
            let id = record.id.slice;
            let looks = committee.look(&working[0], 0, &[id.0])?;
            let Some(look) = looks.into_iter().next() else { continue };
            let heads: Vec<(usize, &ArrayRef2<f32>)> =
                look.heads.heads().map(|head| (head.level, &**head.foreground)).collect();
            let slice = HeadsSlice {
                id,
                image: working[0].image(id.0)?,
                heads: &heads,
                threshold: config.prediction.threshold,
                agreement: record.quality_index,
                quality_threshold: None,
                selected: false,
            };
            figures.push(heads_figure(&slice)?.with_name(format!("heads-{name}-q"))?);
        }
        Ok(figures)
    }

    /// Every slice with the truth, or the annotation; the segmentation; where the heads differ.
    fn viewer(&self, verdicts: &[SliceVerdict], truth: Option<&LabelMap>) -> Result<Viewer, Error> {
        let stacks = self.campaign.manifest().stacks.len();
        let predicted = match self.campaign.segmentation(self.number)? {
            Some(labels) => Some(labels),
            None => {
                self.campaign.prediction(self.number, self.campaign.manifest().last_queried())?
            }
        };
        let differing =
            self.campaign.disagreement(self.number, self.campaign.manifest().last_queried())?;
        let mut viewer = Viewer::new(&self.record.source.name).within(VIEWERS / stacks);
        for slice in verdicts {
            let id = slice.id.slice;
            let annotated = self.record.is_annotated(id);
            let truth = match truth {
                Some(truth) => Some(truth.mask(id)?),
                None => annotated.then(|| mask(&self.annotations, id)),
            };
            let at = |labels: &Array3<u8>| mask(labels, id);
            let (prediction, disagreement) =
                (predicted.as_ref().map(at), differing.as_ref().map(at));
            let masks = ViewerMasks {
                truth: truth.as_deref(),
                prediction: prediction.as_deref(),
                disagreement: disagreement.as_deref(),
            };
            viewer.add(id, &self.image(id)?, masks, slice.verdict.to_string())?;
        }
        Ok(viewer)
    }
}

/// The sources with their weights and how well they did.
fn fusion_table(fusion: &Fusion) -> Table {
    let caption = "What completes the slices nobody drew: how much each source counts, by its Dice \
                   on drawn slices that it was not shown";
    let mut table = Table::new(caption, ["Source", "Weight", "Mean Dice", "Slices"]);
    for (source, weight) in &fusion.weights {
        let dice: Vec<f64> =
            fusion.held_back.get(source).into_iter().flatten().flatten().copied().collect();
        let mean = dice.iter().sum::<f64>() / dice.len() as f64;
        table = table.row([
            Cell::from(source.to_string()),
            Cell::from(Some(*weight)),
            Cell::from((!dice.is_empty()).then_some(mean)),
            Cell::from(dice.len().to_string()),
        ]);
    }
    table
}

/// Where a slice of a label map holds any class.
pub(super) fn mask(labels: &Array3<u8>, id: SliceId) -> Array2<bool> {
    labels.index_axis(Axis(0), id.0).mapv(is_foreground)
}
