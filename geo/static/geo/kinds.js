// The list of kinds: each mark as the map draws it, instead of its letter alone.
import { markCanvas } from "./marks.js";

for (const place of document.querySelectorAll(".kind-mark")) {
  const canvas = markCanvas(place.dataset, 24, 2);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", place.textContent);
  place.replaceChildren(canvas);
}
