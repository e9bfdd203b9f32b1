//! A campaign from its beginning to its end, and what it refuses.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::ops::ControlFlow;

use common::{alone, begin, chain, config, drive, files, phantom, tiny, truth};
use ndarray::{Array3, Axis};
use qunet_campaign::{
    Campaign, CampaignConfig, CampaignReport, Error, Event, Item, Masks, Next, Queried,
    RecordedLabels, RoundSizes, Silent, StackSource, run_rounds,
};
use qunet_exchange::Format;
use qunet_select::{CoreSet, PowerScore, StopReason, StrategyConfig};
use qunet_stack::{Geometry, LabelMap, SliceId, Stack};

#[test]
fn it_asks_until_the_budget_is_spent_and_keeps_what_was_drawn() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut config = config();
    // So low that a network of two filters finds something, and kappa is defined.
    config.prediction.threshold = 0.1;
    let campaign = drive(folder.path(), &config);
    let manifest = campaign.manifest();
    let counts: Vec<usize> =
        manifest.rounds.iter().map(|round| round.selection.ids().len()).collect();
    // 10 of 20 slices are allowed: 4 by quality, then 3 and 3.
    assert_eq!(counts, [4, 3, 3]);
    let asked: Vec<_> = manifest.rounds.iter().flat_map(|round| round.selection.ids()).collect();
    assert_eq!(asked.iter().collect::<BTreeSet<_>>().len(), asked.len());
    assert_eq!(manifest.annotated(), asked.len());
    let spent = StopReason::BudgetSpent { annotated: 10, allowed: 10 };
    assert_eq!(manifest.ended, Some(spent));
    assert_eq!(campaign.status().next, Next::Done { reason: spent });

    let pages = folder.path().join("pages");
    fs::create_dir(&pages).unwrap();
    let page = fs::read_to_string(CampaignReport::new(&campaign).write(&pages).unwrap()).unwrap();
    for word in
        ["10 of 20 slices annotated", "the budget is spent", "a-chosen-slices", "b-segmented"]
    {
        assert!(page.contains(word), "{word}");
    }

    let stack = Stack::open(folder.path().join("a.nii.gz")).unwrap();
    let path = campaign.folder().join("segmentations/a.nii.gz");
    let segmentation = LabelMap::open_binary(&path, &stack).unwrap();
    let drawn = phantom(1).truth;
    for &id in &manifest.stacks[0].annotated {
        assert_eq!(segmentation.slice(id).unwrap(), drawn.slice(id).unwrap());
    }
    assert_eq!(Stack::open(path).unwrap().geometry(), stack.geometry());
    // By whatever name the stack comes again, it is known by its pixels.
    let again = campaign.segment_other(&stack, &mut Silent).unwrap();
    assert_eq!((again.labels, again.own), (campaign.segmentation(0).unwrap().unwrap(), Some(0)));
    assert!(manifest.rounds[1].query.as_ref().unwrap().summary.prediction_kappa.is_some());
    let leftovers = files(campaign.folder());
    assert!(leftovers.iter().all(|path| !path.to_string_lossy().contains("checkpoint")));
    // Scores of both stacks, an image of the one that is no NIfTI file, and the last generations.
    let kept = manifest.stacks.iter().map(|stack| stack.annotations.generation.min(3) + 1);
    let in_stacks = leftovers.iter().filter(|path| path.starts_with("stacks")).count();
    assert_eq!(in_stacks, 2 + 1 + kept.sum::<usize>());
}

#[test]
fn only_files_marked_as_partial_are_removed() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let campaign = begin(folder.path(), &config());
    let folder = campaign.folder().to_owned();
    drop(campaign);
    let theirs = [
        "stacks/a.annotations-final.nii.gz",
        "stacks/a.annotations-3.nii.gz",
        "round-1/a.annotations-3.nii.gz",
        "stacks/.partial-b",
    ];
    let leftovers = ["stacks/.qunet-partial-b", "round-1/.qunet-partial-c", ".qunet-partial-d"];
    for path in theirs.iter().chain(&leftovers) {
        fs::write(folder.join(path), "drawn").unwrap();
    }
    let campaign = Campaign::open(&folder).unwrap();
    assert!(theirs.iter().all(|path| folder.join(path).is_file()));
    assert!(leftovers.iter().all(|path| !folder.join(path).exists()));
    assert!(folder.join(Item::Annotations("a", 0).path()).is_file());
    drop(campaign);
}

