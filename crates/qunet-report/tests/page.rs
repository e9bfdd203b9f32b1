//! The page holds everything and asks for nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod common;

use std::fs;

use ndarray::Array2;
use qunet_report::{
    Cell, Error, Figure, FigureData, FigureFormat, MontageTile, Report, Section, Table,
    chosen_table, loss_curves, montage, quality_scatter, verdict_table,
};
use qunet_select::QualityLimits;
use qunet_stack::SliceId;

fn figures() -> Vec<Figure> {
    let limits = QualityLimits::default();
    let image = Array2::from_elem((64, 64), 0.5);
    vec![
        quality_scatter(&common::records(), &common::verdicts(), &limits).unwrap(),
        loss_curves(&common::curves()).unwrap(),
        montage(&[MontageTile::new(SliceId(1), &image, "picked")]).unwrap(),
    ]
}

fn report(name: &str) -> Report {
    let section = figures().into_iter().fold(Section::new(name), Section::figure);
    let (first, later) = (common::first(), common::later(0, &[2]));
    let rounds = [("round 1", &first), ("round 2", &later)];
    let agreement = [(SliceId(2), 0.25)];
    let all = verdict_table(&common::records(), &common::verdicts(), &agreement).unwrap();
    Report::new(name)
        .subtitle(name)
        .fact(name, name)
        .section(section.paragraph(name))
        .section(Section::new("Chosen").table(chosen_table(&rounds, 0)))
        .section(Section::new("All").table(all))
        .section(Section::new("Named").table(Table::new(name, [name]).row([name])))
}

#[test]
fn every_figure_is_inline() {
    let html = report("Lung CT").render().unwrap();
    for figure in figures() {
        assert!(html.contains(figure.caption()), "{}", figure.name());
        assert!(html.contains(&format!("aria-label=\"{}\"", figure.alt())));
        if let FigureData::Svg(text) = figure.data() {
            assert!(html.contains(text.as_str()));
        }
    }
    assert_eq!(html.matches("data:image/png;base64,iVBOR").count(), 1);
    assert_eq!(html.matches("<caption>").count(), 3);
    assert!(html.len() < 1_000_000);
}

#[test]
fn nothing_is_fetched() {
    let html = report("Lung CT").render().unwrap();
    let html = html.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for word in ["http://", "https://", "src=\"/", "@import", "url(", "<link"] {
        assert!(!html.contains(word), "{word}");
    }
    assert_eq!(html.matches("src=").count(), html.matches("src=\"data:").count());
}

#[test]
fn names_are_escaped_everywhere() {
    let html = report("<script>alert('x')</script>\"").render().unwrap();
    assert!(!html.contains("<script>alert"));
    assert!(!html.contains("</script>\""));
    // Our own scripts are the only ones: theme, viewer, table.
    assert_eq!(html.matches("<script>").count(), 3);
}

#[test]
fn the_dark_style_knows_the_colours_of_the_charts() {
    let html = report("Lung CT").render().unwrap();
    for colour in ["FFFFFF", "1F2933", "52606D", "E1E5E9"] {
        let styled = format!("\"#{colour}\"] {{");
        assert!(html.contains(&styled), "{colour}");
        assert!(html.contains(&format!("=\"#{colour}\"")), "{colour}");
    }
}

#[test]
fn tables_sort_by_number_and_show_gaps() {
    let table = Table::new("Scores", ["A", "B", "C"])
        .sortable()
        .row([Cell::from(f64::INFINITY), Cell::from(None::<f64>), Cell::Scientific(3.2e-4)])
        .row([Cell::from(-0.5), Cell::Interval { mean: 0.5, low: 0.4, high: 0.6 }, "x".into()]);
    let html = Report::new("T").section(Section::new("S").table(table)).render().unwrap();
    for text in [">∞<", ">–<", "3.2×10⁻⁴", ">−0.500<", "data-key=\"-5e-1\"", "data-key=\"3.2e-4\""]
    {
        assert!(html.contains(text), "{text}");
    }
}

