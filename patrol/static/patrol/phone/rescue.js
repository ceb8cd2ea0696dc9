// Everything that has not been sent, as a file: for a phone that will not come online again.
import { base64 } from "./wire.js";

export async function rescueFile(store) {
  const account = (await store.setting("account")) || {};
  const items = [];
  for (const item of await store.items()) {
    items.push({ id: item.id, kind: "submission", body: item.body });
    for (const photo of item.photos) {
      const data = await store.photo(photo.id);
      if (data) items.push({ id: photo.id, kind: "photo", submission_id: item.id, name: photo.name, sha256: photo.sha256, data: base64(data) });
    }
  }
  return { siwu_rescue: 1, device_id: account.deviceId || null, username: account.username || "", made_at: Date.now(), items };
}

export async function download(store) {
  const content = await rescueFile(store);
  const url = URL.createObjectURL(new Blob([JSON.stringify(content)], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `siwu-rescue-${new Date().toISOString().slice(0, 16).replace(/[:T]/g, "")}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  return content.items.length;
}
