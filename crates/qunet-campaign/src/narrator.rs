//! Observers for the terminal.

use std::io::Write;
use std::ops::ControlFlow;

use indicatif::{ProgressBar, ProgressStyle};
use qunet_model::{EpochRecord, Observer, TrainEvent};
use qunet_select::{CandidateId, Selection};

use crate::event::Event;

/// Draws a progress bar on stderr for every training and prediction; other events of a training
/// are lines above it.
#[derive(Debug)]
pub struct ProgressBars(ProgressBar);

impl Default for ProgressBars {
    fn default() -> Self {
        Self(ProgressBar::hidden())
    }
}

impl ProgressBars {
    fn advance(&mut self, name: String, done: usize, total: usize, message: String) {
        if self.0.prefix() != name || done <= 1 || self.0.is_finished() {
            let style = ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len} {msg} {eta}");
            self.0.finish_and_clear();
            self.0 = ProgressBar::new(total as u64)
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
                .with_prefix(name);
        }
        self.0.set_message(message);
        self.0.set_position(done as u64);
        if done == total {
            self.0.finish_and_clear();
        }
    }
}

impl Observer<Event> for ProgressBars {
    fn notify(&mut self, event: &Event) -> ControlFlow<()> {
        match event {
            Event::Train { round, member, members, event: TrainEvent::Epoch(record), .. } => {
                let loss = record.head_losses.last().copied().unwrap_or_default();
                let name = match members {
                    1 => format!("round {round}: train"),
                    _ => format!("round {round}: train {} of {members}", member + 1),
                };
                self.advance(name, record.epoch, record.epochs, format!("loss {loss:+.3}"));
            }
            Event::Train { event, .. } => self.0.suspend(|| eprintln!("{event}")),
            Event::Predicted { round, done, total, .. } => {
                let name = format!("round {round}: predict");
                self.advance(name, *done, *total, "slices".to_owned());
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// Writes a campaign line by line: every slice that is chosen with the reason, every training with
/// its losses, and why it ends. Between the lines, [`ProgressBars`] on stderr.
///
/// A line that cannot be written is dropped: a reader who is gone is no reason to stop a training.
///
/// ```no_run
/// # fn example(
/// #     stack: &qunet_stack::Stack,
/// #     config: &qunet_campaign::CampaignConfig,
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
    /// Number of stacks scored, which are named where there are several.
    stacks: usize,
}

impl<W: Write> Narrator<W> {
    /// Writes here.
    pub fn new(out: W) -> Self {
        Self { out, bars: ProgressBars::default(), seconds: 0.0, stacks: 0 }
    }

    /// The writer.
    pub fn into_inner(self) -> W {
        self.out
    }

    fn line(&mut self, line: &str) {
        let _ = writeln!(self.out, "{line}");
    }

    fn selected(&mut self, round: usize, selection: &Selection) {
        let picks = selection.picks();
        let (count, strategy) = (picks.len(), &selection.strategy);
        let all = selection.verdicts.len();
        self.line(&format!("Round {round}: {strategy} asks for {count} of {all} slices"));
        for pick in &picks {
            let (rank, name) = (pick.rank, self.name(pick.id));
            self.line(&format!("  {rank}. slice {name}: {}", pick.reason));
        }
        for limits in &selection.thresholds.image_quality {
            let number =
                |limit: Option<f64>| limit.map_or("-".to_owned(), |it| format!("{it:.3e}"));
            let (blur, noise) = (number(limits.blurriness), number(limits.inverse_psnr));
            let scaled = limits.scale.map_or(String::new(), |scale| {
                format!(", {scale:.2} times the mean, so that enough slices pass")
            });
            self.line(&format!(
                "  thresholds: blurriness below {blur}, inverse PSNR below {noise}{scaled}"
            ));
        }
    }

    fn name(&self, id: CandidateId) -> String {
        match self.stacks {
            0 | 1 => id.slice.to_string(),
            _ => format!("{} of stack {}", id.slice, id.stack),
        }
    }

    fn annotated(&mut self, slices: &[CandidateId], with_foreground: usize) {
        let list: Vec<String> = slices.iter().map(|&id| self.name(id)).collect();
        self.line(&format!("  annotated: {} ({with_foreground} with lesion)", list.join(", ")));
        if with_foreground == 0 {
            self.line("  warning: none of these shows a lesion; the network learns to find none");
        }
    }

    fn outside_region(&mut self, stack: usize, share: f64) {
        let stack = if self.stacks > 1 { format!(" of stack {stack}") } else { String::new() };
        let percent = 100.0 * share;
        self.line(&format!(
            "  warning: {percent:.1} % of what is drawn lies outside the region of interest{stack}, \
             where nothing will be found; give a wider region, or raise input.dilation"
        ));
    }

    /// The network that learns from all slices, and in one line those that only judge the sources.
    fn epoch(&mut self, continued: bool, member: usize, members: usize, record: &EpochRecord) {
        let first = record.epoch == 1 && member < 2;
        self.seconds = if first { 0.0 } else { self.seconds } + record.seconds;
        if record.epoch < record.epochs {
            return;
        }
        let (epochs, seconds) = (record.epochs, self.seconds);
        if member == 0 {
            let what = if continued { "further training" } else { "training" };
            let losses = losses(record);
            self.line(&format!("  {what}: {epochs} epochs in {seconds:.0} s, loss {losses}"));
        } else if member + 1 == members {
            self.line(&format!(
                "  {member} networks that each leave slices out, to judge by: {epochs} epochs in \
                 {seconds:.0} s"
            ));
        }
    }
}

fn losses(record: &EpochRecord) -> String {
    let heads = record.head_losses.iter().zip(1..);
    heads.map(|(loss, level)| format!("L{level} {loss:+.3}")).collect::<Vec<_>>().join("  ")
}

impl<W: Write> Observer<Event> for Narrator<W> {
    fn notify(&mut self, event: &Event) -> ControlFlow<()> {
        self.bars.notify(event)?;
        match event {
            Event::Scored { records, .. } => {
                self.line(&format!("Image quality of {} slices scored", records.len()));
                self.stacks += 1;
            }
            Event::Selected { round, selection } => self.selected(*round, selection),
            Event::Annotated { slices, with_foreground, .. } => {
                self.annotated(slices, *with_foreground);
            }
            Event::OutsideRegion { stack, share } => self.outside_region(*stack, *share),
            Event::Train {
                continued, member, members, event: TrainEvent::Epoch(record), ..
            } => self.epoch(*continued, *member, *members, record),
            Event::Observed { summary, fusions } => {
                let agreement = summary.mean_agreement;
                let mean = agreement.map_or("undefined".to_owned(), |mean| format!("{mean:.3}"));
                self.line(&format!("  mean agreement of the last two heads elsewhere: {mean}"));
                for fusion in fusions {
                    self.line(&format!("  {fusion}"));
                }
            }
            Event::Ended { reason } => self.line(&format!("End: {reason}")),
            Event::Train { .. } | Event::Predicted { .. } => {}
        }
        ControlFlow::Continue(())
    }
}
