// The page: what is shown, and what a tap does. Everything it knows is in the store; everything it sends goes through the queue.
import { alone, open } from "./store.js";
import { current, moment, next } from "./duty.js";
import { LogForm } from "./log_form.js";
import { showBadge, showItems, showSent } from "./queue_list.js";
import { download } from "./rescue.js";
import { Sender } from "./sender.js";
import { sketch } from "./sketch.js";
import { Tracker } from "./tracker.js";
import { askJson } from "./wire.js";
import { words as said } from "./outbox.js";

const words = JSON.parse(document.getElementById("words").textContent);
const byId = (id) => document.getElementById(id);
const store = await open();
const state = { account: null, duty: null, dutyAt: 0, signInAgain: false };
const tracker = new Tracker(store, { changed: () => paint(), queued: () => afterQueue() });
const sender = new Sender(store, () => refreshQueue());
const parts = [];
const form = new LogForm(store, words, () => ({ duty: state.duty, position: tracker.fix, patrol: tracker.patrol }), () => afterQueue(words.saved));

function notice(text) {
  byId("notice").textContent = text;
  byId("notice").hidden = !text;
}

function sure(text) {
  byId("ask-text").textContent = text;
  byId("ask").showModal();
  return new Promise((resolve) => {
    const close = (answer) => () => {
      byId("ask").close();
      resolve(answer);
    };
    byId("ask-yes").onclick = close(true);
    byId("ask-no").onclick = byId("ask").oncancel = close(false);
  });
}

async function afterQueue(text = "") {
  if (text) notice(text);
  await refreshQueue();
  sender.flush();
}

async function refreshQueue() {
  const [items, sent] = [await store.items(), await store.sent()];
  state.signInAgain = Boolean(await store.setting("signInAgain"));
  showBadge(byId("badge"), items, words);
  showItems(byId("items"), items, words, async (item) => {
    await store.dismiss(item);
    refreshQueue();
  });
  showSent(byId("sent"), sent, words);
  const { reason } = sender.state;
  const why = state.signInAgain ? words.why_sign_in : items.length && reason ? words[`why_${reason}`] || "" : "";
  byId("why").textContent = why;
  byId("why").hidden = !why;
  byId("sign-in").hidden = Boolean(state.account) && !state.signInAgain;
}

function day(ms) {
  return new Intl.DateTimeFormat(document.documentElement.lang, { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false }).format(ms);
}

function told(shift) {
  const where = shift.beat?.name || shift.station?.name || "";
  return [shift.team, shift.kind_label, where, `${day(shift.from)} ${words.until} ${day(shift.until)}`].filter(Boolean).join(" · ");
}

function positionText() {
  if (tracker.problem) return words[`position_${tracker.problem}`];
  if (!tracker.fix) return tracker.isOn ? words.position_none : "";
  const accuracy = Number.isFinite(tracker.fix.accuracyM) ? ` · ${words.accuracy} ${Math.round(tracker.fix.accuracyM)} ${words.metre}` : "";
  const total = (tracker.patrol?.pointCount || 0) + tracker.count;
  return `${new Date(tracker.fix.at).toLocaleTimeString()}${accuracy}${tracker.patrol ? ` · ${words.recorded} ${total} ${words.points}` : ""}`;
}

function paint() {
  const { account, duty } = state;
  byId("work").hidden = !account;
  byId("sign-in").hidden = Boolean(account) && !state.signInAgain;
  byId("who").textContent = account ? `${account.unit} · ${account.username}` : "";
  const now = Date.now();
  const shift = duty && current(duty, now);
  const later = duty && next(duty, now);
  byId("shift").textContent = shift ? told(shift) : duty ? words.no_shift : words.no_duty;
  byId("next").textContent = [later ? `${words.next}：${told(later)}` : "", state.dutyAt ? `${words.duty_at} ${day(state.dutyAt)}` : ""].filter(Boolean).join(" · ");
  sketch(byId("sketch"), shift || later, tracker.fix, words);
  const turn = tracker.patrol ? (tracker.isOn ? "on" : "paused") : "off";
  byId("state").textContent = words[turn];
  byId("state").className = `state ${turn}`;
  byId("position").textContent = positionText();
  for (const [id, shown] of Object.entries({ start: turn === "off", pause: turn === "on", resume: turn === "paused", end: turn !== "off" })) byId(id).hidden = !shown;
  byId("wake").textContent = turn === "on" ? words[`wake_${tracker.wake}`] : "";
  for (const part of parts) part.paint();
}

/** What other modules add to the page. One that fails leaves the rest as it is. */
async function beginParts() {
  const context = { store, words, sure, saved: (text) => afterQueue(text), known: () => ({ ...state, position: tracker.fix, patrol: tracker.patrol }) };
  for (const url of JSON.parse(byId("parts").textContent)) {
    try {
      parts.push(await (await import(url)).begin(context));
    } catch (error) {
      console.error(error);
    }
  }
}