/// Puts an older manifest back and looks at the campaign in every way: the annotations that it does
/// not know of stay, and the next ingest leaves them alone.
#[test]
fn an_older_manifest_put_back_loses_no_annotation() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut campaign = begin(folder.path(), &config());
    let root = campaign.folder().to_owned();
    let older = fs::read(root.join("campaign.json")).unwrap();
    campaign.ingest(&truth(folder.path())).unwrap();
    let newest = root.join(Item::Annotations("a", 1).path());
    let drawn = fs::read(&newest).unwrap();
    drop(campaign);
    fs::write(root.join("campaign.json"), older).unwrap();
    drop(Campaign::view(&root).unwrap().status());
    let mut campaign = Campaign::open(&root).unwrap();
    assert_eq!(fs::read(&newest).unwrap(), drawn);
    // The same masks are taken as they lie there; others get a generation of their own.
    campaign.ingest(&truth(folder.path())).unwrap();
    assert_eq!(campaign.manifest().stacks[0].annotations.generation, 1);
    let first = campaign.manifest().stacks[0].annotated[0];
    campaign.ingest(&Masks::default().empty("a", first).stack("a", blank(folder.path()))).unwrap();
    assert_eq!(campaign.manifest().stacks[0].annotations.generation, 2);
    assert_eq!(fs::read(&newest).unwrap(), drawn);
}

/// A label map of stack `a` on which nothing is drawn.
fn blank(folder: &std::path::Path) -> std::path::PathBuf {
    let path = folder.join("blank.nii.gz");
    phantom(1).stack.write_labels(&path, &Array3::zeros((10, 48, 48))).unwrap();
    path
}

#[test]
fn the_last_three_generations_of_annotations_are_kept() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut campaign = begin(folder.path(), &config());
    campaign.ingest(&truth(folder.path())).unwrap();
    let id = campaign.manifest().stacks[0].annotated[0];
    let path = folder.path().join("corrected.nii.gz");
    for change in 0..6 {
        let mut labels = phantom(1).truth.labels().clone();
        labels[[id.0, change, 0]] = 1;
        phantom(1).stack.write_labels(&path, &labels).unwrap();
        assert_eq!(campaign.ingest(&Masks::default().stack("a", &path)).unwrap().changed.len(), 1);
    }
    let there: Vec<usize> = (0..9)
        .filter(|&generation| {
            campaign.folder().join(Item::Annotations("a", generation).path()).exists()
        })
        .collect();
    assert_eq!(there, [4, 5, 6, 7]);
}

/// Every path of a folder with its content and the time it was last written.
fn snapshot(root: &std::path::Path) -> Vec<(std::path::PathBuf, Vec<u8>, std::time::SystemTime)> {
    let entry = |path: std::path::PathBuf| {
        let whole = root.join(&path);
        (path, fs::read(&whole).unwrap(), whole.metadata().unwrap().modified().unwrap())
    };
    files(root).into_iter().map(entry).collect()
}

#[test]
fn looking_writes_nothing_and_works_while_another_program_is_at_work() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let campaign = drive(folder.path(), &config());
    let root = campaign.folder().to_owned();
    fs::write(root.join("round-1/.qunet-partial-of-the-other"), "half").unwrap();
    let before = snapshot(&root);
    let mut view = Campaign::view(&root).unwrap();
    assert_eq!(view.status(), campaign.status());
    let pages = folder.path().join("pages");
    fs::create_dir(&pages).unwrap();
    CampaignReport::new(&view).write(&pages).unwrap();
    assert_eq!(snapshot(&root), before);
    let known = Masks::default().stack("a", blank(folder.path()));
    let known = known.stack("b", folder.path().join("b.truth")).accept_empty(true);
    let ingested = view.ingest(&known);
    assert!(ingested.is_ok(), "nothing changes, so nothing is written: {ingested:?}");
    let error = view.segment().unwrap_err();
    assert!(matches!(error, Error::ReadOnly { .. }), "{error}");
    assert_eq!(snapshot(&root), before);
}

