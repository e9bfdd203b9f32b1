//! From wheels to a LibTorch folder, in a folder beside its place until it is complete.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use zip::ZipArchive;

use super::wheels::Wheel;

/// A new folder `NAME.partial-…`, removed when dropped.
pub(crate) fn partial_folder(
    parent: impl AsRef<Path>,
    name: &str,
) -> anyhow::Result<tempfile::TempDir> {
    let parent = parent.as_ref();
    let prefix = format!("{name}.partial-");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755));
    builder
        .tempdir_in(parent)
        .with_context(|| format!("cannot make a folder in {}", parent.display()))
}

/// Whether this is the name of such a folder.
pub(crate) fn is_partial(entry: &str, name: &str) -> bool {
    entry.strip_prefix(name).is_some_and(|rest| rest.starts_with(".partial-"))
}

/// Unpacks the kept members of wheels into one folder.
pub(crate) struct Unpack<'a> {
    to: &'a Path,
}

/// A member that is kept: its number in the archive and its size there.
struct Entry {
    index: usize,
    to: PathBuf,
    bytes: u64,
}

impl<'a> Unpack<'a> {
    pub(crate) fn new(to: &'a Path) -> Self {
        Self { to }
    }

    /// Unpacks each wheel from the file at the same position.
    pub(crate) fn all(&self, wheels: &[Wheel], files: &[PathBuf]) -> anyhow::Result<()> {
        for (wheel, file) in wheels.iter().zip(files) {
            self.wheel(wheel, file).with_context(|| format!("cannot unpack {}", file.display()))?;
        }
        Ok(())
    }

    fn wheel(&self, wheel: &Wheel, file: &Path) -> anyhow::Result<()> {
        let mut archive = ZipArchive::new(File::open(file)?)?;
        let entries = kept(wheel, &mut archive)?;
        let bar = bar(wheel.package, entries.iter().map(|entry| entry.bytes).sum());
        for entry in &entries {
            self.member(&mut archive, entry, &bar)?;
        }
        bar.finish();
        Ok(())
    }

    fn member(
        &self,
        archive: &mut ZipArchive<File>,
        entry: &Entry,
        bar: &ProgressBar,
    ) -> anyhow::Result<()> {
        let path = self.to.join(&entry.to);
        let what = || format!("cannot write {}", path.display());
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(what)?;
        }
        let mut file = File::create(&path).with_context(what)?;
        // Reading to the end also checks the CRC of the member.
        let mut reader = bar.wrap_read(archive.by_index(entry.index)?);
        let written = io::copy(&mut reader, &mut file).with_context(what)?;
        ensure!(
            written == entry.bytes,
            "{} has {written} bytes instead of {}",
            path.display(),
            entry.bytes
        );
        Ok(())
    }
}

/// The members to unpack; each member that the wheel promises has to be there.
fn kept(wheel: &Wheel, archive: &mut ZipArchive<File>) -> anyhow::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut names = BTreeSet::new();
    for index in 0..archive.len() {
        let member = archive.by_index(index)?;
        if member.is_dir() {
            continue;
        }
        let name = member.name()?.into_owned();
        if let Some(to) = wheel.destination(&name) {
            ensure!(stays_inside(&to), "the member {name} leads out of the folder");
            names.insert(name);
            entries.push(Entry { index, to: PathBuf::from(to), bytes: member.size() });
        }
    }
    for member in wheel.members {
        let from = member.from();
        let there = names.iter().any(|name| name.starts_with(from));
        ensure!(there, "the wheel has no {from}");
    }
    Ok(entries)
}

fn stays_inside(to: &str) -> bool {
    let normal = |part| matches!(part, Component::Normal(_));
    Path::new(to).components().all(normal)
}

fn bar(package: &str, bytes: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(
        "   Unpacking {msg:20} {bar:32} {binary_bytes:>10}/{binary_total_bytes}",
    );
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(bytes).with_style(style).with_message(package.to_owned());
    if bar.is_hidden() {
        eprintln!("Unpacking {package}");
    }
    bar
}