#[test]
fn ragged_tables_are_refused() {
    let table = Table::new("Scores", ["A", "B"]).row(["only one"]);
    let result = Report::new("T").section(Section::new("S").table(table)).render();
    assert!(matches!(result, Err(Error::RaggedTable { row: 1, expected: 2, found: 1, .. })));
}

#[test]
fn writing_is_all_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("report.html");
    report("first").write(&page).unwrap();
    report("second").write(&page).unwrap();
    assert!(fs::read_to_string(&page).unwrap().contains("<h1>second</h1>"));
    // A folder in the way: the rename fails and leaves nothing behind.
    let figure = &figures()[0];
    let taken = folder.path().join("quality-scatter.svg");
    fs::create_dir(&taken).unwrap();
    let error = figure.write(folder.path()).unwrap_err();
    assert!(error.to_string().contains(&taken.display().to_string()));
    let missing = folder.path().join("missing").join("report.html");
    let error = report("third").write(&missing).unwrap_err();
    assert!(error.to_string().contains("missing"), "{error}");
    let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect::<Result<_, _>>().unwrap();
    left.sort_by_key(fs::DirEntry::file_name);
    let names: Vec<_> = left.iter().map(fs::DirEntry::file_name).collect();
    assert_eq!(names, ["quality-scatter.svg", "report.html"]);
}

#[test]
fn figure_names_are_file_names() {
    let figure = figures().remove(0);
    assert!(matches!(figure.clone().with_name("../up"), Err(Error::FigureName { .. })));
    let folder = tempfile::tempdir().unwrap();
    let path = figure.with_name("scatter_2").unwrap().write(folder.path()).unwrap();
    assert!(path.ends_with("scatter_2.svg") && path.is_file());
}

#[test]
fn a_figure_is_only_written_under_an_ending_of_its_format() {
    let folder = tempfile::tempdir().unwrap();
    for figure in figures() {
        let (own, other) = match figure.format() {
            FigureFormat::Svg => ("svg", "png"),
            _ => ("png", "svg"),
        };
        for file in [format!("figure.{other}"), "figure".to_owned(), format!("figure.{own}.txt")] {
            let path = folder.path().join(file);
            let error = figure.write_to(&path).unwrap_err();
            assert!(matches!(&error, Error::Ending { path: refused, .. } if *refused == path));
            let error = error.to_string();
            assert!(error.contains(&path.display().to_string()), "{error}");
            assert!(error.contains(&format!("is {}", own.to_uppercase())), "{error}");
            assert!(error.ends_with(&format!("end the file name in .{own}")), "{error}");
            assert!(!path.exists());
        }
        let path = folder.path().join(format!("figure.{}", own.to_uppercase()));
        figure.write_to(&path).unwrap();
        let begins: &[u8] = if own == "png" { b"\x89PNG" } else { b"<svg" };
        assert!(fs::read(path).unwrap().starts_with(begins));
    }
}

#[test]
fn the_tables_say_who_picked_what_and_why() {
    let (first, later) = (common::first(), common::later(1, &[5]));
    let rounds = [("round 1", &first), ("round 2", &later)];
    let [near, far] = [0, 1].map(|stack| chosen_table(&rounds, stack));
    assert_eq!([near.len(), far.len()], [9, 1]);
    let section = Section::new("Chosen").table(near).table(far);
    let html = Report::new("T").section(section).render().unwrap();
    assert!(html.contains("quality cost 1.5000, place 1") && html.contains("Q 0.2500"));
    let all = verdict_table(&common::records(), &common::verdicts(), &[]).unwrap();
    let html = Report::new("T").section(Section::new("All").table(all)).render().unwrap();
    for word in ["picked", "not reached", "near duplicate", "blurred", "degenerate"] {
        assert!(html.contains(&format!(">{word}<")), "{word}");
    }
    assert_eq!(html.matches("class=\"strong\"").count(), 9);
}

#[test]
fn errors_and_figures_cross_threads() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Error>();
    check::<Figure>();
    check::<Report>();
}
