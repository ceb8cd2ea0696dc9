// One picture, piece by piece, each with its checksum; after a break it goes on where the server says (tus-shaped).
import { judge } from "./outbox.js";
import { ask, base64 } from "./wire.js";

const PIECE = 256 * 1024;
const TRIES = 5;

function offsetOf(answer) {
  const text = answer.failed ? null : answer.header("Upload-Offset");
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}

/** The verdict of outbox.js: "receipt" here only means that every byte is there; the submission's receipt must say so, too. */
export async function uploadPhoto({ photo, data, submissionId, token }) {
  const utf8 = (text) => base64(new TextEncoder().encode(text));
  const told = { id: photo.id, submission_id: submissionId, name: photo.name, sha256: photo.sha256 };
  const metadata = Object.entries(told).map(([name, value]) => `${name} ${utf8(value)}`).join(",");
  const opened = await ask("uploads", { token, headers: { "Tus-Resumable": "1.0.0", "Upload-Length": `${data.byteLength}`, "Upload-Metadata": metadata } });
  let offset = opened.status === 201 || opened.status === 200 ? offsetOf(opened) : null;
  if (offset === null) return verdictOf(opened, photo);
  for (let tries = 0; offset < data.byteLength; ) {
    const answer = await sendPiece({ photo, data, offset, token });
    const there = offsetOf(answer);
    if (answer.status === 204 && there === Math.min(offset + PIECE, data.byteLength)) {
      offset = there;
    } else if ((answer.status === 409 && there !== null) || answer.status === 460) {
      offset = there ?? offset;
      if (++tries >= TRIES) return { verdict: "later", scope: "item", reason: "photo" };
    } else {
      return verdictOf(answer, photo);
    }
  }
  return { verdict: "receipt" };
}

async function sendPiece({ photo, data, offset, token }) {
  const piece = data.slice(offset, offset + PIECE);
  const checksum = base64(await crypto.subtle.digest("SHA-256", piece));
  const headers = {
    "Tus-Resumable": "1.0.0", "Upload-Offset": `${offset}`, "Upload-Checksum": `sha256 ${checksum}`, "Content-Type": "application/offset+octet-stream",
  };
  return ask(`uploads/${photo.id}`, { method: "PATCH", token, body: piece, headers });
}

function verdictOf(answer, photo) {
  const verdict = judge(answer, { id: photo.id, sha256: photo.sha256 });
  return verdict.verdict === "receipt" ? { verdict: "later", scope: "item", reason: "photo" } : verdict;
}
