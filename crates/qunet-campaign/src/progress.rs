use std::ops::ControlFlow;

use indicatif::{ProgressBar, ProgressStyle};

use crate::event::{Event, Observer};

/// Draws a progress bar on stderr for every training and prediction; what else happens in a
/// training are lines above it.
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

impl Observer for ProgressBars {
    fn event(&mut self, event: &Event<'_>) -> ControlFlow<()> {
        match event {
            Event::Epoch { stage, record } => {
                let loss = record.head_losses.last().copied().unwrap_or_default();
                let loss = format!("loss {loss:+.3}");
                self.advance(stage.to_string(), record.epoch, record.epochs, loss);
            }
            Event::Predicted { stage, done, total } => {
                self.advance(stage.to_string(), *done, *total, "slices".to_owned());
            }
            Event::Training { event, .. } => self.0.suspend(|| eprintln!("{event}")),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}
