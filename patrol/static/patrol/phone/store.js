// What the phone keeps: IndexedDB, every value sealed with AES-GCM. The key never leaves the browser and cannot be read out;
// it protects against a copied file, not against somebody who holds the unlocked phone.
import { item } from "./bodies.js";

const NAME = "siwu-phone";
const STORES = ["keys", "settings", "outbox", "photos", "fixes", "sent"];
const SENT_AT_MOST = 200;
const SENT_FOR_MS = 7 * 86_400_000;

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function finished(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}

function database() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    for (const name of STORES) request.result.createObjectStore(name, name === "fixes" ? { autoIncrement: true } : {});
  };
  return done(request);
}

/** One writer at a time, over all tabs. */
export function alone(work) {
  return navigator.locks ? navigator.locks.request("siwu-phone-store", work) : work();
}

export async function open() {
  const store = new Store(await database());
  await store.takeKey();
  return store;
}

export class Store {
  constructor(db) {
    this.db = db;
    this.unreadable = 0;
  }

  async takeKey() {
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const transaction = this.db.transaction("keys", "readwrite");
    const keys = transaction.objectStore("keys");
    this.key = (await done(keys.get("values"))) || made;
    if (this.key === made) keys.put(made, "values");
    await finished(transaction);
  }

  async seal(value) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = value instanceof ArrayBuffer ? value : new TextEncoder().encode(JSON.stringify(value));
    return { iv, isBytes: value instanceof ArrayBuffer, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, this.key, plain) };
  }

  async unseal(sealed) {
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: sealed.iv }, this.key, sealed.data);
    return sealed.isBytes ? plain : JSON.parse(new TextDecoder().decode(plain));
  }

  /** Everything in one transaction: it is kept whole or not at all, and on the disk when this is done. */
  async write(names, work) {
    const transaction = this.db.transaction(names, "readwrite", { durability: "strict" });
    work((name) => transaction.objectStore(name));
    await finished(transaction);
  }

  async get(name, key) {
    const sealed = await done(this.db.transaction(name).objectStore(name).get(key));
    return sealed === undefined ? undefined : this.unseal(sealed);
  }

  /** [key, value] of every readable row, in the order of keys. One that cannot be read is counted and left where it is. */
  async all(name) {
    const rows = this.db.transaction(name).objectStore(name);
    const [keys, sealed] = await Promise.all([done(rows.getAllKeys()), done(rows.getAll())]);
    const found = [];
    for (let i = 0; i < keys.length; i++) {
      try {
        found.push([keys[i], await this.unseal(sealed[i])]);
      } catch {
        this.unreadable += 1;
      }
    }
    return found;
  }

  setting(name) {
    return this.get("settings", name);
  }

  async set(name, value) {
    const sealed = value === null ? null : await this.seal(value);
    await this.write(["settings"], (at) => (sealed ? at("settings").put(sealed, name) : at("settings").delete(name)));
  }

  async items() {
    const found = (await this.all("outbox")).map(([, value]) => value);
    return found.sort((a, b) => a.seq - b.seq);
  }

  /**
   * Puts submissions into the queue. `parts`: [{kind, content, about, photos}], photos with their bytes.
   * `also`: {settings: {name: value}, fixesGone: [key]} is written in the same transaction.
   */
  async queue(parts, also = {}) {
    const account = (await this.setting("account")) || {};
    let seq = (await this.setting("seq")) || 0;
    const items = [];
    const pictures = [];
    for (const { photos = [], ...part } of parts) {
      seq += 1;
      const told = photos.map(({ id, name, sha256, bytes }) => ({ id, name, sha256, bytes, state: "waiting" }));
      items.push(await item({ ...part, photos: told, seq, owner: account.username, deviceId: account.deviceId }));
      for (const photo of photos) pictures.push([photo.id, await this.seal(photo.data)]);
    }
    const settings = Object.entries({ ...also.settings, seq });
    const sealedItems = await Promise.all(items.map(async (each) => [each.id, await this.seal(each)]));
    const sealedSettings = await Promise.all(settings.map(async ([name, value]) => [name, value === null ? null : await this.seal(value)]));
    await this.write(["outbox", "photos", "settings", "fixes"], (at) => {
      for (const [id, sealed] of sealedItems) at("outbox").put(sealed, id);
      for (const [id, sealed] of pictures) at("photos").put(sealed, id);
      for (const [name, sealed] of sealedSettings) sealed ? at("settings").put(sealed, name) : at("settings").delete(name);
      for (const key of also.fixesGone || []) at("fixes").delete(key);
    });
    return items;
  }

  async change(found) {
    const sealed = await this.seal(found);
    await this.write(["outbox"], (at) => at("outbox").put(sealed, found.id));
  }

  /** The receipt is here: the item goes, its pictures with it, and a line stays for the list. */
  async settle(found, receipt) {
    const line = { id: found.id, kind: found.kind, about: found.about, madeAt: found.madeAt, receiptNo: receipt.receipt_no, flags: receipt.flags || [], at: Date.now() };
    const sealed = await this.seal({ ...line, points: receipt.points || null });
    await this.write(["outbox", "photos", "sent"], (at) => {
      at("outbox").delete(found.id);
      for (const photo of found.photos) at("photos").delete(photo.id);
      at("sent").put(sealed, found.id);
    });
  }

  async dismiss(found) {
    await this.write(["outbox", "photos"], (at) => {
      at("outbox").delete(found.id);
      for (const photo of found.photos) at("photos").delete(photo.id);
    });
  }

  async sent() {
    const found = (await this.all("sent")).map(([, value]) => value).sort((a, b) => b.at - a.at);
    const old = found.filter((each, i) => i >= SENT_AT_MOST || each.at < Date.now() - SENT_FOR_MS);
    if (old.length) await this.write(["sent"], (at) => old.forEach((each) => at("sent").delete(each.id)));
    return found.slice(0, found.length - old.length);
  }

  async addFix(fix) {
    const sealed = await this.seal(fix);
    await this.write(["fixes"], (at) => at("fixes").add(sealed));
  }

  /** Pictures of something that is not finished yet: they are put into the queue with it, or dropped. */
  async keepPhoto(id, data) {
    const sealed = await this.seal(data);
    await this.write(["photos"], (at) => at("photos").put(sealed, id));
  }

  async dropPhotos(ids) {
    await this.write(["photos"], (at) => ids.forEach((id) => at("photos").delete(id)));
  }

  async photo(id) {
    return this.get("photos", id);
  }

  /** Forgets the account and what it was told; what was not sent stays for its next sign-in. */
  async forget() {
    await this.write(["settings", "sent"], (at) => {
      for (const name of ["account", "duty", "patrol", "signInAgain"]) at("settings").delete(name);
      at("sent").clear();
    });
  }
}
