//! Stage by stage on the terminal: progress bars while it works, a line when it is done.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use qunet::campaign::{Event, Observer, Stage};
use qunet::model::EpochRecord;
use qunet::select::{DisagreementSet, InitialSet, Pick};
use qunet::stack::SliceId;

/// Prints events; stops the run when the flag is up.
pub(crate) struct Narrator {
    stop: Arc<AtomicBool>,
    bar: ProgressBar,
    seconds: f64,
}

impl Narrator {
    pub(crate) fn new(stop: Arc<AtomicBool>) -> Self {
        Self { stop, bar: ProgressBar::hidden(), seconds: 0.0 }
    }

    fn advance(&mut self, done: usize, total: usize, message: String) {
        if done <= 1 || self.bar.is_finished() || self.bar.is_hidden() && done < total {
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
            println!(
                "  {stage}: {} epochs in {:.0} s, loss {}",
                record.epochs,
                self.seconds,
                losses(record)
            );
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

fn initial(set: &InitialSet) {
    println!("  slice  verdict");
    for id in set.ids() {
        if let Some(slice) = set.verdicts.iter().find(|slice| slice.id == id) {
            println!("  {id:>5}  {}", slice.verdict);
        }
    }
    println!("  {} of {} slices go to the annotator", set.ids().len(), set.verdicts.len());
}

fn queried(set: &DisagreementSet) {
    let below = set.records.iter().filter(|record| record.pick != Pick::Agrees).count();
    let empty = set.records.iter().filter(|record| record.empty).count();
    println!(
        "  {below} of {} slices have Q < {}; on {empty} both heads find nothing",
        set.records.len(),
        set.params.quality_threshold
    );
    println!("  slice  verdict");
    for id in set.ids() {
        if let Some(record) = set.records.iter().find(|record| record.id == id) {
            println!("  {id:>5}  heads L3 and L4 disagree, Q = {:.3}", record.quality_index);
        }
    }
}

impl Observer for Narrator {
    fn event(&mut self, event: &Event<'_>) -> ControlFlow<()> {
        match event {
            Event::Scored(records) => {
                println!("Step 1: image quality\n  {} slices scored", records.len());
            }
            Event::Initial(set) => initial(set),
            Event::Annotated { stage, ids, with_lesion } => {
                if *stage == Stage::Train {
                    println!("Step 2: the network");
                }
                println!("  annotated: {} ({with_lesion} with lesion)", list(ids));
            }
            Event::Epoch { stage, record } => self.epoch(*stage, record),
            Event::Predicted { stage, done, total } => {
                self.advance(*done, *total, format!("slices, {stage}"));
            }
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
