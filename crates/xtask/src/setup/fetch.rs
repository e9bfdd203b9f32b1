//! The wheels, by the user's own pip and so from the user's own package index.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};

use super::libtorch::WANTED;
use super::locate;
use super::wheels::Wheel;

/// What to do when LibTorch cannot be made from wheels.
fn remedy() -> String {
    format!(
        "Do one of these and run `cargo xtask setup` again:\n  \
         - install python3 with pip, and be online (on 64-bit x86 Linux);\n  \
         - run `pip install torch=={WANTED}` in the Python you use;\n  \
         - unpack a LibTorch {WANTED} somewhere and set LIBTORCH=/absolute/path/to/it."
    )
}

/// The wheels are made for 64-bit x86 Linux with glibc.
pub(crate) fn check_platform() -> anyhow::Result<()> {
    if cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
        return Ok(());
    }
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    bail!("setup has no wheels for {os} on {arch}.\n{}", remedy())
}

/// Downloads the wheels that are not in the folder yet, and checks all of them.
pub(crate) fn wheels(
    wheels: &[Wheel],
    downloads: impl AsRef<Path>,
) -> anyhow::Result<Vec<PathBuf>> {
    let downloads = downloads.as_ref();
    fs::create_dir_all(downloads)
        .with_context(|| format!("cannot make the folder {}", downloads.display()))?;
    remove_leftovers(downloads)?;
    let mut pip = None;
    let mut files = Vec::new();
    for wheel in wheels {
        let file = downloads.join(wheel.file);
        if !complete(wheel, &file) {
            let python = match pip.take() {
                Some(python) => python,
                None => python_with_pip()?,
            };
            download(&python, wheel, downloads)?;
            verify(wheel, &file)?;
            pip = Some(python);
        }
        files.push(file);
    }
    Ok(files)
}

/// How the names of pip's work folders begin.
const WORK: &str = "pip-";

/// Removes the work folders of interrupted runs.
fn remove_leftovers(downloads: &Path) -> anyhow::Result<()> {
    let entries =
        fs::read_dir(downloads).with_context(|| format!("cannot list {}", downloads.display()))?;
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(WORK) {
            let path = entry.path();
            fs::remove_dir_all(&path)
                .with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// Whether an earlier run left this wheel whole; if not, what it left is removed.
fn complete(wheel: &Wheel, file: &Path) -> bool {
    if !file.exists() {
        return false;
    }
    match verify(wheel, file) {
        Ok(()) => {
            eprintln!("{} is downloaded already", wheel.file);
            true
        }
        Err(why) => {
            eprintln!("{why:#}: downloading it again");
            let _absent_is_fine = fs::remove_file(file);
            false
        }
    }
}

/// Checks size and SHA-256 of a wheel.
fn verify(wheel: &Wheel, path: &Path) -> anyhow::Result<()> {
    let mut file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut hasher = Hasher(Sha256::new());
    let bytes = io::copy(&mut file, &mut hasher)
        .with_context(|| format!("cannot read {}", path.display()))?;
    if bytes != wheel.bytes {
        let expected = wheel.bytes;
        bail!("{} has {bytes} bytes instead of {expected}", wheel.file);
    }
    let found = hex(&hasher.0.finalize());
    if found != wheel.sha256 {
        let expected = wheel.sha256;
        bail!("{} has the SHA-256 {found} instead of {expected}", wheel.file);
    }
    Ok(())
}

struct Hasher(Sha256);

impl io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn python_with_pip() -> anyhow::Result<PathBuf> {
    let has_pip = |python: &PathBuf| {
        Command::new(python)
            .args(["-m", "pip", "--version"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    match locate::pythons().into_iter().find(has_pip) {
        Some(python) => Ok(python),
        None => bail!("there is no python3 with pip to download LibTorch.\n{}", remedy()),
    }
}

/// One wheel by pip, which checks the hash and shows its own progress.
fn download(python: &Path, wheel: &Wheel, downloads: &Path) -> anyhow::Result<()> {
    // On the same disk as the result: a system's temporary folder can be too small for it.
    let work = tempfile::Builder::new()
        .prefix(WORK)
        .tempdir_in(downloads)
        .with_context(|| format!("cannot make a folder in {}", downloads.display()))?;
    let requirements = work.path().join("requirements.txt");
    fs::write(&requirements, wheel.requirement())
        .with_context(|| format!("cannot write {}", requirements.display()))?;
    eprintln!(
        "Downloading {} {} ({:.1} MB)",
        wheel.package,
        wheel.version,
        wheel.bytes as f64 / 1e6
    );
    let status = pip_download(python, wheel, &requirements, work.path(), downloads)
        .status()
        .with_context(|| format!("cannot start {}", python.display()))?;
    if !status.success() {
        bail!(
            "pip could not download {} {}; its own message is above.\n{}",
            wheel.package,
            wheel.version,
            remedy()
        );
    }
    Ok(())
}

fn pip_download(
    python: &Path,
    wheel: &Wheel,
    requirements: &Path,
    work: &Path,
    downloads: &Path,
) -> Command {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "download"])
        .args(["--no-deps", "--only-binary=:all:", "--no-cache-dir"])
        .args(["--python-version", "3.11", "--implementation", "cp"])
        .args(["--abi", "cp311", "--platform", wheel.platform])
        .arg("--require-hashes")
        .arg("--requirement")
        .arg(requirements)
        .arg("--dest")
        .arg(downloads)
        .env("TMPDIR", work)
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .env("PIP_NO_INPUT", "1")
        .env("PIP_REQUIRE_VIRTUALENV", "0")
        .stdin(Stdio::null());
    pip
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 of "abc" (FIPS 180-2, appendix B.1).
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn wheel(sha256: &'static str) -> Wheel {
        Wheel {
            package: "fake",
            version: "1",
            platform: "any",
            file: "fake-1.whl",
            sha256,
            bytes: 3,
            members: &[],
        }
    }

    #[test]
    fn a_whole_wheel_is_not_downloaded_again() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("fake-1.whl"), "abc").unwrap();
        let files = wheels(&[wheel(ABC)], folder.path()).unwrap();
        assert_eq!(files, [folder.path().join("fake-1.whl")]);
    }

    #[test]
    fn a_wrong_hash_names_both() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("fake-1.whl");
        fs::write(&file, "abc").unwrap();
        let why = verify(&wheel("0123"), &file).unwrap_err().to_string();
        assert_eq!(why, format!("fake-1.whl has the SHA-256 {ABC} instead of 0123"));
        fs::write(&file, "ab").unwrap();
        let why = verify(&wheel(ABC), &file).unwrap_err().to_string();
        assert_eq!(why, "fake-1.whl has 2 bytes instead of 3");
    }

    #[test]
    fn what_an_interrupted_run_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("fake-1.whl");
        fs::write(&file, "ab").unwrap();
        assert!(!complete(&wheel(ABC), &file));
        assert!(!file.exists());
    }
}