#[test]
fn a_manifest_written_by_another_program_is_not_replaced() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut campaign = begin(folder.path(), &config());
    let path = campaign.folder().join("campaign.json");
    let mut theirs = fs::read(&path).unwrap();
    theirs.push(b'\n');
    fs::write(&path, &theirs).unwrap();
    let error = campaign.ingest(&truth(folder.path())).unwrap_err();
    assert!(matches!(error, Error::LostUpdate { .. }), "{error}");
    assert_eq!(fs::read(&path).unwrap(), theirs);
}

#[cfg(unix)]
#[test]
fn links_inside_the_folder_are_not_followed() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let campaign = begin(folder.path(), &config());
    let root = campaign.folder().to_owned();
    drop(campaign);
    let outside = folder.path().join("outside.txt");
    fs::write(&outside, "theirs").unwrap();
    let link = |name: &str| {
        let path = root.join(name);
        let _ = fs::remove_file(&path);
        std::os::unix::fs::symlink(&outside, path).unwrap();
    };
    link("campaign.lock");
    let error = Campaign::open(&root).unwrap_err();
    assert!(matches!(error, Error::Link { .. }), "{error}");
    fs::remove_file(root.join("campaign.lock")).unwrap();
    let mut campaign = Campaign::open(&root).unwrap();
    link("stacks/a.annotations-1.nii.gz");
    let error = campaign.ingest(&truth(folder.path())).unwrap_err();
    assert!(matches!(error, Error::Link { .. }), "{error}");
    assert_eq!(fs::read_to_string(&outside).unwrap(), "theirs");
}

#[test]
fn every_step_twice_is_the_step_once() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut campaign = begin(folder.path(), &config());
    let masks = truth(folder.path());
    let taken = campaign.ingest(&masks).unwrap().taken.len();
    assert_eq!(taken, 4);
    let again = campaign.ingest(&masks).unwrap();
    assert_eq!((again.taken.len(), again.changed.len()), (0, 0));
    let trained = campaign.train(&mut Silent).unwrap().clone();
    let mut refuse = |_: &Event| ControlFlow::Break(());
    assert_eq!(campaign.train(&mut refuse).unwrap(), &trained);
    let first = campaign.query(&mut Silent).unwrap();
    assert_eq!(campaign.query(&mut refuse).unwrap(), first);
    assert!(matches!(first, Queried::Asks(_)));
    drop(campaign);
    let reopened = begin(folder.path(), &config());
    assert_eq!(reopened.manifest().rounds.len(), 2);
}

#[test]
fn a_slice_without_foreground_waits_until_somebody_says_it_is_empty() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut campaign = begin(folder.path(), &config());
    let waiting = campaign.manifest().waiting();
    // The label maps as they were written: nothing is drawn yet.
    assert_eq!(campaign.ingest(&Masks::default()).unwrap().waiting, waiting);
    let message = campaign.train(&mut Silent).unwrap_err().to_string();
    assert!(message.starts_with("cannot train yet: 4 slice(s) wait"), "{message}");
    let first = waiting[0];
    let name = campaign.manifest().stacks[first.stack].source.name.clone();
    let ingested = campaign.ingest(&Masks::default().empty(name, first.slice)).unwrap();
    assert_eq!((ingested.taken, ingested.waiting), (vec![first], waiting[1..].to_vec()));
    let ingested = campaign.ingest(&Masks::default().accept_empty(true)).unwrap();
    assert_eq!((ingested.taken.len(), ingested.waiting.len()), (3, 0));
}

#[test]
fn a_slice_named_as_empty_is_never_passed_over() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut campaign = begin(folder.path(), &config());
    let lesion = |slice: &SliceId| phantom(1).truth.mask(*slice).unwrap().iter().any(|&it| it);
    let drawn = campaign.manifest().asked(0).into_iter().find(lesion).unwrap();
    let other = campaign.manifest().asked(1)[0];
    let truth = folder.path().join("a.truth.nii.gz");
    // The other stack has no masks here.
    let both = Masks::default().stack("a", &truth).empty("b", other);
    let ingested = campaign.ingest(&both).unwrap();
    assert!(ingested.taken.iter().any(|id| (id.stack, id.slice) == (1, other)));
    assert!(campaign.manifest().stacks[0].is_annotated(drawn));
    // Drawn and empty at once is a contradiction.
    let both = Masks::default().stack("a", &truth).empty("a", drawn);
    assert!(matches!(campaign.ingest(&both), Err(Error::NotEmptySlice { .. })));
}

