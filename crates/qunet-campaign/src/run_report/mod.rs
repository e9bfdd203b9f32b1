//! What a person looks at after a run of both steps.

mod figures;
mod page;
mod scores;
mod viewer;

use std::path::{Path, PathBuf};

use qunet_report::{Figure, Report};
use qunet_stack::{LabelMap, Stack};

use self::figures::Figures;
pub use self::scores::{RunScores, Scored};
use crate::Error;
use crate::compare::Baseline;
use crate::config::TwoStepConfig;
use crate::two_step::Outcome;

/// Figures, scores and one page about a run of both steps.
///
/// ```
/// use qunet_campaign::{RecordedLabels, RunReport, Silent, TwoStepConfig, run_two_steps};
/// use qunet_stack::{Scaling, phantom::CtPhantom};
///
/// let phantom = CtPhantom { slices: 12, size: 48, seed: 5 }.generate()?;
/// let mut config = TwoStepConfig { scaling: Scaling::lung_window(), ..TwoStepConfig::quick() };
/// (config.network.unet.width, config.size) = (2, 32);
/// (config.train.epochs, config.fine_tune.epochs) = (1, 1);
/// let mut annotator = RecordedLabels::new(&phantom.truth);
/// let outcome = run_two_steps(&phantom.stack, &config, &mut annotator, &mut Silent)?;
///
/// let report = RunReport::new(&phantom.stack, &config, &outcome).truth(&phantom.truth);
/// println!("{}", report.scores()?);
/// let folder = tempfile::tempdir()?;
/// let page = report.write(folder.path())?;
/// assert!(page.ends_with("report.html"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RunReport<'a> {
    stack: &'a Stack,
    config: &'a TwoStepConfig,
    outcome: &'a Outcome,
    truth: Option<&'a LabelMap>,
    baseline: Option<(&'a str, &'a Baseline)>,
}

impl<'a> RunReport<'a> {
    /// The report of what [`run_two_steps`](crate::run_two_steps) made of this stack.
    #[must_use]
    pub fn new(stack: &'a Stack, config: &'a TwoStepConfig, outcome: &'a Outcome) -> Self {
        Self { stack, config, outcome, truth: None, baseline: None }
    }

    /// Adds scores and overlays: how the slices that nobody annotated compare with the truth.
    #[must_use]
    pub fn truth(self, truth: &'a LabelMap) -> Self {
        Self { truth: Some(truth), ..self }
    }

    /// Adds the same effort on other slices, called `name` in the scores; it takes the truth too.
    #[must_use]
    pub fn beside(self, name: &'a str, baseline: &'a Baseline) -> Self {
        Self { baseline: Some((name, baseline)), ..self }
    }

    /// Scores on the slices that nobody annotated, and of both on those that neither has seen;
    /// empty without the truth.
    ///
    /// # Errors
    /// [`Error::Metrics`] where the truth has another shape.
    pub fn scores(&self) -> Result<RunScores, Error> {
        scores::score(self)
    }

    /// Quality, the annotated slices, losses, heads with high and low agreement; with the truth
    /// also the best, median and worst slice.
    ///
    /// # Errors
    /// [`Error::Report`] where one cannot be drawn.
    pub fn figures(&self) -> Result<Vec<Figure>, Error> {
        Ok(Figures::draw(self, &self.scores()?)?.into_all())
    }

    /// Everything on one page that needs nothing outside it.
    ///
    /// # Errors
    /// As [`RunReport::figures`].
    pub fn page(&self) -> Result<Report, Error> {
        let scores = self.scores()?;
        page::page(self, &scores, Figures::draw(self, &scores)?)
    }

    /// Writes every figure and `report.html` into a folder, each whole or not at all; says where
    /// the page is.
    ///
    /// # Errors
    /// As [`RunReport::figures`], and where a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, Error> {
        let scores = self.scores()?;
        let figures = Figures::draw(self, &scores)?;
        for figure in figures.all() {
            figure.write(folder)?;
        }
        let path = folder.join("report.html");
        page::page(self, &scores, figures)?.write(&path)?;
        Ok(path)
    }
}
