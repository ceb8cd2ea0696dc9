// Moves a shift on the week: with the mouse, or with Shift and the arrow keys. Both end in the same form as the shift's own page.
import { clock, quarterAt, stepped, QUARTERS } from "./roster_time.js";

const form = document.getElementById("move-form");
const told = document.getElementById("moving-told");
const lanes = [...document.querySelectorAll(".lane[data-day]")];
let ghost = null;

function show(lane, quarter, bar) {
  hide();
  ghost = document.createElement("div");
  const end = Math.min(QUARTERS, quarter + Math.ceil(Number(bar.dataset.minutes) / 15));
  ghost.className = `ghost from-${quarter} to-${end}`;
  ghost.textContent = clock(quarter);
  ghost.dataset.quarter = quarter;
  lane.append(ghost);
  lane.classList.add("over-drop");
}

function hide() {
  ghost?.remove();
  ghost = null;
  for (const lane of lanes) lane.classList.remove("over-drop");
}

function send(bar, lane, quarter) {
  form.action = bar.dataset.move;
  form.elements.day.value = lane.dataset.day;
  form.elements.time.value = clock(quarter);
  form.elements.minutes.value = bar.dataset.minutes;
  form.elements.seen.value = bar.dataset.seen;
  form.requestSubmit();
}

function begin({ dataset, parentElement }) {
  return { day: lanes.indexOf(parentElement), quarter: Number(dataset.begin) };
}

// The mouse: the bar keeps its distance to the pointer.
let dragged = null;

function quarterUnder(event, lane) {
  const box = lane.getBoundingClientRect();
  return quarterAt((event.clientX - dragged.grip - box.left) / box.width);
}

for (const bar of document.querySelectorAll(".bar-shift[data-move]")) {
  bar.draggable = true;
  bar.addEventListener("dragstart", (event) => {
    dragged = { bar, grip: event.clientX - bar.getBoundingClientRect().left };
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", bar.id);
  });
  bar.addEventListener("dragend", () => { dragged = null; hide(); });

  // The keys: Shift and arrows choose, Enter sends, Escape gives up.
  let place = null;
  bar.addEventListener("keydown", (event) => {
    if (event.shiftKey && event.key.startsWith("Arrow")) {
      event.preventDefault();
      place = stepped(place || begin(bar), event.key, lanes.length) || place || begin(bar);
      show(lanes[place.day], place.quarter, bar);
      told.textContent = `${lanes[place.day].dataset.name} ${clock(place.quarter)} ${told.dataset.words}`;
    } else if (place && event.key === "Enter") {
      event.preventDefault();
      send(bar, lanes[place.day], place.quarter);
    } else if (place && event.key === "Escape") {
      place = null;
      hide();
      told.textContent = "";
    }
  });
  bar.addEventListener("blur", () => { place = null; if (!dragged) hide(); });
}

for (const lane of lanes) {
  lane.addEventListener("dragover", (event) => {
    if (!dragged) return;
    event.preventDefault();
    const quarter = quarterUnder(event, lane);
    if (!ghost || ghost.parentElement !== lane || Number(ghost.dataset.quarter) !== quarter) show(lane, quarter, dragged.bar);
  });
  lane.addEventListener("drop", (event) => {
    if (!dragged) return;
    event.preventDefault();
    const quarter = quarterUnder(event, lane);
    const { bar } = dragged;
    const start = begin(bar);
    if (lanes[start.day] === lane && start.quarter === quarter) return;
    send(bar, lane, quarter);
  });
}

for (const chooser of document.querySelectorAll("select[data-goes]")) chooser.addEventListener("change", () => chooser.form.requestSubmit());
