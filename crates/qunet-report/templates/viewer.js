"use strict";
// One slice at a time on a canvas, masks over it.

/** The places inside a mask, from lengths of runs in base 36. */
function inside(text, size) {
  const mask = new Uint8Array(size);
  let at = 0;
  text.split(" ").forEach((run, index) => {
    const length = parseInt(run, 36) || 0;
    if (index % 2 === 1) mask.fill(1, at, at + length);
    at += length;
  });
  return mask;
}

/** Masks are outlined; disagreement is filled, because it is often thin. */
function lay(pixels, width, mask, colour, filled) {
  for (let at = 0; at < mask.length; at++) {
    if (!mask[at]) continue;
    const x = at % width;
    const rim = !(mask[at - width] && mask[at + width] && x > 0 && mask[at - 1] && x < width - 1 && mask[at + 1]);
    const share = filled ? 0.75 : rim ? 1 : 0.12;
    for (let part = 0; part < 3; part++) {
      const under = pixels[4 * at + part];
      pixels[4 * at + part] = under + share * (colour[part] - under);
    }
  }
}

for (const viewer of document.querySelectorAll("[data-viewer]")) {
  const slices = JSON.parse(viewer.querySelector("script").textContent);
  const canvas = viewer.querySelector("canvas");
  const slider = viewer.querySelector("input[type=range]");
  const output = viewer.querySelector("output");
  const layers = [...viewer.querySelectorAll("[data-layer]")];
  const pictures = new Map();
  let shown = 0;

  const picture = (index) => {
    if (!pictures.has(index)) {
      const image = new Image();
      image.src = "data:image/jpeg;base64," + slices[index].image;
      pictures.set(index, image.decode().then(() => image));
    }
    return pictures.get(index);
  };

  const draw = async () => {
    const index = shown;
    const slice = slices[index];
    const image = await picture(index);
    // The reader may have gone on to another slice.
    if (index !== shown) return;
    [canvas.width, canvas.height] = [slice.width, slice.height];
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const data = context.getImageData(0, 0, slice.width, slice.height);
    for (const layer of layers) {
      const name = layer.dataset.layer;
      if (!layer.checked || !slice[name]) continue;
      const colour = layer.dataset.colour.split(",").map(Number);
      lay(data.data, slice.width, inside(slice[name], slice.width * slice.height), colour, name === "disagreement");
    }
    context.putImageData(data, 0, 0);
    viewer.dataset.drawn = slice.id;
  };

  const show = (index) => {
    shown = Math.max(0, Math.min(slices.length - 1, index));
    slider.value = shown;
    const { id, note } = slices[shown];
    output.textContent = `Slice ${id}` + (note ? `: ${note}` : "");
    slider.setAttribute("aria-valuetext", output.textContent);
    draw();
  };

  viewer.showSlice = (id) => {
    const index = slices.findIndex((slice) => slice.id === id);
    if (index < 0) return false;
    show(index);
    return true;
  };

  slider.addEventListener("input", () => show(Number(slider.value)));
  layers.forEach((layer) => layer.addEventListener("change", draw));
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    show(shown + Math.sign(event.deltaY));
  }, { passive: false });
  viewer.addEventListener("keydown", (event) => {
    if (event.target === slider || event.target.dataset.layer) return;
    const steps = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1, PageUp: -10, PageDown: 10 };
    const ends = { Home: 0, End: slices.length - 1 };
    if (event.key in steps) show(shown + steps[event.key]);
    else if (event.key in ends) show(ends[event.key]);
    else return;
    event.preventDefault();
  });
  show(0);
}
