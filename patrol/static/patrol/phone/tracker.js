// A turn on the street: start, pause, resume, end, and every fix in between, each stored as it comes.
import { alone } from "./store.js";
import { POINTS_AT_MOST, patrolOf, pointRow, uuid7 } from "./bodies.js";

const CHUNK_EVERY_MS = 60_000;
// Some phones tell a position several times a second.
const FIXES_APART_MS = 900;
const OPTIONS = { enableHighAccuracy: true, maximumAge: 0, timeout: 60_000 };

export class Tracker {
  /** `changed()` after every change; `queued()` when there is something to send. */
  constructor(store, { changed, queued }) {
    Object.assign(this, { store, changed, queued, patrol: null, fix: null, count: 0, problem: "", wake: "off", waiting: Promise.resolve() });
    document.addEventListener("visibilitychange", () => this.seen(!document.hidden));
  }

  get isOn() {
    return this.patrol?.state === "on";
  }

  /** Goes on with a turn that was running when the page was closed or killed. */
  async restore() {
    this.patrol = (await this.store.setting("patrol")) || null;
    this.count = (await this.store.all("fixes")).length;
    if (this.isOn) {
      this.watch();
      if (this.patrol.seen === "hidden") await this.note("shown", { seen: "shown" });
    }
    this.changed();
  }

  async start(shift) {
    if (this.patrol) return;
    const now = Date.now();
    this.patrol = { id: uuid7(now), startedAt: now, shiftId: shift?.id || null, chunkNo: 0, pointCount: 0, state: "on", seen: "shown", until: shift?.until || null };
    await this.note("started", {}, now);
    this.watch();
  }

  async pause() {
    this.unwatch();
    await this.chunk();
    await this.note("paused", { state: "paused" });
  }

  async resume() {
    await this.note("resumed", { state: "on", seen: "shown" });
    this.watch();
  }

  async end() {
    this.unwatch();
    await this.chunk();
    await alone(async () => {
      const about = { what: "ended" };
      const event = { what: "ended", at: Date.now(), chunk_count: this.patrol.chunkNo };
      await this.store.queue([{ kind: "event", content: { patrol: patrolOf(this.patrol), event }, about }], { settings: { patrol: null } });
      this.patrol = null;
      this.count = 0;
    });
    this.changed();
    this.queued();
  }

  /** One event of the turn, and the turn as it is then, in one transaction. */
  async note(what, change = {}, at = Date.now()) {
    await alone(async () => {
      const patrol = { ...this.patrol, ...change };
      const content = { patrol: patrolOf(patrol), event: { what, at } };
      await this.store.queue([{ kind: "event", content, about: { what } }], { settings: { patrol } });
      this.patrol = patrol;
    });
    this.changed();
    this.queued();
  }

  /** A web page cannot record unseen: both moments are told, and what lies between counts as unknown. */
  async seen(isShown) {
    if (!this.isOn) return;
    const seen = isShown ? "shown" : "hidden";
    if (this.patrol.seen !== seen) await this.note(seen, { seen });
    if (isShown) this.watch();
    else await this.chunk();
  }

  watch() {
    this.unwatch();
    if (!navigator.geolocation) {
      this.problem = "unsupported";
      return this.changed();
    }
    this.watching = navigator.geolocation.watchPosition((position) => this.take(position), (error) => this.fail(error), OPTIONS);
    this.timer = setInterval(() => this.chunk(), CHUNK_EVERY_MS);
    this.stayAwake();
    return this.changed();
  }

  unwatch() {
    if (this.watching !== undefined) navigator.geolocation.clearWatch(this.watching);
    this.watching = undefined;
    clearInterval(this.timer);
    this.wakeLock?.release().catch(() => {});
    this.wakeLock = null;
    this.wake = "off";
  }

  async stayAwake() {
    if (!navigator.wakeLock) {
      this.wake = "unsupported";
      return;
    }
    try {
      this.wakeLock = await navigator.wakeLock.request("screen");
      this.wake = "on";
      this.wakeLock.addEventListener("release", () => this.tellWake("off"));
    } catch {
      this.wake = "refused";
    }
    this.changed();
  }

  tellWake(state) {
    this.wake = state;
    this.changed();
  }

  take(position) {
    this.problem = "";
    const row = pointRow(position);
    const isNews = !this.fix || row[0] - this.fix.at >= FIXES_APART_MS || row[0] < this.fix.at;
    this.fix = { at: row[0], lon: row[1], lat: row[2], accuracyM: row[3] };
    if (this.isOn && isNews) {
      const { id } = this.patrol;
      this.count += 1;
      this.waiting = this.waiting.then(() => this.store.addFix({ patrol: id, row })).catch(() => this.tellProblem("storage"));
      if (this.count >= POINTS_AT_MOST) this.chunk();
    }
    this.changed();
  }

  fail(error) {
    this.tellProblem({ 1: "denied", 2: "unavailable", 3: "timeout" }[error.code] || "unavailable");
  }

  tellProblem(problem) {
    this.problem = problem;
    this.changed();
  }

  /** Stored fixes become pieces of the queue; a piece, its number and the fixes' going are one transaction. */
  async chunk() {
    await this.waiting;
    await alone(async () => {
      for (let rows = await this.store.all("fixes"); rows.length && this.patrol; ) {
        const [now, rest] = [rows.slice(0, POINTS_AT_MOST), rows.slice(POINTS_AT_MOST)];
        const chunkNo = this.patrol.chunkNo + 1;
        const patrol = { ...this.patrol, chunkNo, pointCount: this.patrol.pointCount + now.length };
        const content = { provider: "geolocation", patrol: { ...patrolOf(patrol), chunk_no: chunkNo }, points: now.map(([, fix]) => fix.row) };
        const part = { kind: "patrol", content, about: { points: now.length, chunk: chunkNo } };
        await this.store.queue([part], { settings: { patrol }, fixesGone: now.map(([key]) => key) });
        this.patrol = patrol;
        this.count = Math.max(0, this.count - now.length);
        rows = rest;
      }
    });
    this.changed();
    this.queued();
  }
}
