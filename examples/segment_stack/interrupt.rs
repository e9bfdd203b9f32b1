//! Ctrl-C: once stops after the epoch or batch at hand, twice stops at once. Nothing half-written
//! stays behind either way.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The flag that Ctrl-C raises.
pub(crate) struct Interrupt {
    raised: Arc<AtomicBool>,
}

impl Interrupt {
    /// Listens from now on; a second Ctrl-C removes `hidden`, the folder of unfinished results.
    pub(crate) fn listen(hidden: &Path) -> Result<Self, ctrlc::Error> {
        let raised = Arc::new(AtomicBool::new(false));
        let (flag, hidden) = (Arc::clone(&raised), hidden.to_owned());
        ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::Relaxed) {
                // The process ends here; what cannot be removed is a hidden folder.
                let _ = std::fs::remove_dir_all(&hidden);
                std::process::exit(130);
            }
            eprintln!("\nstopping after this epoch; press Ctrl-C again to stop at once");
        })?;
        Ok(Self { raised })
    }

    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.raised)
    }
}