#[test]
fn one_class_is_not_read_where_there_are_several() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let classes = ["lesion", "vessel"].map(str::to_owned).to_vec();
    let mut campaign = begin(folder.path(), &CampaignConfig { classes, ..config() });
    let masks = Masks::default().binary(true).accept_empty(true);
    let message = campaign.ingest(&masks).unwrap_err().to_string();
    assert!(message.contains("lesion, vessel"), "{message}");
}

#[test]
fn training_goes_on_from_weights_that_saw_foreground_and_otherwise_starts_afresh() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut config = config();
    config.fine_tune.epochs = 1;
    let mut campaign = begin(folder.path(), &config);
    campaign.ingest(&Masks::default().accept_empty(true)).unwrap();
    for _ in 0..2 {
        campaign.train(&mut Silent).unwrap();
        assert!(matches!(campaign.query(&mut Silent).unwrap(), Queried::Asks(_)));
        campaign.ingest(&truth(folder.path())).unwrap();
    }
    campaign.train(&mut Silent).unwrap();
    let rounds = &campaign.manifest().rounds;
    let epochs = |at: usize| rounds[at].training.as_ref().unwrap().members[0].history.len();
    let known = rounds[1].query.as_ref().unwrap().summary.annotated_foreground;
    assert!(known > 0, "the slices of round 2 hold a lesion");
    assert_eq!([epochs(0), epochs(1), epochs(2)], [3, 3, 1]);
}

#[test]
fn label_maps_ask_for_the_chosen_slices_and_ignore_all_others() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let campaign = begin(folder.path(), &config());
    for (number, record) in campaign.manifest().stacks.iter().enumerate() {
        let path = campaign.folder().join(format!("round-1/{}.labels.nii.gz", record.source.name));
        let labels = Stack::open(&path).unwrap();
        let asked = campaign.manifest().rounds[0].selection.slices(number);
        assert!(!asked.is_empty());
        for id in labels.ids() {
            let value = if asked.contains(&id) { 0.0 } else { 255.0 };
            assert_eq!(labels.slice(id).unwrap().range(), (value, value));
        }
        let image = Stack::open(campaign.image(record)).unwrap();
        assert_eq!(image.geometry(), labels.geometry());
        let pictures = campaign.folder().join(format!("round-1/{}-slices", record.source.name));
        let names: BTreeSet<String> = asked.iter().map(|id| format!("{}.png", id.0)).collect();
        assert_eq!(files(&pictures).len(), names.len());
        assert!(files(&pictures).iter().all(|path| names.contains(&*path.to_string_lossy())));
    }
}

#[test]
fn corrections_are_taken_and_unasked_drawings_are_reported() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut campaign = begin(folder.path(), &config());
    campaign.ingest(&truth(folder.path())).unwrap();
    let stack = Stack::open(folder.path().join("a.nii.gz")).unwrap();
    let known = campaign.manifest().stacks[0].annotated.clone();
    let other = stack.ids().find(|id| !known.contains(id)).unwrap();
    let mut labels = phantom(1).truth.labels().clone();
    labels.index_axis_mut(Axis(0), known[0].0).fill(1);
    labels.index_axis_mut(Axis(0), other.0).fill(1);
    let path = folder.path().join("corrected.nii.gz");
    stack.write_labels(&path, &labels).unwrap();
    let ingested = campaign.ingest(&Masks::default().stack("a", &path)).unwrap();
    assert_eq!(ingested.changed.iter().map(|id| id.slice).collect::<Vec<_>>(), [known[0]]);
    assert!(ingested.is_partial() && ingested.unasked.iter().any(|id| id.slice == other));
    let text = ingested.describe(campaign.manifest());
    assert!(text.contains(&format!("a slice {other}")) && text.contains("nobody asked"), "{text}");
    let kept = campaign.annotations(0).unwrap();
    assert!(kept.index_axis(Axis(0), known[0].0).iter().all(|&label| label == 1));
    assert!(kept.index_axis(Axis(0), other.0).iter().all(|&label| label == 255));

    // The label maps of the round, still blank, clear nothing; naming the slice does.
    let held = campaign.manifest().stacks[0].foreground;
    let ingested = campaign.ingest(&Masks::default().accept_empty(true)).unwrap();
    assert!(ingested.changed.is_empty() && ingested.kept.iter().any(|id| id.slice == known[0]));
    assert_eq!(campaign.manifest().stacks[0].foreground, held);
    let nowhere = Masks::default().empty("a", other);
    assert!(matches!(campaign.ingest(&nowhere), Err(Error::NotAsked { .. })));
    let beyond = Masks::default().empty("a", SliceId(99));
    let message = campaign.ingest(&beyond).unwrap_err().to_string();
    assert!(message.contains("slice 99 does not exist: a has "), "{message}");
    let ingested = campaign.ingest(&Masks::default().empty("a", known[0])).unwrap();
    assert_eq!(ingested.changed.iter().map(|id| id.slice).collect::<Vec<_>>(), [known[0]]);
    assert!(campaign.manifest().stacks[0].foreground < held);
}

