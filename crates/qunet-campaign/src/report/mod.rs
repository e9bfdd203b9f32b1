//! One page about a campaign, in a folder or in memory, running or over.

mod scores;
mod stack;

use std::path::{Path, PathBuf};

use qunet_report::{
    Cell, Figure, LossCurves, LossStage, OverlayRow, Report, Section, Table, best_median_worst,
    loss_curves, overlay_figure,
};
use qunet_segmetrics::OverlapMetric;
use qunet_stack::LabelMap;

use self::scores::{Arm, score};
pub use self::scores::{Scored, Scores};
use self::stack::StackPages;
use crate::store::Store;
use crate::{Campaign, Error, Round};

/// Figures, scores and one page about a campaign.
///
/// ```
/// use qunet_campaign::{CampaignConfig, CampaignReport, RecordedLabels, Silent, run_two_steps};
/// use qunet_stack::{Scaling, phantom::CtPhantom};
///
/// let phantom = CtPhantom { slices: 12, size: 48, seed: 5 }.generate()?;
/// let mut config = CampaignConfig { scaling: Scaling::lung_window(), ..CampaignConfig::two_steps() };
/// (config.network.unet.width, config.input.size) = (2, 32);
/// (config.train.epochs, config.fine_tune.epochs) = (1, 1);
/// let mut annotator = RecordedLabels::new(&phantom.truth);
/// let outcome = run_two_steps(&phantom.stack, &config, &mut annotator, &mut Silent)?;
///
/// let report = CampaignReport::new(&outcome).truth(&[&phantom.truth]);
/// println!("{}", report.scores()?);
/// let folder = tempfile::tempdir()?;
/// let page = report.write(folder.path())?;
/// assert!(page.ends_with("report.html"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct CampaignReport<'a, S> {
    campaign: &'a Campaign<S>,
    truth: Vec<&'a LabelMap>,
    arms: Vec<Arm>,
}

impl<'a, S: Store> CampaignReport<'a, S> {
    /// The report of a campaign.
    #[must_use]
    pub fn new(campaign: &'a Campaign<S>) -> Self {
        Self { campaign, truth: Vec::new(), arms: Vec::new() }
    }

