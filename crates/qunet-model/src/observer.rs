//! Who is notified of what happens, and may end it.

use std::io::Write;
use std::ops::ControlFlow;

use serde::Serialize;

/// Is notified of events of type `E`, and may end what they come from: progress and interruption in one. Any closure
/// `FnMut(&E) -> ControlFlow<()>` is one.
///
/// ```
/// use std::ops::ControlFlow;
/// use qunet_model::{Observer, TrainEvent};
///
/// let mut epochs = 0;
/// let mut observer = |event: &TrainEvent| {
///     epochs += usize::from(matches!(event, TrainEvent::Epoch(_)));
///     ControlFlow::Continue(())
/// };
/// let _: &mut dyn Observer<TrainEvent> = &mut observer;
/// ```
pub trait Observer<E> {
    /// Something has happened; `Break` ends the work at the next moment at which nothing is lost.
    fn notify(&mut self, event: &E) -> ControlFlow<()>;
}

impl<E, F: FnMut(&E) -> ControlFlow<()>> Observer<E> for F {
    fn notify(&mut self, event: &E) -> ControlFlow<()> {
        self(event)
    }
}

/// Does nothing and never ends the work.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl<E> Observer<E> for Silent {
    fn notify(&mut self, _event: &E) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Writes every event as a line of JSON; a writer that fails ends the work.
///
/// ```
/// use qunet_model::{JsonLines, Observer};
///
/// let mut lines = JsonLines(Vec::new());
/// let _ = lines.notify(&("epoch", 1));
/// assert_eq!(lines.0, b"[\"epoch\",1]\n");
/// ```
#[derive(Debug)]
pub struct JsonLines<W>(pub W);

impl<W: Write> JsonLines<W> {
    fn line(&mut self, value: &impl Serialize) -> std::io::Result<()> {
        serde_json::to_writer(&mut self.0, value)?;
        self.0.write_all(b"\n")?;
        self.0.flush()
    }
}

impl<E: Serialize, W: Write> Observer<E> for JsonLines<W> {
    fn notify(&mut self, event: &E) -> ControlFlow<()> {
        match self.line(event) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}
