//! What a person looks at: one page about the campaign so far.

use std::path::PathBuf;

use ndarray::{Array2, Array3, Axis};
use qunet_report::{
    Cell, Figure, LossCurves, LossStage, MontageTile, QualityLimits, Report, Section, Table,
    Viewer, ViewerMasks, loss_curves, montage, quality_along_z, quality_scatter, verdict_table,
};
use qunet_select::{InitialSet, Picked, evenly_spaced};
use qunet_stack::{LabelMap, SliceId, Stack};

use super::manifest::{FileRecord, Query, Round, StackRecord};
use super::stacks::{is_foreground, read_labels};
use super::{Campaign, digest};
use crate::Error;

/// The most slices in one picture, so that the page stays small.
const TILES: usize = 24;
/// Bytes that all slice viewers of the page may take.
const PAGE: usize = 8_000_000;

impl Campaign {
    /// Writes `report.html`, one page without anything outside it: the rounds, the losses, and of
    /// every stack the quality of its slices, those annotated and why, and the segmentation. It can
    /// be written at any time, and says where it is.
    ///
    /// # Errors
    /// [`Error::Report`] where a figure or the page cannot be made, and those of reading stacks
    /// and files of the campaign.
    pub fn report(&self) -> Result<PathBuf, Error> {
        let path = self.folder.join("report.html");
        let mut report = self.facts().section(self.rounds_section()?);
        let initial = self.initial()?;
        let agreement = self.last_agreement()?;
        for (number, record) in self.manifest.stacks.iter().enumerate() {
            let said = agreement.get(number).map(Vec::as_slice).unwrap_or_default();
            let section = self.stack_section(number, record, &initial.stacks[number], said)?;
            report = report.section(section);
        }
        report.write(&path)?;
        Ok(path)
    }

    fn facts(&self) -> Report {
        let (manifest, status) = (&self.manifest, self.status());
        let steps = &manifest.config.steps;
        let next = status.to_string();
        Report::new(format!("{} of {} slices annotated", status.annotated, status.slices))
            .subtitle(next.lines().last().unwrap_or_default())
            .fact("Stacks", manifest.stacks.len().to_string())
            .fact("Slices allowed", status.allowed.to_string())
            .fact("Classes", manifest.config.classes.join(", "))
            .fact(
                "Network",
                format!("U-net++, {} filters, {1} x {1}", steps.network.unet.width, steps.size),
            )
            .fact("Seed", steps.seed.to_string())
    }

    fn rounds_section(&self) -> Result<Section, Error> {
        let head = ["Round", "Strategy", "Asked", "Annotated", "Foreground", "Agreement", "Kappa"];
        let mut table =
            Table::new("Agreement is the mean Q; kappa, that with the prediction before", head);
        for round in &self.manifest.rounds {
            let summary = round.query.as_ref().map(|query| query.summary);
            table = table.row([
                Cell::from(round.round.to_string()),
                Cell::from(round.selection.strategy.as_str()),
                Cell::from(round.selection.picks.len().to_string()),
                count(summary.map(|it| it.annotated_slices as u64)),
                count(summary.map(|it| it.annotated_foreground)),
                Cell::from(summary.and_then(|it| it.mean_agreement)),
                Cell::from(summary.and_then(|it| it.prediction_kappa)),
            ]);
        }
        let section = Section::new("Rounds").table(table);
        let stages: Vec<LossStage> = self.manifest.rounds.iter().filter_map(losses).collect();
        if stages.is_empty() {
            return Ok(section);
        }
        Ok(section.figure(loss_curves(&LossCurves { stages })?))
    }

    /// Q of the slices of each stack at the last query.
    fn last_agreement(&self) -> Result<Vec<Vec<(SliceId, f64)>>, Error> {
        let query = self.manifest.rounds.iter().rev().find_map(|round| round.query.as_ref());
        let Some(query) = query else { return Ok(Vec::new()) };
        let of_stack = |records: super::SliceRecords| {
            records.agreement.iter().map(|it| (it.id, it.quality_index)).collect()
        };
        Ok(self.records(query)?.into_iter().map(of_stack).collect())
    }

