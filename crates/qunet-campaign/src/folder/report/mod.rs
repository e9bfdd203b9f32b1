//! What a person looks at: one page about the campaign so far.

mod pictures;
mod viewer;

use std::path::PathBuf;

use qunet_report::{
    Cell, Figure, LossCurves, LossStage, Report, Section, Table, loss_curves, verdict_table,
};
use qunet_select::InitialSet;
use qunet_stack::SliceId;

use super::Campaign;
use super::manifest::{Round, StackRecord};
use crate::{Error, drawing};

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
        let (first, later) = self.asked_first_and_later(number);
        let named = |figure: Figure| {
            let name = format!("{}-{}", record.name, figure.name());
            figure.with_name(name)
        };
        let mut section = Section::new(record.name.clone()).paragraph(format!(
            "{} slices of {} x {} pixels, {:.3} mm apart; {} annotated, {} pixels of foreground.",
            record.shape[0],
            record.shape[1],
            record.shape[2],
            record.slice_spacing,
            record.annotated.len(),
            record.foreground,
        ));
        for figure in drawing::quality(&scores, initial, (&first, &later))? {
            section = section.figure(named(figure)?);
        }
        let stack = self.open_stack(record)?;
        let masks = [self.drawn(number, record, &stack)?, self.segmented(number, record, &stack)?];
        for figure in masks.into_iter().flatten() {
            section = section.figure(named(figure)?);
        }
        let viewer = self.viewer(number, record, &stack, initial)?;
        Ok(section.viewer(&viewer)?.table(verdict_table(&scores, &initial.verdicts, agreement)?))
    }

    fn asked_first_and_later(&self, number: usize) -> (Vec<SliceId>, Vec<SliceId>) {
        let of = |rounds: &[Round]| {
            rounds.iter().flat_map(|round| round.selection.slices(number)).collect()
        };
        let (first, later) = self.manifest.rounds.split_at(self.manifest.rounds.len().min(1));
        (of(first), of(later))
    }
}

fn losses(round: &Round) -> Option<LossStage> {
    let epochs = &round.training.as_ref()?.history;
    (!epochs.is_empty()).then(|| drawing::losses(format!("round {}", round.round), epochs))
}

fn count(value: Option<u64>) -> Cell {
    value.map_or(Cell::Missing, |value| Cell::from(value.to_string()))
}
