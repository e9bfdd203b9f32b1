//! What can be compared and what each comparison consists of; the Rust side is built here, and the
//! Python of `benches/peers` times both sides.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use super::{Options, environment};
use crate::command;
use crate::setup;
use crate::workspace::Workspace;

/// Variables that say how many threads a numeric library takes.
const THREADS: [&str; 4] =
    ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"];

/// What is compared in one run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Family {
    Quality,
    Segmetrics,
    Model,
}

impl Family {
    /// Its name on the command line, of its folder in `benches/peers` and in the comments of the docs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Quality => "quality",
            Self::Segmetrics => "segmetrics",
            Self::Model => "model",
        }
    }

    /// The folder of its Python environment in the cache folder.
    pub(crate) fn environment(self) -> &'static str {
        match self {
            Self::Quality => "peers-venv",
            Self::Segmetrics => "peers-segmetrics-venv",
            Self::Model => "peers-model-venv",
        }
    }

    /// The figure that is drawn from its rows.
    pub(crate) fn figure(self) -> Option<&'static str> {
        match self {
            Self::Quality => Some("docs/images/benchmarks-quality.svg"),
            Self::Segmetrics | Self::Model => None,
        }
    }

    /// The package and the program of the Rust side.
    pub(crate) fn server(self) -> (&'static str, &'static str) {
        match self {
            Self::Quality | Self::Segmetrics => ("qunet-benches", "peers-server"),
            Self::Model => ("qunet-model-benches", "model-server"),
        }
    }

    /// The script that times both sides, and its first arguments.
    pub(crate) fn script(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Quality | Self::Segmetrics => ("main.py", Some(self.name())),
            Self::Model => ("model/compare.py", None),
        }
    }

    /// How many threads a numeric library takes.
    pub(crate) fn threads(self) -> &'static str {
        match self {
            Self::Quality | Self::Segmetrics => "1",
            Self::Model => "2",
        }
    }
}

/// The rows of a run, in JSON; `extras` are lists of requirements beside the family's own.
pub(crate) fn measure(
    workspace: &Workspace,
    family: Family,
    extras: &[&str],
    options: &Options,
) -> anyhow::Result<String> {
    let folder = workspace.root().join("benches/peers");
    let lists = ["requirements.txt"].iter().chain(extras);
    let lists: Vec<PathBuf> = lists.map(|list| folder.join(family.name()).join(list)).collect();
    let python = environment::provide(family.environment(), &lists)?;
    let server = build(workspace, family)?;
    let out = tempfile::tempdir().context("cannot make a temporary folder")?;
    let out = out.path().join("rows.json");
    let mut script = script(&python, &folder, family, &server, &out);
    if let Some(rows) = &options.rows {
        script.args(["--rows", rows]);
    }
    if options.quick {
        script.arg("--quick");
    }
    command::run(&mut script)?;
    fs::read_to_string(&out).with_context(|| format!("the script left no {}", out.display()))
}

fn build(workspace: &Workspace, family: Family) -> anyhow::Result<PathBuf> {
    if family == Family::Model {
        setup::ensure(workspace)?;
    }
    let (package, program) = family.server();
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--release", "-p", package, "--bin", program]);
    command::run(&mut cargo)?;
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    Ok(workspace.target_dir()?.join("release").join(name))
}

fn script(python: &Path, folder: &Path, family: Family, server: &Path, out: &Path) -> Command {
    let (file, argument) = family.script();
    let mut script = Command::new(python);
    script.arg(folder.join(file)).args(argument);
    script.arg("--server").arg(server).arg("--out").arg(out);
    script.env_remove("PYTHONPATH").env("PYTHONDONTWRITEBYTECODE", "1");
    script.envs(THREADS.map(|variable| (variable, family.threads())));
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_get_one_thread() {
        let path = Path::new;
        let (peers, family) = (path("peers"), Family::Quality);
        let script = script(path("python"), peers, family, path("server"), path("rows.json"));
        let line = command::line(&script).replace('\\', "/");
        assert_eq!(line, "python peers/main.py quality --server server --out rows.json");
        for variable in THREADS {
            let of_script = script.get_envs().find(|(name, _)| *name == variable);
            assert_eq!(of_script.unwrap().1.unwrap(), "1", "{variable}");
        }
    }
}
