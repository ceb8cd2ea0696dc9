// Makes the bytes that are handed in. A body is made once and sent as it is every time: its hash is what the receipt must name.

export const POINTS_AT_MOST = 500;
const APP_VERSION = "phone-1";

/** A UUID of version 7: its order is the order of making. */
export function uuid7(now = Date.now()) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let i = 0, rest = now; i < 6; i++, rest = Math.floor(rest / 256)) bytes[5 - i] = rest % 256;
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = hexOf(bytes);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

export function hexOf(bytes) {
  return [...new Uint8Array(bytes)].map((each) => each.toString(16).padStart(2, "0")).join("");
}

export async function sha256(bytes) {
  return hexOf(await crypto.subtle.digest("SHA-256", bytes));
}

/** Text that JSON and a database can hold: no NUL, no half of a character. */
export function clean(text) {
  const whole = text.toWellFormed ? text.toWellFormed() : text.replace(/[\ud800-\udbff](?![\udc00-\udfff])/g, "\ufffd");
  return whole.replace(/\u0000/g, "").trim();
}

/** A row of points: [ms, lon, lat, accuracy, speed, heading, altitude]. */
export function pointRow(position) {
  const { longitude, latitude, accuracy, speed, heading, altitude } = position.coords;
  return [
    Math.round(position.timestamp), rounded(longitude, 7), rounded(latitude, 7),
    rounded(accuracy, 1), rounded(speed, 2), rounded(heading, 0), rounded(altitude, 1),
  ];
}

function rounded(value, digits) {
  return Number.isFinite(value) ? Number(value.toFixed(digits)) : null;
}

/** An item of the queue: `content` is what this kind of submission adds. `about` is told in the list. */
export async function item({ kind, content, owner, deviceId, seq, about, photos = [], now = Date.now() }) {
  const id = uuid7(now);
  const body = JSON.stringify({
    schema: 1, submission_id: id, kind, device_id: `${deviceId}`, seq, client_time: now, tz: zone(), app_version: APP_VERSION,
    crs: "wgs84", ...content,
    ...(photos.length ? { attachments: photos.map(({ id: photo, name, sha256: hash, bytes }) => ({ id: photo, name, sha256: hash, bytes })) } : {}),
  });
  const hash = await sha256(new TextEncoder().encode(body));
  return { id, seq, kind, owner, body, sha256: hash, about, photos, madeAt: now, state: "waiting", failures: 0 };
}

function zone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || undefined;
}

/** The patrol as every submission names it. */
export function patrolOf(patrol) {
  return { id: patrol.id, started_at: patrol.startedAt, ...(patrol.shiftId ? { shift_id: patrol.shiftId } : {}) };
}
