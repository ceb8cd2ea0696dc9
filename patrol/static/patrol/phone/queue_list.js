// What waits, what was refused and what has gone, each with its state in words.
import { counts } from "./outbox.js";

export function title(item, words) {
  const about = item.about || {};
  if (item.kind === "patrol") return `${words.track} · ${about.points} ${words.points}`;
  if (item.kind === "event") return words[`event_${about.what}`] || about.what;
  if (about.title) return about.title;
  const photos = about.photos ? ` · ${about.photos} ${words.photo}` : "";
  return [words[`log_${about.kind}`], about.place, about.text].filter(Boolean).join(" · ") + photos;
}

function clock(at) {
  const when = new Date(at);
  const two = (value) => `${value}`.padStart(2, "0");
  return `${two(when.getMonth() + 1)}-${two(when.getDate())} ${two(when.getHours())}:${two(when.getMinutes())}`;
}

function line(className, mark, text, detail) {
  const row = document.createElement("li");
  row.className = className;
  const [strong, span] = [document.createElement("span"), document.createElement("span")];
  strong.className = "mark";
  strong.textContent = mark;
  span.textContent = text;
  row.append(strong, " ", span);
  if (detail) {
    const small = document.createElement("div");
    small.className = "small muted";
    small.textContent = detail;
    row.append(small);
  }
  return row;
}

/** `dismiss(item)` is asked when a person has read why something was refused. */
export function showItems(list, items, words, dismiss) {
  list.replaceChildren(
    ...items.map((item) => {
      const refused = item.state === "refused";
      const detail = refused ? item.reason : item.why ? words[`why_${item.why}`] || words.retry_soon : "";
      const row = line(item.state, refused ? `✕ ${words.refused}` : `… ${words.waiting}`, `${clock(item.madeAt)} ${title(item, words)}`, detail);
      if (refused) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "quiet";
        button.textContent = words.dismiss;
        button.addEventListener("click", () => dismiss(item));
        row.append(button);
      }
      return row;
    }),
  );
}

export function showSent(list, sent, words) {
  list.replaceChildren(
    ...sent.map((item) => {
      const flags = item.flags.map((flag) => words[`flag_${flag}`]).filter(Boolean);
      return line("done", `✓ ${words.sent}`, `${clock(item.madeAt)} ${title(item, words)}`, [`${words.receipt} ${item.receiptNo}`, ...flags].join(" · "));
    }),
  );
}

export function showBadge(badge, items, words) {
  const { waiting, refused } = counts(items);
  badge.hidden = false;
  badge.className = `pill ${refused ? "bad" : waiting ? "open" : "clear"}`;
  const parts = [waiting ? `${words.waiting} ${waiting}` : "", refused ? `${words.refused} ${refused}` : ""].filter(Boolean);
  badge.textContent = parts.join(" · ") || `✓ ${words.none_waiting}`;
}
