//! `cargo xtask bench`: the Criterion benches.

use crate::command;
use crate::workspace::Workspace;

/// What `cargo xtask bench` takes.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Which file of benches.
    name: Name,
    /// Arguments of Criterion, for instance a part of a bench's name.
    #[arg(value_name = "ARGS", trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
enum Name {
    /// Image quality.
    Quality,
    /// Overlap metrics and head agreement.
    Segmetrics,
}

impl Name {
    fn target(self) -> &'static str {
        match self {
            Self::Quality => "quality",
            Self::Segmetrics => "segmetrics",
        }
    }
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let mut cargo = workspace.cargo();
    cargo.args(["bench", "-p", "qunet-benches", "--bench", options.name.target(), "--"]);
    command::run(cargo.args(&options.args))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        options: Options,
    }

    #[test]
    fn arguments_of_criterion_go_through() {
        let options =
            Cli::try_parse_from(["bench", "quality", "u8/512", "--test"]).unwrap().options;
        assert_eq!((options.name, options.name.target()), (Name::Quality, "quality"));
        assert_eq!(options.args, ["u8/512", "--test"]);
        assert!(Cli::try_parse_from(["bench", "nothing"]).is_err());
    }
}
