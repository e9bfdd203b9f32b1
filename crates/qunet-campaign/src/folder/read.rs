//! Reading `campaign.json`, and refusing what makes no sense with its line.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::path::{Component, Path};

use serde_json::value::RawValue;

use super::manifest::{FORMAT, Manifest, StackRecord};
use crate::Error;

/// Something wrong, and where: keys and places from the top of the document.
type Fault = (Vec<String>, String);

pub(super) fn read(path: &Path) -> Result<Manifest, Error> {
    let text =
        fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let faulty = |line, problem| Error::Manifest { path: path.to_owned(), line, problem };
    let manifest: Manifest = serde_json::from_str(&text).map_err(|error| {
        let what = error.to_string();
        let what = what.split(" at line ").next().unwrap_or_default().to_owned();
        faulty(error.line(), what)
    })?;
    match check(&manifest) {
        Ok(()) => Ok(manifest),
        Err((place, problem)) => Err(faulty(line_of(&text, &place), problem)),
    }
}

fn check(manifest: &Manifest) -> Result<(), Fault> {
    let at = |place: &str, problem: String| {
        Err((place.split('.').map(str::to_owned).collect(), problem))
    };
    if manifest.format != FORMAT {
        let found = manifest.format;
        return at("format", format!("format {found} is not read here, only {FORMAT}"));
    }
    if let Err(error) = manifest.config.check() {
        return at("config", error.to_string());
    }
    if manifest.stacks.is_empty() {
        return at("stacks", "a campaign has at least one stack".to_owned());
    }
    for (place, stack) in manifest.stacks.iter().enumerate() {
        check_stack(place, stack)?;
        if manifest.stacks[..place].iter().any(|other| other.name == stack.name) {
            return at(&format!("stacks.{place}.name"), format!("{} is there twice", stack.name));
        }
    }
    check_rounds(manifest)?;
    let files = manifest.segmentations.iter().enumerate();
    for (place, file) in files {
        check_path(&file.path)
            .map_err(|problem| (words(&format!("segmentations.{place}.path")), problem))?;
    }
    Ok(())
}

fn check_stack(place: usize, stack: &StackRecord) -> Result<(), Fault> {
    let at =
        |field: &str, problem: String| Err((words(&format!("stacks.{place}.{field}")), problem));
    if !is_plain(&stack.name) {
        return at("name", format!("{:?} is no plain name of a file", stack.name));
    }
    if stack.shape.contains(&0) {
        return at("shape", format!("{:?} holds no pixel", stack.shape));
    }
    let slices = stack.shape[0];
    for (index, pair) in stack.annotated.windows(2).enumerate() {
        if pair[0] >= pair[1] {
            let problem =
                format!("slice {} after slice {}: list each once, in order", pair[1], pair[0]);
            return at(&format!("annotated.{}", index + 1), problem);
        }
    }
    if let Some(index) = stack.annotated.iter().position(|id| id.0 >= slices) {
        let problem = format!("slice {} of {slices}, numbered from 0", stack.annotated[index]);
        return at(&format!("annotated.{index}"), problem);
    }
    for (field, file) in [("scores", &stack.scores), ("annotations", &stack.annotations)] {
        if let Err(problem) = check_path(&file.path) {
            return at(&format!("{field}.path"), problem);
        }
    }
    Ok(())
}

fn check_rounds(manifest: &Manifest) -> Result<(), Fault> {
    let last = manifest.rounds.len();
    if last == 0 {
        return Err((words("rounds"), "a campaign has at least one round".to_owned()));
    }
    for (place, round) in manifest.rounds.iter().enumerate() {
        let at = |field: &str, problem: String| {
            Err((words(&format!("rounds.{place}.{field}")), problem))
        };
        if round.round != place + 1 {
            return at("round", format!("{} where round {} belongs", round.round, place + 1));
        }
        for (index, id) in round.selection.ids().into_iter().enumerate() {
            let slices = manifest.stacks.get(id.stack).map(|stack| stack.shape[0]);
            if slices.is_none_or(|slices| id.slice.0 >= slices) {
                return at(&format!("selection.picks.{index}.id"), format!("there is no {id}"));
            }
        }
        if round.query.is_some() && round.training.is_none() {
            return at("query", "a round is queried after it is trained, not before".to_owned());
        }
        if place + 1 < last && round.query.is_none() {
            return at("query", format!("round {} follows, so this one was queried", place + 2));
        }
        let training = round.training.iter().map(|training| &training.weights);
        let query = round.query.iter().flat_map(|query| {
            query.records.iter().chain(&query.predictions).chain(&query.disagreements)
        });
        for file in training.chain(query) {
            if let Err(problem) = check_path(&file.path) {
                return at("training", problem);
            }
        }
    }
    Ok(())
}

/// A file of a campaign lies in its folder.
fn check_path(path: &Path) -> Result<(), String> {
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    if inside && path.file_name().is_some() {
        return Ok(());
    }
    Err(format!("{} does not lie in the campaign's folder", path.display()))
}

/// Whether a name serves for files on any system.
pub(super) fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && !name.starts_with('.') && name.chars().all(plain)
}

fn words(place: &str) -> Vec<String> {
    place.split('.').map(str::to_owned).collect()
}

/// The line, from 1, at which the value of this place begins; of the innermost that is there.
fn line_of(text: &str, place: &[String]) -> usize {
    let mut value = text;
    for word in place {
        let inner = match word.parse::<usize>() {
            Ok(index) => serde_json::from_str::<Vec<&RawValue>>(value)
                .ok()
                .and_then(|values| values.get(index).map(|value| value.get())),
            Err(_) => serde_json::from_str::<HashMap<Cow<'_, str>, &RawValue>>(value)
                .ok()
                .and_then(|values| values.get(word.as_str()).map(|value| value.get())),
        };
        let Some(inner) = inner else { break };
        value = inner;
    }
    let offset = (value.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let before = text.get(..offset).unwrap_or_default();
    1 + before.matches('\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_the_innermost_value() {
        let text = "{\n \"a\": [\n  1,\n  {\"b\": 2}\n ]\n}";
        let line = |place: &str| line_of(text, &words(place));
        assert_eq!([line("a"), line("a.0"), line("a.1.b"), line("a.7")], [2, 3, 4, 2]);
        assert_eq!(line_of(text, &[]), 1);
    }

    #[test]
    fn paths_out_of_the_folder_are_refused() {
        assert!(check_path(Path::new("stacks/ct/scores.csv")).is_ok());
        for path in ["/etc/passwd", "../other", "a/../../b"] {
            assert!(check_path(Path::new(path)).is_err(), "{path}");
        }
        assert!(is_plain("ct_01.a-b") && !is_plain(".hidden") && !is_plain("a/b"));
    }
}
