//! What the C library does with memory that tensors no longer need.

/// Lets this process keep memory that was freed, instead of giving it back and asking for it again: a forward pass at
/// full width then takes 0.86 of its time (see the benchmarks). Call it once, first thing in a program; it concerns
/// the whole process, so that a library should leave it to its user.
///
/// With glibc, freed blocks of any size stay with the process until it ends, so that its resident memory stays at its
/// peak. Answers whether the settings were taken: `false` with another C library, where nothing is done.
///
/// ```
/// let kept = qunet_model::keep_freed_memory();
/// assert_eq!(kept, cfg!(all(target_os = "linux", target_env = "gnu")));
/// ```
#[must_use = "`false` says that nothing was done; `let _ =` where that does not matter"]
pub fn keep_freed_memory() -> bool {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    return glibc();
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    return false;
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code)] // docs/decisions/0010
fn glibc() -> bool {
    let settings = [
        // Large blocks come from the heap, not from fresh pages of their own.
        (libc::M_MMAP_MAX, 0),
        // The heap does not shrink.
        (libc::M_TRIM_THRESHOLD, i32::MAX),
        // And it grows by so much at a time, in bytes.
        (libc::M_TOP_PAD, 64 << 20),
    ];
    // SAFETY: mallopt takes two numbers, refuses what it does not know, and takes the allocator's lock.
    settings.into_iter().all(|(name, value)| unsafe { libc::mallopt(name, value) } == 1)
}
