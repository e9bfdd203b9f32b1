//! What the test programs share.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// LibTorch has one random generator for the whole process, so tests that draw from it take turns:
/// new weights and dropout do; and each runs on one thread, since the nets are tiny.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    qunet_model::tch::set_num_threads(1);
    turn
}