async function fetchDuty() {
  if (!state.account || state.signInAgain) return;
  const answer = await askJson("duty", {}, state.account.token);
  if (answer.failed || !answer.isJson) return notice(words.unreached);
  if (answer.status === 401 || answer.status === 403) {
    await store.set("signInAgain", true);
  } else if (answer.status === 200) {
    Object.assign(state, { duty: answer.json, dutyAt: moment(answer.json.server_time) || Date.now() });
    await store.set("duty", { duty: state.duty, at: state.dutyAt });
    notice("");
  }
  await refreshQueue();
  paint();
}

async function signIn(code, name) {
  const answer = await askJson("devices", { code, name });
  if (answer.failed || !answer.isJson) return notice(words.unreached);
  history.replaceState(null, "", location.pathname);
  if (answer.status !== 201) return notice(answer.status === 404 ? words.code_bad : said(answer.json) || words.code_bad);
  const { device_id: deviceId, token, username, unit } = answer.json;
  // What another account has begun ends as its own; its unsent items wait for it.
  if (tracker.patrol && state.account && state.account.username !== username) await tracker.end();
  state.account = { deviceId, token, username, unit };
  await alone(async () => {
    await store.set("account", state.account);
    await store.set("signInAgain", null);
  });
  state.signInAgain = false;
  sender.state.reason = "";
  notice(words.signed_in);
  if (navigator.storage?.persist) await navigator.storage.persist();
  await showStorage();
  await fetchDuty();
  await tracker.restore();
  await sender.flush({ now: true });
  return paint();
}

async function signOut() {
  const waiting = (await store.items()).length;
  if (!(await sure(waiting || tracker.patrol ? words.out_sure : words.out_plain))) return;
  if (tracker.patrol) await tracker.end();
  await store.forget();
  Object.assign(state, { account: null, duty: null, dutyAt: 0, signInAgain: false });
  await refreshQueue();
  paint();
}

async function showStorage() {
  const kept = navigator.storage?.persisted ? await navigator.storage.persisted() : false;
  const lost = store.unreadable ? ` · ${store.unreadable} ${words.unreadable}` : "";
  byId("storage").textContent = (kept ? words.kept : words.not_kept) + lost;
}

function night(setting) {
  if (setting) document.documentElement.dataset.night = setting;
  const isDark = setting ? setting === "on" : matchMedia("(prefers-color-scheme: dark)").matches;
  byId("night").setAttribute("aria-pressed", `${isDark}`);
  return isDark;
}

function listen() {
  byId("sign-in-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const code = byId("code").value.trim();
    signIn(code.includes("#code=") ? code.split("#code=")[1] : code, byId("device-name").value);
  });
  byId("start").addEventListener("click", () => tracker.start(state.duty && current(state.duty, Date.now())));
  byId("pause").addEventListener("click", () => tracker.pause());
  byId("resume").addEventListener("click", () => tracker.resume());
  byId("end").addEventListener("click", async () => (await sure(words.end_sure)) && tracker.end());
  for (const button of document.querySelectorAll(".kind")) button.addEventListener("click", () => form.open(button.dataset.kind));
  byId("refresh").addEventListener("click", fetchDuty);
  byId("send").addEventListener("click", () => sender.flush({ now: true }));
  byId("badge").addEventListener("click", () => byId("queue").focus());
  byId("export").addEventListener("click", () => download(store));
  byId("sign-out").addEventListener("click", signOut);
  byId("night").addEventListener("click", async () => {
    const setting = night(document.documentElement.dataset.night) ? "off" : "on";
    night(setting);
    await store.set("night", setting);
  });
  addEventListener("online", () => sender.flush({ now: true }));
  document.addEventListener("visibilitychange", () => document.hidden || sender.flush({ now: true }));
}

/** True for the one tab that may record: two would number the pieces of one track alike. The lock ends with the tab. */
async function isOnlyTab() {
  if (!navigator.locks) return true;
  for (let tries = 0; tries < 10; tries++) {
    const taken = await new Promise((resolve) => {
      navigator.locks.request("siwu-phone-tab", { ifAvailable: true }, (lock) => {
        resolve(Boolean(lock));
        return lock ? new Promise(() => {}) : null;
      });
    });
    if (taken) return true;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  return false;
}

async function begin() {
  if (!(await isOnlyTab())) return notice(words.other_tab);
  listen();
  night((await store.setting("night")) || "");
  const kept = await store.setting("duty");
  Object.assign(state, { account: (await store.setting("account")) || null, duty: kept?.duty || null, dutyAt: kept?.at || 0 });
  await tracker.restore();
  await refreshQueue();
  await showStorage();
  await beginParts();
  paint();
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (code) {
    byId("code").value = code;
    await signIn(code, byId("device-name").value);
  } else {
    await fetchDuty();
  }
  sender.flush({ now: true });
  setInterval(paint, 15_000);
  document.body.dataset.ready = "yes";
}

if ("serviceWorker" in navigator) navigator.serviceWorker.register("/phone/sw.js", { scope: "/phone/" }).catch(() => {});
await begin();
