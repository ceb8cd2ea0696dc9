// A mark is colour, figure and letter together, drawn the same on the map and in every legend.

const FIGURES = {
  circle: (c, r) => c.arc(0, 0, r, 0, Math.PI * 2),
  ring: (c, r) => c.arc(0, 0, r, 0, Math.PI * 2),
  square: (c, r) => c.roundRect(-r * 0.9, -r * 0.9, r * 1.8, r * 1.8, r * 0.25),
  diamond: (c, r) => polygon(c, [[0, -r * 1.12], [r * 1.12, 0], [0, r * 1.12], [-r * 1.12, 0]]),
  triangle: (c, r) => polygon(c, [[0, -r * 1.1], [r * 1.12, r * 0.85], [-r * 1.12, r * 0.85]]),
};

function polygon(context, corners) {
  corners.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.closePath();
}

/** A canvas of `size` CSS pixels with the mark of a legend class {colour, mark, figure}. */
export function markCanvas({ colour, mark, figure }, size = 22, ratio = 2) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size * ratio;
  // Read back for the map's sprite: a canvas on the graphics card would have to be waited for each time.
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.scale(ratio, ratio);
  context.translate(size / 2, size / 2);
  const radius = size / 2 - 2.5;
  context.beginPath();
  (FIGURES[figure] || FIGURES.circle)(context, radius);
  context.fillStyle = figure === "ring" ? "#ffffff" : colour;
  context.strokeStyle = figure === "ring" ? colour : "#ffffff";
  context.lineWidth = 2;
  context.fill();
  context.stroke();
  if (mark) {
    context.fillStyle = figure === "ring" ? colour : "#ffffff";
    context.font = `600 ${size * (figure === "triangle" ? 0.38 : 0.48)}px system-ui, "Noto Sans CJK SC", sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(mark, 0, figure === "triangle" ? size * 0.12 : size * 0.03);
  }
  return canvas;
}

/** Register the mark with a MapLibre map under `id`. */
export function addMark(map, id, legendClass, size = 22) {
  if (map.hasImage(id)) return;
  const canvas = markCanvas(legendClass, size, 2);
  const pixels = canvas.getContext("2d", { willReadFrequently: true }).getImageData(0, 0, canvas.width, canvas.height);
  map.addImage(id, pixels, { pixelRatio: 2 });
}
