//! This clone: its root, its link to LibTorch, its target folder, and `cargo` inside it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

/// Name of the link in the repository root; `.cargo/config.toml` sets LIBTORCH to it.
const LINK: &str = "libtorch";

/// The clone that this `xtask` belongs to.
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    pub(crate) fn find() -> anyhow::Result<Self> {
        let package = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        let root = package
            .ancestors()
            .nth(2)
            .filter(|root| root.join("Cargo.lock").is_file())
            .with_context(|| {
                let package = package.display();
                format!("{package} is not in the workspace; call it as `cargo xtask`")
            })?;
        Ok(Self { root: root.to_path_buf() })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where `cargo xtask setup` leaves its link.
    pub(crate) fn libtorch_link(&self) -> PathBuf {
        self.root.join(LINK)
    }

    /// LIBTORCH as the user set it: cargo itself sets it to the link of this workspace.
    pub(crate) fn users_libtorch(&self) -> Option<PathBuf> {
        users_libtorch(std::env::var_os("LIBTORCH"), &self.libtorch_link())
    }

    /// `cargo` in the root, with the environment that a person's own call has (else LibTorch's
    /// bindings would be built again).
    pub(crate) fn cargo(&self) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.current_dir(&self.root);
        if self.users_libtorch().is_none() {
            command.env_remove("LIBTORCH");
        }
        command
    }

    /// The folder that cargo builds into.
    pub(crate) fn target_dir(&self) -> anyhow::Result<PathBuf> {
        let output = self
            .cargo()
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()
            .context("cannot start `cargo metadata`")?;
        let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)
            .context("`cargo metadata` did not answer in JSON")?;
        metadata["target_directory"]
            .as_str()
            .map(PathBuf::from)
            .context("`cargo metadata` names no target_directory")
    }
}

fn users_libtorch(variable: Option<OsString>, link: &Path) -> Option<PathBuf> {
    let path = PathBuf::from(variable?);
    (!path.as_os_str().is_empty() && !same_place(&path, link)).then_some(path)
}

/// Whether both paths name the same entry of the same folder (neither is followed if it is a link).
fn same_place(a: &Path, b: &Path) -> bool {
    let folder = |path: &Path| path.parent().and_then(|parent| parent.canonicalize().ok());
    a == b || (a.file_name() == b.file_name() && folder(a).is_some() && folder(a) == folder(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_is_not_the_users_own() {
        let clone = tempfile::tempdir().unwrap();
        let link = clone.path().join("libtorch");
        let spelled = clone.path().join(".").join("libtorch");
        for own in [None, Some(""), link.to_str(), spelled.to_str()] {
            assert_eq!(users_libtorch(own.map(Into::into), &link), None, "{own:?}");
        }
        let theirs = PathBuf::from("/opt/libtorch");
        assert_eq!(users_libtorch(Some(theirs.clone().into()), &link), Some(theirs));
    }

    #[test]
    fn the_root_holds_the_lock_file() {
        assert!(Workspace::find().unwrap().root().join("Cargo.lock").is_file());
    }
}
