"use strict";
// Tables that are sorted by a click on a heading, filtered, and tied to the slice viewer.

/** The viewer of the same section, or the first of the page. */
function viewerOf(table) {
  return table.closest("section").querySelector("[data-viewer]") || document.querySelector("[data-viewer]");
}

function makeSortable(table) {
  const heads = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  const compare = (a, b, sign) => {
    // Gaps stay at the end, whichever way.
    if (a === "" || b === "") return (a === "") - (b === "");
    const difference = Number(a) - Number(b);
    return sign * (Number.isNaN(difference) ? a.localeCompare(b) : difference);
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => row.cells[column].dataset.key;
      const rows = [...body.rows].sort((a, b) => compare(key(a), key(b), down ? -1 : 1));
      body.append(...rows);
    });
  });
}

/** A box for words, and a choice among the values of the column "Verdict" where there is one. */
function makeFilterable(table) {
  const names = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  const rows = [...table.tBodies[0].rows];
  const verdict = names.indexOf("Verdict");
  const form = document.createElement("form");
  form.className = "filter";
  form.addEventListener("submit", (event) => event.preventDefault());
  const words = Object.assign(document.createElement("input"), { type: "search", placeholder: "Filter rows" });
  words.setAttribute("aria-label", "Filter rows");
  const choice = document.createElement("select");
  choice.setAttribute("aria-label", "Verdict");
  const count = document.createElement("span");
  count.setAttribute("role", "status");
  form.append(words);
  if (verdict >= 0) {
    const values = [...new Set(rows.map((row) => row.cells[verdict].textContent))].sort();
    choice.append(new Option("all verdicts", ""), ...values.map((value) => new Option(value, value)));
    form.append(choice);
  }
  form.append(count);
  const filter = () => {
    const wanted = words.value.trim().toLowerCase();
    let left = 0;
    for (const row of rows) {
      const fits = row.textContent.toLowerCase().includes(wanted)
        && (!choice.value || row.cells[verdict].textContent === choice.value);
      row.hidden = !fits;
      left += fits;
    }
    count.textContent = left === rows.length ? "" : `${left} of ${rows.length} rows`;
  };
  words.addEventListener("input", filter);
  choice.addEventListener("change", filter);
  table.parentElement.before(form);
}

/** A click, or Enter, on a row shows its slice. */
function tieToViewer(table) {
  const viewer = viewerOf(table);
  const column = [...table.tHead.rows[0].cells].findIndex((cell) => cell.textContent === "Slice");
  if (!viewer || column < 0) return;
  for (const row of table.tBodies[0].rows) {
    const show = () => {
      if (!viewer.showSlice(Number(row.cells[column].textContent))) return;
      table.querySelectorAll("tr[aria-current]").forEach((other) => other.removeAttribute("aria-current"));
      row.setAttribute("aria-current", "true");
      viewer.scrollIntoView({ block: "nearest" });
    };
    row.tabIndex = 0;
    row.classList.add("link");
    row.addEventListener("click", show);
    row.addEventListener("keydown", (event) => { if (event.key === "Enter") show(); });
  }
}

for (const table of document.querySelectorAll("table")) tieToViewer(table);
for (const table of document.querySelectorAll("table[data-sortable]")) {
  makeFilterable(table);
  makeSortable(table);
}
