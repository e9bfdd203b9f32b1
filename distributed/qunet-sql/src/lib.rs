//! What the programs that run queries share: the arguments of a query, and where its rows go.

mod output;
mod query;

use std::process::ExitCode;

use anyhow::Context;

pub use output::{Format, Output};
pub use query::{Disk, Query};

/// Ctrl-C was pressed.
#[derive(Debug)]
struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("interrupted; nothing was written")
    }
}

impl std::error::Error for Interrupted {}

/// Does this until it is done or Ctrl-C is pressed; what it holds is given up orderly then.
///
/// # Errors
/// Its own, and that it was interrupted.
pub async fn until_interrupted<T>(
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    tokio::select! {
        done = work => done,
        pressed = tokio::signal::ctrl_c() => {
            pressed.context("cannot listen for Ctrl-C")?;
            Err(Interrupted.into())
        }
    }
}

/// Prints an error. 130 after Ctrl-C; a pipe that nobody reads any more is no error.
#[must_use]
pub fn exit_code(result: anyhow::Result<()>) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    if output::is_closed() {
        return ExitCode::SUCCESS;
    }
    eprintln!("error: {}", message(&error));
    ExitCode::from(if error.is::<Interrupted>() { 130 } else { 1 })
}

/// An error and its causes. Those of the engine say in their own words what their causes say.
fn message(error: &anyhow::Error) -> String {
    let mut message = String::new();
    for cause in error.chain().map(|cause| cause.to_string().replace("External error: ", "")) {
        if !message.contains(&cause) {
            message = [message, cause]
                .iter()
                .filter(|it| !it.is_empty())
                .cloned()
                .collect::<Vec<_>>()
                .join(": ");
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_nothing_twice() {
        let cause = std::io::Error::other("the disk is full");
        let engine = datafusion::error::DataFusionError::External(Box::new(cause));
        let error = anyhow::Error::new(engine).context("cannot write a.csv");
        assert_eq!(message(&error), "cannot write a.csv: the disk is full");
    }
}