    fn stack_section(
        &self,
        number: usize,
        record: &StackRecord,
        initial: &InitialSet,
        agreement: &[(SliceId, f64)],
    ) -> Result<Section, Error> {
        let scores = self.scores(record)?;
        let limits = QualityLimits {
            blurriness: initial.limits.blurriness,
            inverse_psnr: initial.limits.inverse_psnr,
        };
        let (first, later) = self.asked_first_and_later(number);
        let named = |figure: Figure| {
            let name = format!("{}-{}", record.name, figure.name());
            figure.with_name(name)
        };
        let mut section = Section::new(record.name.clone())
            .paragraph(format!(
                "{} slices of {} x {} pixels, {:.3} mm apart; {} annotated, {} pixels of foreground.",
                record.shape[0], record.shape[1], record.shape[2], record.slice_spacing,
                record.annotated.len(), record.foreground,
            ))
            .figure(named(quality_scatter(&scores, &initial.verdicts, &limits)?)?)
            .figure(named(quality_along_z(&scores, &first, &later)?)?);
        let stack = self.open_stack(record)?;
        let masks = [self.drawn(number, record, &stack)?, self.segmented(number, record, &stack)?];
        for figure in masks.into_iter().flatten() {
            section = section.figure(named(figure)?);
        }
        let viewer = self.viewer(number, record, &stack, initial)?;
        Ok(section.viewer(&viewer)?.table(verdict_table(&scores, &initial.verdicts, agreement)?))
    }

    /// Every slice with what was drawn, what is predicted and where the heads differ.
    fn viewer(
        &self,
        number: usize,
        record: &StackRecord,
        stack: &Stack,
        initial: &InitialSet,
    ) -> Result<Viewer, Error> {
        let query = self.manifest.rounds.iter().rev().find_map(|round| round.query.as_ref());
        let of_query = |files: fn(&Query) -> &[FileRecord]| match query {
            Some(query) => self.labels_of(files(query).get(number)),
            None => Ok(None),
        };
        let drawn = self.annotations(record)?;
        let differing = of_query(|query| &query.disagreements)?;
        let predicted = match self.labels_of(self.manifest.segmentations.get(number))? {
            Some(labels) => Some(labels),
            None => of_query(|query| &query.predictions)?,
        };
        let mut viewer = Viewer::new(&record.name).within(PAGE / self.manifest.stacks.len());
        for slice in &initial.verdicts {
            let at =
                |labels: &Array3<u8>| labels.index_axis(Axis(0), slice.id.0).mapv(is_foreground);
            let annotated = record.annotated.binary_search(&slice.id).is_ok();
            let truth = annotated.then(|| at(&drawn));
            let prediction = predicted.as_ref().filter(|_| !annotated).map(at);
            let disagreement = differing.as_ref().filter(|_| !annotated).map(at);
            let masks = ViewerMasks {
                truth: truth.as_deref(),
                prediction: prediction.as_deref(),
                disagreement: disagreement.as_deref(),
            };
            let image = stack.scaled_slice(slice.id, &self.manifest.config.steps.scaling)?;
            let image = image.mapv(|value| value.clamp(0.0, 1.0));
            let note = if annotated { "annotated".to_owned() } else { slice.verdict.to_string() };
            viewer.add(slice.id, &image, masks, note)?;
        }
        Ok(viewer)
    }

    fn labels_of(&self, file: Option<&FileRecord>) -> Result<Option<Array3<u8>>, Error> {
        file.map(|file| read_labels(&digest::unchanged(&self.folder, file)?)).transpose()
    }

    fn asked_first_and_later(&self, number: usize) -> (Vec<SliceId>, Vec<SliceId>) {
        let of = |rounds: &[Round]| {
            rounds.iter().flat_map(|round| round.selection.slices(number)).collect()
        };
        let (first, later) = self.manifest.rounds.split_at(self.manifest.rounds.len().min(1));
        (of(first), of(later))
    }

