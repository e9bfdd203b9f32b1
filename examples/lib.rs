//! Programs to copy from. Each is a file of its own; this is the one line that they share.

/// Ends the program quietly, with code 0, when it prints into a pipe that nobody reads any more
/// (`score_stack | head -1`); `println!` would panic there.
///
/// # Errors
/// Where the system refuses the handler.
pub fn end_with_reader() -> std::io::Result<()> {
    #[cfg(unix)]
    signal_hook::flag::register_conditional_shutdown(
        signal_hook::consts::SIGPIPE,
        0,
        std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true)),
    )?;
    Ok(())
}
