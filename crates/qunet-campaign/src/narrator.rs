use std::io::Write;
use std::ops::ControlFlow;

use qunet_model::EpochRecord;
use qunet_quality::QualityRecord;
use qunet_select::{DisagreementSet, InitialSet, Pick, QualityThreshold};
use qunet_stack::SliceId;

use crate::event::{Event, Observer, Stage};
use crate::progress::ProgressBars;

/// Tells a run of both steps line by line: every slice that was chosen and the numbers that spoke
/// for it, every training with its losses. Between the lines, [`ProgressBars`] on stderr.
///
/// What cannot be written is left out: a reader who has gone is no reason to stop a training.
///
/// ```no_run
/// # fn example(
/// #     stack: &qunet_stack::Stack,
/// #     config: &qunet_campaign::TwoStepConfig,
/// #     annotator: &mut dyn qunet_campaign::Annotator,
/// # ) -> Result<(), qunet_campaign::Error> {
/// let mut narrator = qunet_campaign::Narrator::new(std::io::stdout());
/// qunet_campaign::run_two_steps(stack, config, annotator, &mut narrator)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Narrator<W> {
    out: W,
    bars: ProgressBars,
    /// Of the training at hand.
    seconds: f64,
    /// Scores, for the numbers in the table of chosen slices.
    quality: Vec<QualityRecord>,
}

impl<W: Write> Narrator<W> {
    /// Tells it here.
    pub fn new(out: W) -> Self {
        Self { out, bars: ProgressBars::default(), seconds: 0.0, quality: Vec::new() }
    }

    /// What was written to.
    pub fn into_inner(self) -> W {
        self.out
    }

    fn say(&mut self, line: &str) {
        let _ = writeln!(self.out, "{line}");
    }

    fn epoch(&mut self, stage: Stage, record: &EpochRecord) {
        self.seconds = if record.epoch == 1 { 0.0 } else { self.seconds } + record.seconds;
        if record.epoch == record.epochs {
            let (epochs, seconds, losses) = (record.epochs, self.seconds, losses(record));
            self.say(&format!("  {stage}: {epochs} epochs in {seconds:.0} s, loss {losses}"));
        }
    }

    /// The chosen slices with the numbers that speak for them.
    fn initial(&mut self, set: &InitialSet) {
        self.say("  slice  blurriness  inverse PSNR  verdict");
        for id in set.ids() {
            let verdict = set.verdicts.iter().find(|slice| slice.id == id);
            let record = self.quality.iter().find(|record| record.id == id);
            if let (Some(slice), Some(record)) = (verdict, record) {
                let (blurriness, noise) =
                    (record.blurriness(), record.inverse_psnr.unwrap_or_default());
                let verdict = slice.verdict;
                self.say(&format!("  {id:>5}  {blurriness:>10.3e}  {noise:>12.3e}  {verdict}"));
            }
        }
        let limit =
            |limit: Option<f64>| limit.map_or_else(String::new, |limit| format!("{limit:.3e}"));
        let (blurriness, noise) = (limit(set.limits.blurriness), limit(set.limits.inverse_psnr));
        let slices = set.verdicts.len();
        self.say(&format!("  limit  {blurriness:>10}  {noise:>12}  of {slices} slices"));
    }

    fn annotated(&mut self, stage: Stage, ids: &[SliceId], with_lesion: usize) {
        match stage {
            Stage::Train => self.say("Step 2: the network"),
            Stage::Baseline => self.say("Comparison: as many other slices, trained on for as long"),
            _ => {}
        }
        let list = ids.iter().map(SliceId::to_string).collect::<Vec<_>>().join(", ");
        self.say(&format!("  annotated: {list} ({with_lesion} with lesion)"));
        if stage == Stage::Train && with_lesion == 0 {
            self.say("  warning: none of these shows a lesion, so the network learns to find none");
        }
    }

    fn queried(&mut self, set: &DisagreementSet) {
        let empty = set.records.iter().filter(|record| record.empty).count();
        let all = set.records.len();
        let chosen = match set.params.quality_threshold {
            QualityThreshold::Fixed(q0) => {
                let below = set.records.iter().filter(|record| record.pick != Pick::Agrees);
                format!("{} of {all} slices have Q below {q0}", below.count())
            }
            _ => format!("{} of {all} slices are asked for", set.ids().len()),
        };
        self.say(&format!("  {chosen}; on {empty} both heads find nothing"));
        for id in set.ids() {
            if let Some(record) = set.records.iter().find(|record| record.id == id) {
                let (agreement, area) = (record.quality_index, record.differing);
                self.say(&format!(
                    "  {id:>5}  chosen: heads L3 and L4 differ by {area:.0} pixels, Q = {agreement:.3}"
                ));
            }
        }
    }
}

fn losses(record: &EpochRecord) -> String {
    let heads = record.head_losses.iter().zip(1..);
    heads.map(|(loss, level)| format!("L{level} {loss:+.3}")).collect::<Vec<_>>().join("  ")
}

impl<W: Write> Observer for Narrator<W> {
    fn event(&mut self, event: &Event<'_>) -> ControlFlow<()> {
        self.bars.event(event)?;
        match event {
            Event::Scored(records) => {
                self.say(&format!("Step 1: image quality of {} slices", records.len()));
                self.quality = records.to_vec();
            }
            Event::Initial(set) => self.initial(set),
            Event::Annotated { stage, ids, with_lesion } => {
                self.annotated(*stage, ids, *with_lesion);
            }
            Event::Epoch { stage, record } => self.epoch(*stage, record),
            Event::Queried(set) => self.queried(set),
            Event::Predicted { .. } | Event::Training { .. } => {}
        }
        ControlFlow::Continue(())
    }
}
