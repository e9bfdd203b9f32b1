use std::io::{self, Write};
use std::path::Path;

use tempfile::Builder;

use crate::Error;

/// Writes to a temporary name in the same folder and renames it, so that a reader never sees half
/// a file and a failure leaves nothing behind.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    try_write(path, bytes).map_err(|source| Error::Write { path: path.to_owned(), source })
}

fn try_write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = Builder::new();
    builder.prefix(".qunet-").suffix(".tmp");
    readable_by_others(&mut builder);
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|e| e.error)
}

/// Temporary files are private by default; a report has the usual permissions (less the umask).
#[cfg(unix)]
fn readable_by_others(builder: &mut Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(std::fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn readable_by_others(_: &mut Builder<'_, '_>) {}
