// A picture is drawn again at most 2048 px wide or high: smaller, and without the place and time that cameras write into files.
import { sha256, uuid7 } from "./bodies.js";

const SIDE = 2048;
const QUALITY = 0.8;

/** {id, name, sha256, bytes, data: ArrayBuffer}; throws when the browser cannot read the file as a picture. */
export async function prepare(file) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  const data = await blob.arrayBuffer();
  const id = uuid7();
  return { id, name: "photo.jpg", sha256: await sha256(data), bytes: data.byteLength, data, blob };
}
