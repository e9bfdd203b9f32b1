//! The stacks of an archive.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::folder::Folder;

/// The stacks beneath a folder, however deep, in the order of their paths: files that hold a stack by
/// themselves (NIfTI, NumPy arrays, NRRD, TIFF of many pages), and folders whose DICOM files or pictures
/// are the slices of one. Given such a file or folder itself, that is the only one.
///
/// What is found need not be readable: [`Stack::open`](crate::Stack::open) says what is wrong with it. A
/// file that neither its content nor its name makes a stack, such as a note, is left out, as are hidden
/// files and folders. Links to folders are not followed, so that the search ends.
///
/// # Errors
/// [`Error::Read`] where the folder, or one in it, cannot be listed.
///
/// ```
/// use qunet_stack::{find_stacks, phantom::CtPhantom};
///
/// let archive = tempfile::tempdir()?;
/// let stack = CtPhantom { slices: 4, size: 48, seed: 1 }.generate()?.stack;
/// stack.write(archive.path().join("b.nii.gz"))?;
/// std::fs::create_dir_all(archive.path().join("a/deep"))?;
/// stack.write(archive.path().join("a/deep/ct.nii"))?;
/// std::fs::write(archive.path().join("a/notes.txt"), "second visit")?;
/// let found = find_stacks(archive.path())?;
/// assert_eq!(found, [archive.path().join("a/deep/ct.nii"), archive.path().join("b.nii.gz")]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn find_stacks(path: impl AsRef<Path>) -> Result<Vec<PathBuf>, Error> {
    let path = path.as_ref();
    let metadata = fs::metadata(path).map_err(|source| cannot_read(path, source))?;
    if !metadata.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        found.extend(stacks_in(&folder)?);
        folders.extend(folders_in(&folder)?);
    }
    found.sort();
    Ok(found)
}

fn cannot_read(path: &Path, source: std::io::Error) -> Error {
    Error::Read { path: path.to_owned(), source }
}

/// The stacks of one folder, without those of the folders in it.
fn stacks_in(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let Folder { dicom, mut pictures, stacks, broken } = Folder::list(folder)?;
    let mut found: Vec<PathBuf> = stacks.into_iter().filter(|path| !is_half(path)).collect();
    if dicom.is_empty() && broken.is_empty() {
        let (volumes, pages): (Vec<_>, Vec<_>) =
            pictures.into_iter().partition(|path| has_pages(path));
        found.extend(volumes);
        pictures = pages;
    }
    if !(dicom.is_empty() && broken.is_empty() && pictures.is_empty()) {
        found.push(folder.to_owned());
    }
    Ok(found)
}

/// Whether a file is the pixels of a pair whose header lies beside it.
fn is_half(path: &Path) -> bool {
    let pixels = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("img"));
    pixels && ["hdr", "HDR"].iter().any(|ending| path.with_extension(ending).is_file())
}

/// Whether a picture is a TIFF file of more than one page.
#[cfg(feature = "tiff")]
fn has_pages(path: &Path) -> bool {
    use crate::source::{Format, Purpose, Source};
    Format::of_file(path).is_ok_and(|format| format == Format::Tiff)
        && crate::tiff_file::Slices::open(path, Purpose::Image)
            .is_ok_and(|slices| slices.shape()[0] > 1)
}

#[cfg(not(feature = "tiff"))]
fn has_pages(_path: &Path) -> bool {
    false
}

fn folders_in(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder).map_err(|source| cannot_read(folder, source))? {
        let entry = entry.map_err(|source| cannot_read(folder, source))?;
        let kind = entry.file_type().map_err(|source| cannot_read(&entry.path(), source))?;
        if kind.is_dir() && !entry.file_name().as_encoded_bytes().starts_with(b".") {
            folders.push(entry.path());
        }
    }
    Ok(folders)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::phantom::CtPhantom;
    use crate::{Error, Pixels, SliceId, SliceView};

    #[test]
    fn every_kind_is_found_once() -> Result<(), Box<dyn std::error::Error>> {
        let archive = tempfile::tempdir()?;
        let root = archive.path();
        let stack = CtPhantom { slices: 4, size: 32, seed: 1 }.generate()?.stack;
        for folder in ["pictures", "pages", "nothing/at/all", ".hidden", "broken", "many pages"] {
            fs::create_dir_all(root.join(folder))?;
        }
        stack.write(root.join("pair.hdr"))?;
        stack.write(root.join("ct.nii.gz"))?;
        stack.write(root.join(".hidden/ct.nii"))?;
        fs::write(root.join("notes.txt"), "second visit")?;
        fs::write(root.join("broken/1.dcm"), "no DICOM")?;
        for slice in 0..3 {
            let SliceView::I16(pixels) = stack.slice(SliceId(slice))? else {
                return Err("the phantom is in Hounsfield units".into());
            };
            let grey = pixels.mapv(|hu| (hu / 16 + 100).clamp(0, 255) as u8);
            let grey = image::GrayImage::from_raw(32, 32, grey.into_raw_vec_and_offset().0);
            let grey = grey.ok_or("a slice is 32 x 32")?;
            grey.save(root.join(format!("pictures/{slice}.png")))?;
            let mut file = fs::File::create(root.join(format!("pages/{slice}.tif")))?;
            let mut page = tiff::encoder::TiffEncoder::new(&mut file)?;
            page.write_image::<tiff::encoder::colortype::Gray8>(32, 32, grey.as_raw())?;
        }
        let mut file = fs::File::create(root.join("many pages/all.tif"))?;
        let mut pages = tiff::encoder::TiffEncoder::new(&mut file)?;
        for _ in 0..2 {
            pages.write_image::<tiff::encoder::colortype::Gray8>(4, 4, &[7; 16])?;
        }
        let found = find_stacks(root)?;
        let names: Vec<_> = found.iter().map(|path| path.strip_prefix(root)).collect();
        let names: Vec<_> = names.into_iter().flatten().map(Path::to_string_lossy).collect();
        let expected =
            ["broken", "ct.nii.gz", "many pages/all.tif", "pages", "pair.hdr", "pictures"];
        assert_eq!(names, expected);
        // All but the broken one can be opened as they are listed.
        for path in &found {
            let opened = crate::Stack::open(path);
            assert_eq!(opened.is_ok(), !path.ends_with("broken"), "{}", path.display());
            if let Ok(opened) = opened {
                assert!(!matches!(opened.pixels(), Pixels::F32(_)));
            }
        }
        // A stack itself is the only one.
        assert_eq!(find_stacks(root.join("ct.nii.gz"))?, [root.join("ct.nii.gz")]);
        assert_eq!(find_stacks(root.join("pages"))?, [root.join("pages")]);
        assert!(matches!(find_stacks(root.join("no")), Err(Error::Read { .. })));
        Ok(())
    }
}
