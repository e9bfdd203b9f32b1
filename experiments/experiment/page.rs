//! Pages whose tables are made of results.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::line::{Line, read};
use crate::tables::Kind;

/// What stands before a table; behind it the kind and the files of results, as on the command line.
const BEGIN: &str = "<!-- begin: cargo xtask experiment tables ";

/// What ends the line of the former.
const CLOSE: &str = " -->\n";

/// What stands behind a table.
const END: &str = "<!-- end of the table -->";

/// The lines of all these files.
pub(crate) fn lines(results: &[PathBuf]) -> anyhow::Result<Vec<Line>> {
    let mut lines = Vec::new();
    for path in results {
        lines.extend(read::<Line>(path)?);
    }
    Ok(lines)
}

/// Makes every table of a page anew.
pub(crate) fn refresh(path: &Path) -> anyhow::Result<()> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let refreshed = refreshed(&text, Path::new("")).with_context(|| path.display().to_string())?;
    qunet_stack::write_file(path, refreshed)?;
    Ok(())
}

/// The page with tables made of the results that it names, whose paths begin at `root`.
fn refreshed(page: &str, root: &Path) -> anyhow::Result<String> {
    let mut parts = page.split(BEGIN);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (arguments, rest) = part.split_once(CLOSE).context("a comment does not end")?;
        let (_, after) =
            rest.split_once(END).with_context(|| format!("a table has no {END:?} behind it"))?;
        let (kind, files) = arguments.split_once(' ').context("a table names no results")?;
        let files: Vec<PathBuf> = files.split(' ').map(|file| root.join(file)).collect();
        let table = kind.parse::<Kind>()?.of(&lines(&files)?)?;
        text += &format!("{BEGIN}{arguments}{CLOSE}\n{table}\n{END}{after}");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_have_the_tables_that_the_records_give() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut pages = 0;
        for entry in fs::read_dir(root.join("docs")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "md") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let path = path.display();
            let found = refreshed(&text, &root).unwrap_or_else(|error| panic!("{path}: {error:#}"));
            assert!(
                found == text,
                "{path} differs from its records: cargo xtask experiment page docs/*.md"
            );
            pages += usize::from(text.contains(BEGIN));
        }
        assert!(pages > 1, "{pages}");
    }

    #[test]
    fn only_what_is_between_the_comments_changes() {
        let folder = tempfile::tempdir().unwrap();
        let results = folder.path().join("none.jsonl");
        fs::write(&results, "").unwrap();
        let page = folder.path().join("page.md");
        let begin = format!("{BEGIN}estimates {}{CLOSE}", results.display());
        fs::write(&page, format!("# Page\n\n{begin}old\n{END}\n\nrest\n")).unwrap();
        refresh(&page).unwrap();
        let once = fs::read_to_string(&page).unwrap();
        assert!(once.starts_with(&format!("# Page\n\n{begin}\n| stacks |")), "{once}");
        assert!(once.ends_with(&format!("{END}\n\nrest\n")) && !once.contains("old"), "{once}");
        refresh(&page).unwrap();
        assert_eq!(fs::read_to_string(&page).unwrap(), once);
        for (text, problem) in [
            (format!("{begin}old"), "has no"),
            (format!("{BEGIN}estimates{CLOSE}{END}"), "names no results"),
            (format!("{BEGIN}best x{CLOSE}{END}"), "there is no table"),
        ] {
            fs::write(&page, &text).unwrap();
            let error = format!("{:#}", refresh(&page).unwrap_err());
            assert!(error.contains(problem), "{error}");
            assert_eq!(fs::read_to_string(&page).unwrap(), text);
        }
    }
}