#[test]
fn a_lesion_marked_by_255_is_not_taken_for_what_nobody_annotated() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut campaign = begin(folder.path(), &config());
    let stack = Stack::open(folder.path().join("a.nii.gz")).unwrap();
    let path = folder.path().join("masks.nii.gz");
    stack.write_labels(&path, &phantom(1).truth.labels().mapv(|label| 255 * label)).unwrap();
    let masks = Masks::default().stack("a", &path).accept_empty(true);
    let message = chain(&campaign.ingest(&masks).unwrap_err());
    assert!(message.contains("read the masks as binary"), "{message}");
    campaign.ingest(&masks.binary(true)).unwrap();
    assert!(campaign.manifest().stacks[0].foreground > 0);
}

#[test]
fn masks_on_another_grid_or_with_unknown_labels_are_refused_whole() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut campaign = begin(folder.path(), &config());
    let before = fs::read(campaign.folder().join("campaign.json")).unwrap();
    let path = folder.path().join("masks.nii.gz");
    let mut refused = |labels: &Array3<u8>, geometry: Geometry| {
        let pixels = qunet_stack::Pixels::U8(labels.clone());
        Stack::new("masks", pixels, geometry).unwrap().write(&path).unwrap();
        chain(&campaign.ingest(&Masks::default().stack("a", &path)).unwrap_err())
    };
    let stack = Stack::open(folder.path().join("a.nii.gz")).unwrap();
    let geometry = *stack.geometry();
    let labels = phantom(1).truth.labels().clone();
    let mut wrong = labels.clone();
    wrong[[7, 3, 4]] = 2;
    let message = refused(&wrong, geometry);
    assert!(message.contains("masks.nii.gz: slice 7 holds 2, which is no label"), "{message}");
    let message = refused(&labels.slice(ndarray::s![..9, .., ..]).to_owned(), geometry);
    assert!(message.contains("has shape [9, 48, 48]"), "{message}");
    let mut flipped = geometry;
    flipped.affine[0][0] *= -1.0;
    let message = refused(&labels, flipped);
    assert!(message.contains("mm from its stack"), "{message}");
    let message = campaign.ingest(&Masks::default().stack("c", &path)).unwrap_err().to_string();
    assert_eq!(message, "the campaign has no stack \"c\"; it has a, b");
    assert_eq!(fs::read(campaign.folder().join("campaign.json")).unwrap(), before);
}

#[test]
fn a_folder_is_opened_once_at_a_time_and_holds_one_campaign() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let none = Campaign::open(folder.path()).unwrap_err().to_string();
    assert!(none.contains("holds no campaign"), "{none}");
    let campaign = begin(folder.path(), &config());
    let path = campaign.folder().to_owned();
    assert!(matches!(Campaign::open(&path), Err(Error::Locked { .. })));
    drop(campaign);
    let rounds = RoundSizes { later: Some(1), ..config().rounds };
    let other = CampaignConfig { rounds, ..config() };
    let stacks = common::stacks(folder.path());
    assert!(matches!(Campaign::create(&path, &other, &stacks), Err(Error::OtherCampaign { .. })));
    let error = Campaign::create(folder.path(), &config(), &stacks).unwrap_err();
    assert!(matches!(error, Error::NotEmpty { .. }));
    let twice = [stacks[0].clone(), stacks[0].clone()];
    let fresh = folder.path().join("fresh");
    assert!(matches!(
        Campaign::create(&fresh, &config(), &twice),
        Err(Error::StackName { twice: true, .. })
    ));
    let missing = [StackSource::new(folder.path().join("missing.nii"))];
    assert!(Campaign::create(&fresh, &config(), &missing).is_err());
    assert!(!fresh.exists(), "a campaign that could not begin leaves nothing");
    let theirs = folder.path().join("theirs/stacks/ct.nii.gz");
    fs::create_dir_all(theirs.parent().unwrap()).unwrap();
    fs::copy(&stacks[0].image, &theirs).unwrap();
    let inside = Campaign::create(folder.path().join("theirs"), &config(), &missing).unwrap_err();
    assert!(matches!(inside, Error::NotEmpty { .. }), "{inside}");
    assert_eq!(files(&folder.path().join("theirs")).len(), 1);
}

