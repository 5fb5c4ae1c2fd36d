// Shows the rows that have the typed words and one of the chosen verdicts.
"use strict";
const rows = [...document.querySelectorAll("#list tbody tr")];
const boxes = [...document.querySelectorAll(".chips input")];
const search = document.getElementById("search");

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  let shown = 0;
  for (const row of rows) {
    const text = row.dataset.text.toLowerCase();
    row.hidden = !(chosen.has(row.dataset.verdict) && words.every((word) => text.includes(word)));
    shown += !row.hidden;
  }
  document.getElementById("count").textContent = `${shown} / ${rows.length}`;
  document.getElementById("nothing").hidden = shown > 0;
}

search.form.addEventListener("submit", (event) => event.preventDefault());
search.addEventListener("input", filter);
boxes.forEach((box) => box.addEventListener("change", filter));
filter();