    /// The annotated slices with their outlines and why they were asked for.
    fn drawn(
        &self,
        number: usize,
        record: &StackRecord,
        stack: &Stack,
    ) -> Result<Option<Figure>, Error> {
        let labels = self.annotations(record)?;
        let mut ids = Vec::new();
        for round in &self.manifest.rounds {
            let of_stack = round.selection.picks.iter().filter(|pick| pick.id.stack == number);
            ids.extend(of_stack.map(|pick| (pick.id.slice, why(round.round, pick))));
        }
        ids.retain(|(id, _)| record.annotated.binary_search(id).is_ok());
        ids.truncate(TILES);
        let tiles = self.tiles(stack, &labels, ids)?;
        let caption = "The annotated slices, in the order they were asked for, and why.";
        figure(&tiles, ("annotated", caption), |tile, mask| tile.with_truth(mask))
    }

    /// Slices nobody annotated, as the network segmented them.
    fn segmented(
        &self,
        number: usize,
        record: &StackRecord,
        stack: &Stack,
    ) -> Result<Option<Figure>, Error> {
        let Some(file) = self.manifest.segmentations.get(number) else { return Ok(None) };
        let labels = LabelMap::open_binary(digest::unchanged(&self.folder, file)?, stack)?;
        let ids = evenly_spaced(&record.open_slices(), TILES).into_iter();
        let ids = ids.map(|id| (id, String::new())).collect();
        let tiles = self.tiles(stack, labels.labels(), ids)?;
        let caption = "Evenly spaced slices that nobody annotated, as the network segments them.";
        figure(&tiles, ("segmented", caption), |tile, mask| tile.with_prediction(mask))
    }

    fn tiles(
        &self,
        stack: &Stack,
        labels: &Array3<u8>,
        ids: Vec<(SliceId, String)>,
    ) -> Result<Vec<Drawn>, Error> {
        let drawn = |(id, note)| {
            let image = stack.scaled_slice(id, &self.manifest.config.steps.scaling)?;
            let image = image.mapv(|value| value.clamp(0.0, 1.0));
            let mask = labels.index_axis(Axis(0), id.0).mapv(is_foreground);
            Ok(Drawn { id, note, image, mask })
        };
        ids.into_iter().map(drawn).collect()
    }
}

/// A slice with a mask on it.
struct Drawn {
    id: SliceId,
    note: String,
    image: Array2<f32>,
    mask: Array2<bool>,
}

fn figure(
    slices: &[Drawn],
    (name, caption): (&str, &str),
    outline: impl for<'a> Fn(MontageTile<'a>, &'a Array2<bool>) -> MontageTile<'a>,
) -> Result<Option<Figure>, Error> {
    if slices.is_empty() {
        return Ok(None);
    }
    let tiles: Vec<MontageTile<'_>> = slices
        .iter()
        .map(|it| outline(MontageTile::new(it.id, &it.image, it.note.as_str()), &it.mask))
        .collect();
    Ok(Some(montage(&tiles)?.with_name(name)?.with_caption(caption)))
}

fn why(round: usize, pick: &Picked) -> String {
    let whole = pick.to_string();
    let reason = whole.split_once(": ").map_or(whole.as_str(), |(_, reason)| reason);
    format!("round {round}: {}", reason.split(';').next().unwrap_or_default())
}

fn losses(round: &Round) -> Option<LossStage> {
    let epochs: Vec<_> =
        round.training.as_ref()?.history.iter().map(|epoch| epoch.head_losses.clone()).collect();
    (!epochs.is_empty()).then(|| LossStage { name: format!("round {}", round.round), epochs })
}

fn count(value: Option<u64>) -> Cell {
    value.map_or(Cell::Missing, |value| Cell::from(value.to_string()))
}
