// What an answer means for an item of the queue, and when to try again. Pure: no store, no network, no clock.

export const FIRST_DELAY_MS = 5_000;
export const LONGEST_DELAY_MS = 15 * 60_000;
export const UNREACHED = "unreached";
const FOR_GOOD = new Set([409, 410, 413, 422]);

/**
 * `answer`: {failed: true} when nothing came, else {status, redirected, isJson, json, retryAfter} (retryAfter: the header's text).
 * `item`: {id, sha256}. Gives {verdict, scope, delayMs, reason}:
 * - "receipt": the server holds these very bytes; only now may the item go.
 * - "refused": it will never be taken; the rest of the queue goes on.
 * - "sign_in": the token opens nothing any more; everything is kept.
 * - "later": kept. Scope "all": nobody was reached, so the rest need not be tried now; "item": this one failed, perhaps only it
 *   (a captive portal answers everything with a page of its own, a filter on the way only what it does not like).
 */
export function judge(answer, item) {
  if (answer.failed) return later("all", UNREACHED);
  if (answer.redirected || !answer.isJson) return later("item", UNREACHED);
  const { status, json } = answer;
  if (status === 200 || status === 201) {
    const isOurs = json && json.submission_id === item.id && json.content_sha256 === item.sha256;
    return isOurs ? { verdict: "receipt", receipt: json } : later("item", UNREACHED);
  }
  if (FOR_GOOD.has(status)) return { verdict: "refused", status, reason: words(json) };
  if (status === 401 || status === 403) return { verdict: "sign_in", status };
  if (status === 429 || status === 503) return { ...later("all", "busy"), delayMs: retryAfterMs(answer.retryAfter) };
  return later("item", `${status}`);
}

function later(scope, reason) {
  return { verdict: "later", scope, reason, delayMs: null };
}

/** The reason in an error body: text, or a list of {field, message}. */
export function words(json) {
  const detail = json && json.detail;
  if (typeof detail === "string") return detail;
  if (Array.isArray(detail)) return detail.map((each) => each.message || each.msg || "").filter(Boolean).join("；");
  return "";
}

/** Milliseconds of a Retry-After header (seconds or a date), or null. `now` only matters for a date. */
export function retryAfterMs(text, now = Date.now()) {
  if (!text) return null;
  if (/^\d+$/.test(text.trim())) return Math.min(Number(text) * 1000, LONGEST_DELAY_MS);
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, Math.min(at - now, LONGEST_DELAY_MS));
}

/** Waiting time after the n-th failure in a row (from 1): doubles from 5 s to 15 min; a random half keeps phones apart. */
export function backOffMs(failures, random = Math.random()) {
  const whole = Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LONGEST_DELAY_MS);
  return Math.round(whole * (0.5 + random / 2));
}

/** What may be tried now, in the order in which it was made; `eager`: also what waits. Another account's items stay where they are. */
export function due(items, { owner, now, eager = false }) {
  return items
    .filter((item) => item.state === "waiting" && item.owner === owner && (eager || (item.tryAt || 0) <= now))
    .sort((a, b) => a.seq - b.seq);
}

export function counts(items) {
  const refused = items.filter((item) => item.state === "refused").length;
  return { waiting: items.length - refused, refused };
}
