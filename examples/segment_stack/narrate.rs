//! Stage by stage on the terminal: progress bars while it works, a line when it is done.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use qunet::campaign::{Event, Observer, Stage};
use qunet::model::EpochRecord;
use qunet::quality::QualityRecord;
use qunet::select::{DisagreementSet, InitialSet, Pick};
use qunet::stack::SliceId;

/// Prints a line; a reader who has gone (`| head`) is no reason to stop.
macro_rules! say {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($words)*);
    }};
}
pub(crate) use say;

/// Prints events; stops the run when the flag is up.
pub(crate) struct Narrator {
    stop: Arc<AtomicBool>,
    bar: ProgressBar,
    seconds: f64,
    /// Scores and limits, for the reasons in the table.
    quality: Vec<QualityRecord>,
    /// The two steps are over; what follows is the comparison.
    comparing: bool,
}

impl Narrator {
    pub(crate) fn new(stop: Arc<AtomicBool>) -> Self {
        let bar = ProgressBar::hidden();
        Self { stop, bar, seconds: 0.0, quality: Vec::new(), comparing: false }
    }

    /// Announces the comparison.
    pub(crate) fn compare(&mut self) {
        self.comparing = true;
        say!("Comparison: as many slices drawn at random, trained on for as long");
    }

    fn advance(&mut self, done: usize, total: usize, message: String) {
        if self.bar.is_finished() || self.bar.length() != Some(total as u64) {
            let style = ProgressStyle::with_template("  {bar:30} {pos}/{len} {msg} {eta}");
            self.bar.finish_and_clear();
            self.bar = ProgressBar::new(total as u64)
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            self.bar.enable_steady_tick(Duration::from_millis(200));
        }
        self.bar.set_message(message);
        self.bar.set_position(done as u64);
        if done == total {
            self.bar.finish_and_clear();
        }
    }

    fn epoch(&mut self, stage: Stage, record: &EpochRecord) {
        self.seconds = if record.epoch == 1 { 0.0 } else { self.seconds } + record.seconds;
        self.advance(record.epoch, record.epochs, losses(record));
        if record.epoch == record.epochs {
            let stage = match stage {
                _ if self.comparing => "trained".to_owned(),
                stage => stage.to_string(),
            };
            let (epochs, seconds) = (record.epochs, self.seconds);
            say!("  {stage}: {epochs} epochs in {seconds:.0} s, loss {}", losses(record));
        }
    }
}

fn losses(record: &EpochRecord) -> String {
    let heads: Vec<String> = record
        .head_losses
        .iter()
        .zip(1..)
        .map(|(loss, level)| format!("L{level} {loss:+.3}"))
        .collect();
    heads.join("  ")
}

fn list(ids: &[SliceId]) -> String {
    ids.iter().map(SliceId::to_string).collect::<Vec<_>>().join(", ")
}

/// The chosen slices with the numbers that speak for them.
fn initial(set: &InitialSet, quality: &[QualityRecord]) {
    let limit = |limit: Option<f64>| limit.map_or_else(String::new, |limit| format!("{limit:.3e}"));
    say!("  slice  blurriness  inverse PSNR  verdict");
    for id in set.ids() {
        let verdict = set.verdicts.iter().find(|slice| slice.id == id);
        let record = quality.iter().find(|record| record.id == id);
        if let (Some(slice), Some(record)) = (verdict, record) {
            let (blurriness, noise) =
                (record.blurriness(), record.inverse_psnr.unwrap_or_default());
            say!("  {id:>5}  {blurriness:>10.3e}  {noise:>12.3e}  {}", slice.verdict);
        }
    }
    let (blurriness, noise) = (limit(set.limits.blurriness), limit(set.limits.inverse_psnr));
    say!("  limit  {blurriness:>10}  {noise:>12}  of {} slices", set.verdicts.len());
}

fn queried(set: &DisagreementSet) {
    let below = set.records.iter().filter(|record| record.pick != Pick::Agrees).count();
    let empty = set.records.iter().filter(|record| record.empty).count();
    say!(
        "  {below} of {} slices have Q below the threshold ({}); on {empty} both heads find nothing",
        set.records.len(),
        set.params.quality_threshold
    );
    for id in set.ids() {
        if let Some(record) = set.records.iter().find(|record| record.id == id) {
            say!("  {id:>5}  chosen: heads L3 and L4 disagree, Q = {:.3}", record.quality_index);
        }
    }
}

impl Observer for Narrator {
    fn event(&mut self, event: &Event<'_>) -> ControlFlow<()> {
        match event {
            Event::Scored(records) => {
                say!("Step 1: image quality of {} slices", records.len());
                self.quality = records.to_vec();
            }
            Event::Initial(set) => initial(set, &self.quality),
            Event::Annotated { stage, ids, with_lesion } => {
                if *stage == Stage::Train && !self.comparing {
                    say!("Step 2: the network");
                }
                say!("  annotated: {} ({with_lesion} with lesion)", list(ids));
                if *stage == Stage::Train && *with_lesion == 0 {
                    say!(
                        "  warning: none of these shows a lesion, so the network learns to find none"
                    );
                }
            }
            Event::Epoch { stage, record } => self.epoch(*stage, record),
            Event::Predicted { stage, done, total } => {
                self.advance(*done, *total, format!("slices, {stage}"));
            }
            Event::Training { event, .. } => self.bar.suspend(|| say!("  {event}")),
            Event::Queried(set) => queried(set),
            _ => {}
        }
        if self.stop.load(Ordering::Relaxed) {
            self.bar.finish_and_clear();
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}