    /// Adds the truth of every stack, in the order of their numbers, and with it scores and overlays
    /// of the slices that nobody annotated.
    #[must_use]
    pub fn truth(self, truth: &[&'a LabelMap]) -> Self {
        Self { truth: truth.to_vec(), ..self }
    }

    /// Adds another campaign on the same stacks, called `name` in the scores; it takes the truth
    /// too.
    ///
    /// # Errors
    /// Those of reading its segmentations.
    pub fn beside<T: Store>(mut self, name: &str, other: &Campaign<T>) -> Result<Self, Error> {
        self.arms.push(Arm::new(name, other)?);
        Ok(self)
    }

    /// Scores on the slices that nobody annotated, and of all campaigns on those that none of them
    /// has seen; empty without the truth or before the segmentation.
    ///
    /// # Errors
    /// [`Error::Metrics`] where the truth has another shape.
    pub fn scores(&self) -> Result<Scores, Error> {
        if self.truth.is_empty() || self.campaign.manifest().segmentations.is_empty() {
            return Ok(Scores::default());
        }
        let reserve = self.campaign.manifest().config.reserve;
        score(&Arm::new("QU-net++", self.campaign)?, &self.arms, &self.truth, reserve)
    }

    /// Everything on one page that needs nothing outside it.
    ///
    /// # Errors
    /// [`Error::Report`] where a figure cannot be drawn, and those of reading the campaign.
    pub fn page(&self) -> Result<Report, Error> {
        let scores = self.scores()?;
        let mut page = self.facts(&scores).section(self.rounds()?);
        if !scores.0.is_empty() {
            page = page.section(self.result(&scores)?);
        }
        for number in 0..self.campaign.manifest().stacks.len() {
            let truth = self.truth.get(number).copied();
            page = page.section(StackPages::new(self.campaign, number)?.section(truth)?);
        }
        Ok(page)
    }

    /// Writes the page as `report.html` into a folder, and each of its figures beside it, all whole
    /// or not at all; returns where the page is.
    ///
    /// # Errors
    /// As [`CampaignReport::page`], and where a file cannot be written.
    pub fn write(&self, folder: impl AsRef<Path>) -> Result<PathBuf, Error> {
        let folder = folder.as_ref();
        let page = self.page()?;
        for figure in page.figures() {
            figure.write(folder)?;
        }
        let path = folder.join("report.html");
        page.write(&path)?;
        Ok(path)
    }

    fn facts(&self, scores: &Scores) -> Report {
        let (manifest, status) = (self.campaign.manifest(), self.campaign.status());
        let config = &manifest.config;
        let percent = 100.0 * status.annotated as f64 / status.slices as f64;
        let names: Vec<&str> =
            manifest.stacks.iter().map(|stack| stack.source.name.as_str()).collect();
        let text = status.to_string();
        let (filters, size) = (config.network.unet.width, config.input.size);
        let estimate = manifest.last_query().and_then(|query| query.summary.estimated_dice);
        let estimate = estimate.map_or("none".to_owned(), |dice| format!("{dice:.2}"));
        let report =
            Report::new(format!("{} of {} slices annotated", status.annotated, status.slices))
                .subtitle(text.lines().last().unwrap_or_default())
                .fact("Stacks", names.join(", "))
                .fact("Annotated", format!("{} ({percent:.0} %)", status.annotated))
                .fact("Slices allowed", status.allowed.to_string())
                .fact("Estimated Dice on the rest", estimate)
                .fact("Classes", config.classes.join(", "))
                .fact("Network", format!("U-net++, {filters} filters, {size} x {size}"))
                .fact("Seed", config.seed.to_string());
        match scores.dice() {
            None => report,
            Some(dice) => report.fact("True Dice on the rest", format!("{dice:.3}")),
        }
    }

    /// The rounds in numbers, and their losses.
    fn rounds(&self) -> Result<Section, Error> {
        let head = [
            "Round",
            "Strategy",
            "Asked",
            "Annotated",
            "Foreground",
            "Agreement",
            "Kappa",
            "Estimated Dice",
        ];
        let mut table = Table::new(
            "Agreement is the mean Q over slices with any prediction; kappa, that with the \
             prediction before",
            head,
        );
        for round in &self.campaign.manifest().rounds {
            let summary = round.query.as_ref().map(|query| query.summary);
            table = table.row([
                Cell::from(round.round.to_string()),
                Cell::from(round.selection.strategy.as_str()),
                Cell::from(round.selection.ids().len().to_string()),
                count(summary.map(|it| it.annotated_slices as u64)),
                count(summary.map(|it| it.annotated_foreground)),
                Cell::from(summary.and_then(|it| it.mean_agreement)),
                Cell::from(summary.and_then(|it| it.prediction_kappa)),
                Cell::from(summary.and_then(|it| it.estimated_dice)),
            ]);
        }
        let section = Section::new("Rounds")
            .paragraph(
                "Each round asks for slices, trains on all that are annotated, and observes the \
                 rest. Q is the Jaccard index of the last two heads; a low Q shows something the \
                 network has not learnt. All heads are trained together; a lower loss is better.",
            )
            .table(table);
        Ok(self.losses()?.into_iter().fold(section, Section::figure))
    }

    fn losses(&self) -> Result<Option<Figure>, Error> {
        let stages: Vec<LossStage> =
            self.campaign.manifest().rounds.iter().filter_map(losses).collect();
        match stages.is_empty() {
            true => Ok(None),
            false => Ok(Some(loss_curves(&LossCurves { stages })?)),
        }
    }

    fn result(&self, scores: &Scores) -> Result<Section, Error> {
        let names = OverlapMetric::ALL.map(|metric| metric.to_string());
        let head = ["Segmentation".to_owned(), "Aggregation".to_owned()].into_iter().chain(names);
        let mut table = Table::new("Against the truth; 0/0 is left out of the mean", head);
        for scored in &scores.0 {
            for (how, values) in scored.rows() {
                let cells = [Cell::from(scored.name.as_str()), Cell::from(how)];
                table = table.row(cells.into_iter().chain(values.map(Cell::from)));
            }
        }
        let healthy: Vec<String> = scores
            .0
            .iter()
            .map(|scored| format!("{}: {}", scored.name, scored.false_healthy()))
            .collect();
        let section = Section::new("Result")
            .paragraph("The completed slices against the truth, where nobody annotated.")
            .table(table)
            .paragraph(format!("{}.", healthy.join("; ")));
        Ok(self.overlays(scores)?.into_iter().fold(section, Section::figure))
    }

    /// Best, median and worst of the slices of the first stack that nobody annotated; none where no
    /// Dice is defined.
    fn overlays(&self, scores: &Scores) -> Result<Option<Figure>, Error> {
        let (Some(truth), Some(scored)) = (self.truth.first(), scores.0.first()) else {
            return Ok(None);
        };
        let Some(labels) = self.campaign.segmentation(0)? else { return Ok(None) };
        let pages = StackPages::new(self.campaign, 0)?;
        let mut cases = Vec::new();
        for ranked in best_median_worst(&scored.dice_of_first) {
            let id = ranked.id;
            cases.push((ranked, pages.image(id)?, truth.mask(id)?, stack::mask(&labels, id)));
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

/// The losses of the network that learns from all drawn slices.
fn losses(round: &Round) -> Option<LossStage> {
    let epochs = &round.training.as_ref()?.members.first()?.history;
    let epochs: Vec<Vec<f64>> = epochs.iter().map(|epoch| epoch.head_losses.clone()).collect();
    (!epochs.is_empty()).then(|| LossStage { name: format!("round {}", round.round), epochs })
}

fn count(value: Option<u64>) -> Cell {
    value.map_or(Cell::Missing, |value| Cell::from(value.to_string()))
}
