// Empties the queue in its order. One bad item is set aside; only a server that nobody reached stops the rest.
import { UNREACHED, backOffMs, due, judge } from "./outbox.js";
import { ask, askJson, base64OfHex } from "./wire.js";
import { uploadPhoto } from "./photo_upload.js";

// So many items in a row that the server failed on mean that the server is ill, not the items.
const ILL_AFTER = 3;

export class Sender {
  /** `changed(state)` is told after every step: {busy, pausedUntil, reason}. */
  constructor(store, changed) {
    this.store = store;
    this.changed = changed;
    this.state = { busy: false, pausedUntil: 0, reason: "" };
    this.failures = 0;
  }

  tell(change) {
    Object.assign(this.state, change);
    this.changed(this.state);
  }

  /** `now`: a person or the network asks; a pause that was agreed with nobody but ourselves ends. */
  async flush({ now = false } = {}) {
    if (now) {
      this.state.pausedUntil = 0;
      this.eager = true;
    }
    if (this.state.busy) {
      this.again = true;
      return;
    }
    if (Date.now() < this.state.pausedUntil) return;
    this.again = false;
    this.tell({ busy: true });
    try {
      const round = (lock) => (lock === null ? null : this.round());
      await (navigator.locks ? navigator.locks.request("siwu-phone-send", { ifAvailable: true }, round) : round());
    } finally {
      clearTimeout(this.timer);
      this.tell({ busy: false });
      await this.plan();
    }
    if (this.again) {
      this.again = false;
      await this.flush();
    }
  }

  async round() {
    const account = await this.store.setting("account");
    if (!account || (await this.store.setting("signInAgain"))) return;
    const eager = this.eager;
    this.eager = false;
    let ill = 0;
    let reached = false;
    for (const item of due(await this.store.items(), { owner: account.username, now: Date.now(), eager })) {
      const verdict = await this.deliver(item, account.token);
      if (verdict.verdict === "sign_in") {
        await this.store.set("signInAgain", true);
        this.tell({ reason: "sign_in" });
        return;
      }
      ill = verdict.verdict === "later" ? ill + 1 : 0;
      if (verdict.verdict !== "later") {
        this.failures = 0;
        reached = true;
      }
      if (verdict.scope === "all" || ill >= ILL_AFTER) {
        this.failures += 1;
        this.tell({ reason: verdict.reason, pausedUntil: Date.now() + (verdict.delayMs ?? backOffMs(this.failures)) });
        return;
      }
      this.tell({ reason: verdict.verdict === "later" ? verdict.reason : "" });
    }
    // The network is back: what waits only because nobody was reached need not wait any longer.
    const waits = (item) => item.state === "waiting" && item.owner === account.username && item.why === UNREACHED;
    if (reached && !eager && (await this.store.items()).some(waits)) this.again = this.eager = true;
  }

  /** One item: its bytes, its pictures, and the receipt that says that nothing is missing. */
  async deliver(item, token) {
    let verdict = item.receipt ? { verdict: "receipt", receipt: item.receipt } : await this.hand(item, token);
    if (verdict.verdict === "receipt" && item.photos.length) verdict = await this.pictures(item, verdict.receipt, token);
    if (verdict.verdict === "receipt") {
      await this.store.settle(item, verdict.receipt);
    } else if (verdict.verdict === "refused") {
      await this.store.change({ ...item, state: "refused", reason: verdict.reason, status: verdict.status });
    } else if (verdict.scope === "item") {
      item.failures += 1;
      await this.store.change({ ...item, why: verdict.reason, tryAt: Date.now() + (verdict.delayMs ?? backOffMs(item.failures)) });
    }
    return verdict;
  }

  async hand(item, token) {
    const headers = { "Content-Type": "application/json", "Content-Digest": `sha-256=:${base64OfHex(item.sha256)}:`, "Client-Time": `${Date.now()}` };
    return judge(await ask("submissions", { token, body: item.body, headers }), item);
  }

  async pictures(item, receipt, token) {
    item.receipt = receipt;
    await this.store.change(item);
    for (const photo of item.photos.filter((each) => each.state === "waiting")) {
      const data = await this.store.photo(photo.id);
      const verdict = data ? await uploadPhoto({ photo, data, submissionId: item.id, token }) : { verdict: "refused", reason: "" };
      if (verdict.verdict === "sign_in" || verdict.verdict === "later") return verdict;
      Object.assign(photo, verdict.verdict === "refused" ? { state: "refused", reason: verdict.reason } : { state: "sent" });
      await this.store.change(item);
    }
    return this.confirm(item, token);
  }

  /** Asks for the receipt again: only it says that the pictures are there. */
  async confirm(item, token) {
    const answer = await askJson("receipts", { ids: [item.id] }, token);
    const listed = answer.isJson && answer.status === 200 && Array.isArray(answer.json?.receipts) ? answer.json.receipts : null;
    if (!listed) return judge(answer, item);
    const receipt = listed.find((each) => each.submission_id === item.id && each.content_sha256 === item.sha256);
    const refused = item.photos.filter((each) => each.state === "refused");
    const missing = new Set(receipt ? receipt.missing_attachments : []);
    if (receipt && item.photos.every((each) => each.state === "refused" || !missing.has(each.id))) {
      if (!refused.length) return { verdict: "receipt", receipt };
      return { verdict: "refused", reason: refused[0].reason, status: 422 };
    }
    for (const photo of item.photos) if (photo.state === "sent" && missing.has(photo.id)) photo.state = "waiting";
    if (!receipt) delete item.receipt;
    return { verdict: "later", scope: "item", reason: "photo" };
  }

  /** Sets the clock for the next try. */
  async plan() {
    const account = await this.store.setting("account");
    if (!account || (await this.store.setting("signInAgain"))) return;
    const items = (await this.store.items()).filter((item) => item.state === "waiting" && item.owner === account.username);
    if (!items.length) return;
    const soonest = Math.min(...items.map((item) => item.tryAt || 0));
    const wait = Math.max(this.state.pausedUntil, soonest) - Date.now();
    this.timer = setTimeout(() => this.flush(), Math.max(wait, 1000));
  }
}