#[test]
fn a_manifest_edited_into_nonsense_is_refused_with_the_line() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let campaign = begin(folder.path(), &config());
    let (root, path) = (campaign.folder().to_owned(), campaign.folder().join("campaign.json"));
    drop(campaign);
    let good = fs::read_to_string(&path).unwrap();
    let line = |text: &str| 1 + good[..good.find(text).unwrap()].matches('\n').count();
    let cases = [
        ("\"later\": 3", "\"later\": 0", "rounds.later is 0", "\"config\""),
        ("\"format\": 5", "\"format\": 2", "format 2 is not read here", "\"format\""),
        ("\"round\": 1", "\"round\": 4", "4 where round 1 belongs", "\"round\": 1"),
        ("\"name\": \"b\"", "\"name\": \"a\"", "a is there twice", "\"name\": \"b\""),
        ("\"name\": \"b\"", "\"nama\": \"b\"", "unknown field `nama`", "\"name\": \"b\""),
        ("\"name\": \"b\"", "\"name\": \"../b\"", "no plain name", "\"name\": \"b\""),
        ("\"annotated\": []", "\"annotated\": [10]", "slice 10 of 10", "\"annotated\": []"),
    ];
    for (from, to, problem, at) in cases {
        assert!(good.contains(from), "{from}");
        fs::write(&path, good.replacen(from, to, 1)).unwrap();
        let message = Campaign::open(&root).unwrap_err().to_string();
        assert!(message.contains(problem), "{message}");
        assert!(message.contains(&format!("line {}:", line(at))), "{message} {}", line(at));
    }
    // A verdict beyond the stack, and a document that is cut short.
    let picks = good.find("\"verdicts\"").unwrap();
    let at = picks + good[picks..].find("\"slice\": ").unwrap();
    let end = at + good[at..].find('\n').unwrap();
    fs::write(&path, format!("{}\"slice\": 99{}", &good[..at], &good[end..])).unwrap();
    let message = Campaign::open(&root).unwrap_err().to_string();
    assert!(message.contains("there is no slice 99 of stack"), "{message}");
    fs::write(&path, &good[..good.len() / 2]).unwrap();
    assert!(matches!(Campaign::open(&root), Err(Error::Manifest { .. })));
    fs::write(&path, good).unwrap();
    Campaign::open(&root).unwrap();
}

#[test]
fn files_changed_behind_its_back_are_noticed() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut campaign = begin(folder.path(), &config());
    campaign.ingest(&truth(folder.path())).unwrap();
    phantom(7).stack.write(folder.path().join("a.nii.gz")).unwrap();
    let message = campaign.train(&mut Silent).unwrap_err().to_string();
    assert!(message.contains("a.nii.gz has changed"), "{message}");
    let image = folder.path().join("a.nii.gz");
    let stack = phantom(1).stack;
    let thicker = Geometry::from_spacing([9.0, 1.0, 1.0]);
    Stack::new("a", stack.pixels().clone(), thicker).unwrap().write(&image).unwrap();
    let error = campaign.train(&mut Silent).unwrap_err();
    assert!(matches!(&error, Error::ChangedRegion { stack } if stack == "a"), "{error}");
    fs::remove_file(&image).unwrap();
    let message = campaign.train(&mut Silent).unwrap_err().to_string();
    assert!(message.contains("of the stack a, is not there; put it back"), "{message}");
    // Its new place in campaign.json is taken.
    let moved = folder.path().join("moved.nii.gz");
    stack.write(&moved).unwrap();
    let root = campaign.folder().to_owned();
    drop(campaign);
    let manifest = fs::read_to_string(root.join("campaign.json")).unwrap();
    let manifest = manifest.replace(image.to_str().unwrap(), moved.to_str().unwrap());
    fs::write(root.join("campaign.json"), manifest).unwrap();
    let mut campaign = Campaign::open(&root).unwrap();
    campaign.train(&mut Silent).unwrap();
    fs::write(campaign.folder().join("round-1/model-0.safetensors"), "").unwrap();
    let message = campaign.query(&mut Silent).unwrap_err().to_string();
    assert!(message.contains("model-0.safetensors has changed"), "{message}");
}

