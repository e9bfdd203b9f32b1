//! Slices with masks on them.

use ndarray::{Array2, Array3, Axis};
use qunet_report::{Figure, MontageTile, montage};
use qunet_select::{Picked, evenly_spaced};
use qunet_stack::{LabelMap, SliceId, Stack};

use crate::Error;
use crate::folder::manifest::StackRecord;
use crate::folder::stacks::is_foreground;
use crate::folder::{Campaign, digest};

/// The most slices in one picture, so that the page stays small.
const TILES: usize = 24;

impl Campaign {
    /// The annotated slices with their outlines and why they were asked for.
    pub(super) fn drawn(
        &self,
        number: usize,
        record: &StackRecord,
        stack: &Stack,
    ) -> Result<Option<Figure>, Error> {
        let labels = self.annotations(record)?;
        let mut ids = Vec::new();
        for round in &self.manifest.rounds {
            let of_stack = round.selection.picks.iter().filter(|pick| pick.id.stack == number);
            ids.extend(of_stack.map(|pick| (pick.id.slice, why(round.round, pick))));
        }
        ids.retain(|(id, _)| record.annotated.binary_search(id).is_ok());
        ids.truncate(TILES);
        let tiles = self.tiles(stack, &labels, ids)?;
        let caption = "The annotated slices, in the order they were asked for, and why.";
        figure(&tiles, ("annotated", caption), |tile, mask| tile.with_truth(mask))
    }

    /// Slices nobody annotated, as the network segmented them.
    pub(super) fn segmented(
        &self,
        number: usize,
        record: &StackRecord,
        stack: &Stack,
    ) -> Result<Option<Figure>, Error> {
        let Some(file) = self.manifest.segmentations.get(number) else { return Ok(None) };
        let labels = LabelMap::open_binary(digest::unchanged(&self.folder, file)?, stack)?;
        let ids = evenly_spaced(&record.open_slices(), TILES).into_iter();
        let ids = ids.map(|id| (id, String::new())).collect();
        let tiles = self.tiles(stack, labels.labels(), ids)?;
        let caption = "Evenly spaced slices that nobody annotated, as the network segments them.";
        figure(&tiles, ("segmented", caption), |tile, mask| tile.with_prediction(mask))
    }

    fn tiles(
        &self,
        stack: &Stack,
        labels: &Array3<u8>,
        ids: Vec<(SliceId, String)>,
    ) -> Result<Vec<Drawn>, Error> {
        let drawn = |(id, note)| {
            let image = stack.scaled_slice(id, &self.manifest.config.steps.scaling)?;
            let image = image.mapv(|value| value.clamp(0.0, 1.0));
            let mask = labels.index_axis(Axis(0), id.0).mapv(is_foreground);
            Ok(Drawn { id, note, image, mask })
        };
        ids.into_iter().map(drawn).collect()
    }
}

/// A slice with a mask on it.
struct Drawn {
    id: SliceId,
    note: String,
    image: Array2<f32>,
    mask: Array2<bool>,
}

fn figure(
    slices: &[Drawn],
    (name, caption): (&str, &str),
    outline: impl for<'a> Fn(MontageTile<'a>, &'a Array2<bool>) -> MontageTile<'a>,
) -> Result<Option<Figure>, Error> {
    if slices.is_empty() {
        return Ok(None);
    }
    let tiles: Vec<MontageTile<'_>> = slices
        .iter()
        .map(|it| outline(MontageTile::new(it.id, &it.image, it.note.as_str()), &it.mask))
        .collect();
    Ok(Some(montage(&tiles)?.with_name(name)?.with_caption(caption)))
}

fn why(round: usize, pick: &Picked) -> String {
    let whole = pick.to_string();
    let reason = whole.split_once(": ").map_or(whole.as_str(), |(_, reason)| reason);
    format!("round {round}: {}", reason.split(';').next().unwrap_or_default())
}
