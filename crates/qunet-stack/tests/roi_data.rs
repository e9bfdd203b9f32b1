//! Regions that are found, against those that people drew, where the data is at hand.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use qunet_stack::ndarray;
use qunet_stack::roi::Anatomy;
use qunet_stack::{LabelMap, Stack};

fn data(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let path = root.join(name);
    if !path.is_dir() {
        println!("skipped: there is no {}", path.display());
        return None;
    }
    Some(path)
}

fn dice(found: &ndarray::Array3<bool>, truth: &LabelMap) -> f64 {
    let (mut both, mut all) = (0u64, 0u64);
    for (&found, &truth) in found.iter().zip(truth.labels()) {
        both += u64::from(found && truth > 0);
        all += u64::from(found) + u64::from(truth > 0);
    }
    2.0 * both as f64 / all as f64
}

#[test]
fn lungs_are_those_that_were_drawn() {
    let Some(folder) = data("covid_ct_radiopaedia_a") else { return };
    let mut masks: Vec<PathBuf> = walk(&folder);
    masks.retain(|path| path.to_string_lossy().ends_with("_lung.nii.gz"));
    masks.sort();
    assert!(!masks.is_empty());
    for mask in masks {
        let name = mask.file_name().unwrap().to_string_lossy().replace("_lung.nii.gz", "");
        let image = walk(&folder).into_iter().find(|path| {
            let file = path.file_name().unwrap().to_string_lossy();
            file.starts_with(&name) && !file.contains("lung") && !file.contains("infection")
        });
        let stack = Stack::open(image.unwrap()).unwrap();
        let truth = LabelMap::open_binary(&mask, &stack).unwrap();
        let dice = dice(&Anatomy::Lungs.find(&stack).unwrap(), &truth);
        println!("{name}: Dice {dice:.4}");
        assert!(dice > 0.95, "{name}: {dice}");
    }
}

/// No retina was drawn in this data, but fluid lies within it, and a retina is 0.2 to 0.6 mm thick
/// (swollen ones more), of the 496 rows of 3.87 micrometres that a B-scan has.
#[test]
fn the_band_of_the_retina_holds_the_fluid_and_is_as_thick_as_a_retina() {
    let Some(folder) = data("oct_dme_duke_a") else { return };
    let mut subjects: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("masks").is_dir())
        .collect();
    subjects.sort();
    assert!(!subjects.is_empty());
    let (mut fluid, mut within) = (0u64, 0u64);
    for subject in subjects {
        let stack = Stack::open(subject.join("images")).unwrap();
        let truth = LabelMap::open_binary(subject.join("masks"), &stack).unwrap();
        let found = Anatomy::Retina.find(&stack).unwrap();
        let both = found.iter().zip(truth.labels()).filter(|&(&found, &truth)| found && truth > 0);
        let (both, all) =
            (both.count() as u64, truth.labels().iter().filter(|&&at| at > 0).count());
        (fluid, within) = (fluid + all as u64, within + both);
        let [slices, _, width] = stack.shape();
        let band = found.iter().filter(|&&found| found).count();
        let thickness = 0.00387 * band as f64 / (slices * width) as f64;
        let share = both as f64 / all as f64;
        let name = subject.file_name().unwrap().to_string_lossy().into_owned();
        println!("{name}: {:.2} % of the fluid, {thickness:.3} mm thick", 100.0 * share);
        assert!((0.2..0.7).contains(&thickness), "{name}: {thickness} mm");
    }
    println!("all: {:.2} % of the fluid", 100.0 * within as f64 / fluid as f64);
    assert!(within as f64 > 0.99 * fluid as f64, "{within} of {fluid}");
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files
}
