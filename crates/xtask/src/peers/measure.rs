//! Builds the Rust side and lets the Python of `benches/peers` time both sides.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use super::family::Family;
use super::{Options, environment};
use crate::command;
use crate::setup;
use crate::workspace::Workspace;

/// Variables that say how many threads a numeric library takes.
const THREADS: [&str; 4] =
    ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"];

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
