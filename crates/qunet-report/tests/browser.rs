//! A reader's clicks, keys and wheel in a headless Chromium; skipped where there is none.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use ndarray::Array2;
use qunet_report::{Report, Section, Viewer, ViewerMasks, verdict_table};
use qunet_stack::SliceId;
use serde_json::Value;

/// The browser of the environment variable `QUNET_BROWSER`, or the first of the usual names that starts.
fn browser() -> Option<String> {
    let named = std::env::var("QUNET_BROWSER").ok();
    let usual = ["chromium", "chromium-browser", "google-chrome"].map(str::to_owned);
    let starts = |name: &String| {
        let asked = Command::new(name).arg("--version").output();
        asked.is_ok_and(|asked| asked.status.success())
    };
    let found = named.into_iter().chain(usual).find(starts);
    if found.is_none() {
        println!("skipped: no Chromium; name one in QUNET_BROWSER");
    }
    found
}

/// What the browser prints when it opens a page with these arguments.
fn open(browser: &str, page: &Path, arguments: &[&str]) -> String {
    let profile = tempfile::tempdir().unwrap();
    let ran = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(arguments)
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

/// All slices of the common records, each with a lesion in its middle.
fn page() -> String {
    let (records, verdicts) = (common::records(), common::verdicts());
    let image = Array2::from_shape_fn((60, 80), |(y, x)| (y + x) as f32 / 140.0);
    let lesion = Array2::from_shape_fn((60, 80), |(y, x)| y.abs_diff(30) < 9 && x.abs_diff(40) < 9);
    let mut viewer = Viewer::new("test stack");
    for record in &records {
        let masks =
            ViewerMasks { disagreement: Some(&lesion), truth: Some(&lesion), ..Default::default() };
        viewer.add(record.id, &image, masks, "a note").unwrap();
    }
    let table = verdict_table(&records, &verdicts, &[]).unwrap();
    let section = Section::new("Slices").viewer(&viewer).unwrap().table(table);
    Report::new("Test").section(section).render().unwrap()
}

#[test]
fn the_viewer_the_table_and_the_theme_answer() {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    let script = include_str!("browser/drive.js");
    let html = page().replace("</body>", &format!("<script>{script}</script></body>"));
    fs::write(&path, html).unwrap();
    let dom = open(&browser, &path, &["--dump-dom"]);
    let seen = dom.split("<pre id=\"seen\">").nth(1).expect("the script ran to its end");
    let seen = seen.split("</pre>").next().unwrap().replace("&amp;", "&");
    let seen: Value = serde_json::from_str(&seen).unwrap();
    let ids: Vec<SliceId> = common::records().iter().map(|record| record.id).collect();
    let says = |id: SliceId| format!("Slice {id}: a note");
    assert_eq!(seen["first"], says(ids[0]));
    assert_eq!(seen["wheel"], says(ids[1]));
    assert_eq!(seen["end"], says(ids[ids.len() - 1]));
    assert_eq!(seen["up"], says(ids[ids.len() - 2]));
    assert_eq!(seen["drawn"], ids[0].to_string());
    // Grey without masks, orange where the heads differ.
    let part = |name: &str, at: usize| seen[name][at].as_i64().unwrap();
    assert!(part("bare", 0).abs_diff(part("bare", 2)) < 4, "{seen}");
    assert!(part("masked", 0) > part("masked", 2) + 80, "{seen}");
    assert_eq!(seen["clicked"], says(SliceId(2)));
    assert_eq!(seen["current"], "true");
    let rows = ids.len() as u64;
    assert_eq!(seen["rows"], rows);
    assert!((1..rows).contains(&seen["chosen"].as_u64().unwrap()), "{seen}");
    assert_eq!(seen["none"], 0);
    assert_eq!(seen["sorted"], ids.iter().max().unwrap().to_string());
    assert_ne!(seen["themes"][0], seen["themes"][1]);
    assert_eq!(seen["errors"], serde_json::json!([]));
}

#[test]
fn the_page_prints_and_is_pictured() {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    fs::write(&path, page()).unwrap();
    let (pdf, png) = (folder.path().join("page.pdf"), folder.path().join("page.png"));
    open(&browser, &path, &[&format!("--print-to-pdf={}", pdf.display())]);
    open(&browser, &path, &[&format!("--screenshot={}", png.display())]);
    assert!(fs::read(pdf).unwrap().starts_with(b"%PDF"));
    assert!(fs::metadata(png).unwrap().len() > 5_000);
}