/// What no wheel holds: the name that the linker asks for (the wheel's own `libtorch.so` would ask for
/// CUDA), and last of all the version, which says that the folder is complete.
pub(crate) fn finish(folder: impl AsRef<Path>, version: &str) -> anyhow::Result<()> {
    let folder = folder.as_ref();
    let library = folder.join("lib/libtorch.so");
    #[cfg(unix)]
    std::os::unix::fs::symlink("libtorch_cpu.so", &library)
        .with_context(|| format!("cannot make the link {}", library.display()))?;
    #[cfg(not(unix))]
    fs::copy(folder.join("lib/libtorch_cpu.so"), &library)
        .with_context(|| format!("cannot write {}", library.display()))?;
    let file = folder.join("build-version");
    fs::write(&file, format!("{version}\n"))
        .with_context(|| format!("cannot write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::super::libtorch::LibTorch;
    use super::super::wheels::{Member, Wheel};
    use super::*;
    use std::io::Write;
    use zip::write::SimpleFileOptions;

    const WHEEL: Wheel = Wheel {
        package: "fake",
        version: "1",
        platform: "any",
        file: "fake-1.whl",
        sha256: "",
        bytes: 0,
        members: &[
            Member::File { from: "fake/lib/libtorch_cpu.so", to: "lib/libtorch_cpu.so" },
            Member::Folder { from: "fake/include/", to: "include/" },
        ],
    };

    fn wheel_file(folder: &Path, members: &[&str]) -> PathBuf {
        let path = folder.join(WHEEL.file);
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        for name in members {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(name.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
        path
    }

    #[test]
    fn only_what_is_named_is_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        let header = "fake/include/torch/csrc/api/include/torch/all.h";
        let members = ["fake/lib/libtorch_cpu.so", "fake/lib/libtorch_cuda.so", header];
        let file = wheel_file(folder.path(), &members);
        let work = partial_folder(folder.path(), "libtorch").unwrap();
        Unpack::new(work.path()).all(&[WHEEL], &[file]).unwrap();
        assert!(LibTorch::inspect(work.path()).is_err(), "not complete yet");
        finish(work.path(), "2.13.0+cpu").unwrap();
        let made = LibTorch::inspect(work.path()).unwrap();
        assert_eq!(made.version(), "2.13.0+cpu");
        let inside = work.path().join("include/torch/csrc/api/include/torch/all.h");
        assert_eq!(fs::read_to_string(inside).unwrap(), header);
        assert!(!work.path().join("lib/libtorch_cuda.so").exists());
    }

    #[test]
    fn a_wheel_without_a_named_member_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = wheel_file(folder.path(), &["fake/lib/libtorch_cpu.so"]);
        let work = partial_folder(folder.path(), "libtorch").unwrap();
        let why = Unpack::new(work.path()).all(&[WHEEL], &[file]).unwrap_err();
        let why = format!("{why:#}");
        assert!(why.ends_with("fake-1.whl: the wheel has no fake/include/"), "{why}");
    }

    #[test]
    fn a_member_that_leads_out_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let members = ["fake/lib/libtorch_cpu.so", "fake/include/../../outside.h"];
        let file = wheel_file(folder.path(), &members);
        let work = partial_folder(folder.path(), "libtorch").unwrap();
        let why = Unpack::new(work.path()).all(&[WHEEL], &[file]).unwrap_err();
        assert!(format!("{why:#}").ends_with("leads out of the folder"), "{why:#}");
        assert!(!folder.path().join("outside.h").exists());
    }

    #[test]
    fn a_failed_folder_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let work = partial_folder(folder.path(), "libtorch").unwrap();
        let path = work.path().to_path_buf();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(is_partial(&name, "libtorch"));
        assert!(!is_partial("libtorch", "libtorch"));
        assert!(!is_partial("downloads", "libtorch"));
        fs::write(path.join("half"), "x").unwrap();
        drop(work);
        assert!(!path.exists());
    }
}
