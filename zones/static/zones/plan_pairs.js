// Pairs of indicators: only those of which both are ticked are asked for.
const used = (key) => document.getElementById(`id_used-${key}`).checked;

function show() {
  for (const field of document.querySelectorAll(".pairs .field")) {
    field.hidden = !field.querySelector("select").name.split("~").every(used);
  }
}

document.querySelector("fieldset.ticks").addEventListener("change", show);
show();