#[test]
fn every_program_gets_its_files_and_gives_masks_back() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut campaign = begin(folder.path(), &config());
    campaign.ingest(&truth(folder.path())).unwrap();
    campaign.train(&mut Silent).unwrap();
    campaign.query(&mut Silent).unwrap();
    let waiting = campaign.manifest().waiting();
    assert!(!waiting.is_empty());
    for format in Format::ALL {
        let out = folder.path().join(format.to_string());
        campaign.export(format, &out, true).unwrap();
        let names: BTreeSet<usize> = waiting.iter().map(|id| id.stack).collect();
        assert_eq!(fs::read_dir(&out).unwrap().count(), names.len());
        assert!(campaign.export(format, &out, false).is_err());
    }
    let within = campaign.folder().join("round-1/../new");
    let refused = campaign.export(Format::Nifti, within, false);
    assert!(matches!(refused, Err(Error::Inside { .. })));
    let twice = Masks::default().stack("a", "one.nii.gz").stack("a", "other.nii.gz");
    assert!(matches!(campaign.ingest(&twice), Err(Error::MasksTwice { .. })));
    // What 3D Slicer was given comes back as it went out, and with it every slice.
    let mut masks = Masks::default().accept_empty(true).format(Format::SegNrrd);
    for name in ["a", "b"] {
        let path = folder.path().join(format!("seg_nrrd/{name}/{name}.seg.nrrd"));
        if path.exists() {
            masks = masks.stack(name, path);
        }
    }
    let ingested = campaign.ingest(&masks).unwrap();
    assert_eq!(ingested.taken.len(), waiting.len());
    assert!(ingested.waiting.is_empty());
    assert!(matches!(
        campaign.export(Format::Nifti, folder.path().join("none"), false),
        Err(Error::NothingWaits)
    ));
    assert!(!folder.path().join("none").exists());
    // A label map is no COCO file.
    let path = campaign.folder().join("round-1/a.labels.nii.gz");
    let error = campaign.ingest(&Masks::default().stack("a", path).format(Format::Coco));
    assert!(chain(&error.unwrap_err()).contains("is no JSON from line 1 on; export it as COCO"));
}

#[test]
fn a_strategy_of_samples_runs_with_too_few_slices_to_share_out() {
    let _turn = alone();
    let phantom = phantom(1);
    let later = StrategyConfig::PowerBald(PowerScore { strata: 0.5, ..PowerScore::default() });
    let mut config = tiny(CampaignConfig { later, ..CampaignConfig::two_steps() });
    config.rounds.first = Some(2);
    config.stopping.budget.fraction = Some(0.3);
    let mut annotator = RecordedLabels::new(&phantom.truth);
    let outcome = run_rounds(&[&phantom.stack], &config, &mut annotator, &mut Silent).unwrap();
    // Two drawn slices give one network, of which samples are taken.
    let manifest = outcome.manifest();
    assert_eq!((manifest.rounds.len(), manifest.annotated()), (2, 3));
}

#[test]
fn strategies_of_features_and_several_classes_run_too() {
    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut config = CampaignConfig {
        later: StrategyConfig::CoreSet(CoreSet::default()),
        classes: vec!["ground glass".to_owned(), "consolidation".to_owned()],
        ..config()
    };
    config.prediction.monte_carlo = 2;
    config.stopping.max_rounds = Some(2);
    let campaign = drive(folder.path(), &config);
    let manifest = campaign.manifest();
    assert_eq!(manifest.ended, Some(StopReason::MaxRounds { rounds: 2 }));
    let records = campaign.records(0, 2).unwrap().unwrap();
    assert_eq!(records.features.len(), 10);
    assert!(records.uncertainty.iter().all(|slice| slice.bald.is_some()));
    let first = manifest.rounds[0].selection.ids();
    assert!(manifest.rounds[1].selection.ids().iter().all(|id| !first.contains(id)));
    assert!(records.agreement.iter().all(|it| it.id.slice < SliceId(10)));
}
