//! Reading `campaign.json`, and refusing what makes no sense with its line.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use qunet_select::CandidateId;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Error;
use crate::manifest::{FORMAT, Manifest, Round, StackRecord, is_plain_name};

/// What is wrong, and where: keys and indices from the top of the document.
type Fault = (Vec<String>, String);

/// The manifest in a document, checked.
pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Manifest, Error> {
    let faulty = |line, problem| Error::Manifest { path: path.to_owned(), line, problem };
    let text = std::str::from_utf8(bytes)
        .map_err(|error| faulty(1, format!("byte {} is no UTF-8", error.valid_up_to())))?;
    let syntax = |error: serde_json::Error| {
        let problem = error.to_string();
        let problem = problem.split(" at line ").next().unwrap_or_default().to_owned();
        faulty(error.line(), problem)
    };
    // Before all else, since another format has other fields.
    let Format { format } = serde_json::from_str(text).map_err(syntax)?;
    if format != FORMAT {
        let problem = format!(
            "format {format} is not read here, only {FORMAT}; continue with the version of the \
             program that began the campaign, or begin anew"
        );
        return Err(faulty(line_of(text, &words("format")), problem));
    }
    let manifest: Manifest = serde_json::from_str(text).map_err(syntax)?;
    match check(&manifest) {
        Ok(()) => Ok(manifest),
        Err((place, problem)) => Err(faulty(line_of(text, &place), problem)),
    }
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

fn check(manifest: &Manifest) -> Result<(), Fault> {
    let at = |place: &str, problem: String| Err((words(place), problem));
    if let Err(error) = manifest.config.check() {
        return at("config", error.to_string());
    }
    if manifest.stacks.is_empty() {
        return at("stacks", "a campaign has at least one stack".to_owned());
    }
    let mut names = BTreeSet::new();
    for (place, stack) in manifest.stacks.iter().enumerate() {
        check_stack(place, stack)?;
        if !names.insert(&stack.source.name) {
            let problem = format!("{} is there twice", stack.source.name);
            return at(&format!("stacks.{place}.source.name"), problem);
        }
    }
    if !matches!(manifest.segmentations.len(), 0) && !per_stack(manifest, &manifest.segmentations) {
        return at("segmentations", "name one of each stack, or none".to_owned());
    }
    if manifest.rounds.is_empty() {
        return at("rounds", "a campaign has at least one round".to_owned());
    }
    let mut asked = BTreeSet::new();
    manifest
        .rounds
        .iter()
        .enumerate()
        .try_for_each(|(place, round)| check_round(manifest, place, round, &mut asked))
}

fn check_stack(place: usize, stack: &StackRecord) -> Result<(), Fault> {
    let at =
        |field: &str, problem: String| Err((words(&format!("stacks.{place}.{field}")), problem));
    if !is_plain_name(&stack.source.name) {
        return at("source.name", format!("{:?} is no plain name of a file", stack.source.name));
    }
    if stack.shape.contains(&0) {
        return at("shape", format!("{:?} holds no pixel", stack.shape));
    }
    if !(stack.slice_spacing > 0.0 && stack.slice_spacing.is_finite()) {
        return at("slice_spacing", format!("{} is no distance", stack.slice_spacing));
    }
    for (index, pair) in stack.annotated.windows(2).enumerate() {
        if pair[0] >= pair[1] {
            let problem =
                format!("slice {} after slice {}: list each once, in order", pair[1], pair[0]);
            return at(&format!("annotated.{}", index + 1), problem);
        }
    }
    let slices = stack.shape[0];
    if let Some(index) = stack.annotated.iter().position(|id| id.0 >= slices) {
        let problem = format!("slice {} of {slices}, numbered from 0", stack.annotated[index]);
        return at(&format!("annotated.{index}"), problem);
    }
    Ok(())
}

fn check_round(
    manifest: &Manifest,
    place: usize,
    round: &Round,
    asked: &mut BTreeSet<CandidateId>,
) -> Result<(), Fault> {
    let at =
        |field: &str, problem: String| Err((words(&format!("rounds.{place}.{field}")), problem));
    if round.round != place + 1 {
        return at("round", format!("{} where round {} belongs", round.round, place + 1));
    }
    for (index, verdict) in round.selection.verdicts.iter().enumerate() {
        let id = verdict.id;
        let slices = manifest.stacks.get(id.stack).map(|stack| stack.shape[0]);
        if slices.is_none_or(|slices| id.slice.0 >= slices) {
            return at(&format!("selection.verdicts.{index}.id"), format!("there is no {id}"));
        }
    }
    for id in round.selection.ids() {
        if !asked.insert(id) {
            return at("selection.verdicts", format!("{id} was asked for in a round before"));
        }
    }
    let Some(query) = &round.query else {
        return match place + 1 == manifest.rounds.len() {
            true => Ok(()),
            false => at("query", format!("round {} follows, so this one has a query", place + 2)),
        };
    };
    if round.training.is_none() {
        return at("query", "a round is trained before it is queried".to_owned());
    }
    let lists = [&query.records, &query.predictions, &query.disagreements];
    match lists.into_iter().all(|list| per_stack(manifest, list)) {
        true => Ok(()),
        false => at("query", "name one item of each kind per stack".to_owned()),
    }
}

fn per_stack<T>(manifest: &Manifest, list: &[T]) -> bool {
    list.len() == manifest.stacks.len()
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
}
