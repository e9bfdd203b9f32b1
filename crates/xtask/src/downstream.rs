//! The recipe for a crate of one's own, tried out: a crate outside the workspace that follows it has to
//! build, and to run with nothing but its own files.
//!
//! The recipe lives in `crates/xtask/downstream/`; tests keep README.md and docs/libtorch.md to it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use crate::command::{self, CommandFailed};
use crate::setup;
use crate::workspace::Workspace;

const MANIFEST: &str = include_str!("../downstream/manifest.toml");
const CONFIG: &str = include_str!("../downstream/config.toml");
const BUILD: &str = include_str!("../downstream/build.rs");
const MAIN: &str = include_str!("../downstream/main.rs");

/// Stands for the clone in the recipe.
const CLONE: &str = "/path/to/qunet";
/// Stands for LibTorch in the recipe.
const LIBTORCH: &str = "/path/to/libtorch";

const PACKAGE: &str =
    "[package]\nname = \"qunet-downstream\"\nversion = \"0.0.0\"\nedition = \"2024\"\n";

/// The paper's own count for U-net++ (without the running statistics of its batch normalisation).
const EXPECTED: &str = "trainable parameters: 9043620";

/// Builds and runs a crate made by the recipe, in a temporary folder.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    setup::ensure(workspace)?;
    let folder = tempfile::Builder::new()
        .prefix("qunet-downstream-")
        .tempdir()
        .context("cannot make a temporary folder")?;
    write(workspace, folder.path())
        .with_context(|| format!("cannot write the crate in {}", folder.path().display()))?;
    let output = cargo_run(workspace, folder.path())?;
    print!("{output}");
    ensure!(
        output.trim() == EXPECTED,
        "the downstream crate printed something else than `{EXPECTED}`"
    );
    Ok(())
}

fn write(workspace: &Workspace, folder: &Path) -> anyhow::Result<()> {
    let root = workspace.root();
    // The same string as in the workspace, and the same profile: then what is built is shared.
    let libtorch = workspace.users_libtorch().unwrap_or_else(|| workspace.libtorch_link());
    let manifest = MANIFEST.replace(CLONE, &root.display().to_string());
    let profile = section(&fs::read_to_string(root.join("Cargo.toml"))?, "[profile.dev]");
    fs::create_dir_all(folder.join("src"))?;
    fs::create_dir_all(folder.join(".cargo"))?;
    fs::write(folder.join("Cargo.toml"), format!("{PACKAGE}\n{manifest}\n{profile}"))?;
    fs::write(
        folder.join(".cargo/config.toml"),
        CONFIG.replace(LIBTORCH, &libtorch.display().to_string()),
    )?;
    fs::write(folder.join("build.rs"), BUILD)?;
    fs::write(folder.join("src/main.rs"), MAIN)?;
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    Ok(())
}

/// One section of a TOML text, with its header.
fn section(toml: &str, header: &str) -> String {
    let mut lines = toml.lines().skip_while(|line| line.trim() != header);
    let head = lines.next().map(|line| format!("{line}\n"));
    head.into_iter()
        .chain(lines.take_while(|line| !line.starts_with('[')).map(|line| format!("{line}\n")))
        .collect()
}

/// `cargo run` in the crate; its standard output. No variable helps it to find LibTorch.
fn cargo_run(workspace: &Workspace, folder: &Path) -> anyhow::Result<String> {
    let mut cargo: Command = workspace.cargo();
    cargo
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", workspace.target_dir()?)
        .args(["run", "--offline"])
        .stderr(Stdio::inherit());
    for name in ["LIBTORCH", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"] {
        cargo.env_remove(name);
    }
    let line = command::line(&cargo);
    eprintln!("$ {line}  # in a crate outside the workspace");
    let output = cargo.output().with_context(|| format!("cannot start `{line}`"))?;
    if !output.status.success() {
        return Err(CommandFailed::new(line, output.status.code()).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts of a recipe line that its place holders do not stand for.
    fn fixed_parts(line: &str) -> Vec<String> {
        line.replace(CLONE, "\0").replace(LIBTORCH, "\0").split('\0').map(str::to_owned).collect()
    }

    fn carries(text: &str, line: &str) -> bool {
        let parts = fixed_parts(line.trim());
        text.lines().any(|candidate| {
            let mut rest = candidate;
            parts.iter().all(|part| match rest.find(part.as_str()) {
                Some(at) => {
                    rest = &rest[at + part.len()..];
                    true
                }
                None => false,
            })
        })
    }

    fn assert_recipe_in(file: &str) {
        let path = Workspace::find().unwrap().root().join(file);
        let text = fs::read_to_string(&path).unwrap_or_else(|why| panic!("{file}: {why}"));
        for part in [MANIFEST, CONFIG, BUILD, MAIN] {
            for line in part.lines().filter(|line| !line.trim().is_empty()) {
                assert!(carries(&text, line), "{file} does not carry `{line}`");
            }
        }
    }

    #[test]
    fn readme_carries_the_recipe() {
        assert_recipe_in("README.md");
    }

    #[test]
    fn libtorch_page_carries_the_recipe() {
        assert_recipe_in("docs/libtorch.md");
    }

    #[test]
    fn place_holders_may_differ() {
        let line = "LIBTORCH = \"/path/to/libtorch\"";
        assert!(carries("x\nLIBTORCH = \"/opt/lt\"\n", line));
        assert!(!carries("LIBTORCH = /opt/lt\n", line));
    }

    #[test]
    fn a_section_ends_where_the_next_begins() {
        let toml = "[a]\nx = 1\n\n[profile.dev]\nopt-level = 2\n\n[profile.release]\ndebug = 1\n";
        assert_eq!(section(toml, "[profile.dev]"), "[profile.dev]\nopt-level = 2\n\n");
        assert_eq!(section(toml, "[none]"), "");
    }
}
