//! Ctrl-C: once stops after the epoch or batch at hand, twice stops at once. Nothing half-written
//! stays behind either way.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// The flag that Ctrl-C raises.
pub(crate) struct Interrupt {
    raised: Arc<AtomicBool>,
}

impl Interrupt {
    /// Listens from now on; a second Ctrl-C removes `hidden`, the folder of unfinished results.
    pub(crate) fn listen(hidden: &Path) -> io::Result<Self> {
        let raised = Arc::new(AtomicBool::new(false));
        let (flag, hidden) = (Arc::clone(&raised), hidden.to_owned());
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        thread::spawn(move || {
            for signal in signals.forever() {
                if flag.swap(true, Ordering::Relaxed) {
                    // The process ends here, whatever comes of these; LibTorch is still at work,
                    // so an orderly exit would pull the ground from under it.
                    let _ = std::fs::remove_dir_all(&hidden);
                    let _ = emulate_default_handler(signal);
                }
                eprintln!("\nstopping after this epoch; press Ctrl-C again to stop at once");
            }
        });
        Ok(Self { raised })
    }

    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.raised)
    }
}
