//! Child processes: printed before they run, and an error with their exit code when they fail.

use std::ffi::OsStr;
use std::fmt;
use std::process::Command;

use anyhow::Context;

/// A command that ran and did not succeed.
#[derive(Debug)]
pub(crate) struct CommandFailed {
    line: String,
    code: Option<i32>,
}

impl CommandFailed {
    pub(crate) fn new(line: String, code: Option<i32>) -> Self {
        Self { line, code }
    }

    /// Its exit code, if it is one that this process can pass on.
    pub(crate) fn exit_code(&self) -> Option<u8> {
        self.code.and_then(|code| u8::try_from(code).ok())
    }
}

impl fmt::Display for CommandFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "`{}` ended with exit code {code}", self.line),
            None => write!(f, "`{}` was stopped by a signal", self.line),
        }
    }
}

impl std::error::Error for CommandFailed {}

/// The command as one would type it; the program by its file name only.
pub(crate) fn line(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_name().unwrap_or(program.as_os_str());
    std::iter::once(program)
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Prints the command, runs it with this process's output, and waits for it.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let line = line(command);
    eprintln!("$ {line}");
    let status = command.status().with_context(|| format!("cannot start `{line}`"))?;
    if status.success() {
        return Ok(());
    }
    Err(CommandFailed::new(line, status.code()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_names_the_program_without_its_folder() {
        let mut command = Command::new("/some/where/cargo");
        command.args(["test", "--workspace"]);
        assert_eq!(line(&command), "cargo test --workspace");
    }

    #[test]
    fn failure_says_the_exit_code() {
        let error = CommandFailed::new("cargo test".into(), Some(101));
        assert_eq!(error.to_string(), "`cargo test` ended with exit code 101");
        assert_eq!(error.exit_code(), Some(101));
        assert_eq!(CommandFailed::new("x".into(), None).exit_code(), None);
    }
}
