// Speaks with the door. An answer is told as it came; what it means is outbox.js's business.
const PATIENCE_MS = 20_000;
export const API = "/api/field/v1/";

function timeout(ms) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ms);
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}

/** {failed} or {status, redirected, isJson, json, retryAfter, header(name)}. Redirects are not followed, nothing is cached. */
export async function ask(path, { method = "POST", token, body, headers = {} } = {}) {
  const { signal, clear } = timeout(PATIENCE_MS);
  try {
    const response = await fetch(API + path, {
      method, body, signal, redirect: "manual", credentials: "omit", cache: "no-store",
      headers: { Accept: "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}), ...headers },
    });
    let isJson = (response.headers.get("Content-Type") || "").split(";")[0].trim().endsWith("json");
    let json = null;
    if (isJson) {
      try {
        json = await response.json();
      } catch {
        isJson = false;
      }
    }
    return {
      status: response.status, redirected: response.type === "opaqueredirect" || response.redirected, isJson, json,
      retryAfter: response.headers.get("Retry-After"), date: response.headers.get("Date"), header: (name) => response.headers.get(name),
    };
  } catch {
    return { failed: true };
  } finally {
    clear();
  }
}

export function askJson(path, value, token) {
  return ask(path, { token, body: JSON.stringify(value), headers: { "Content-Type": "application/json" } });
}

export function base64(bytes) {
  let text = "";
  const all = new Uint8Array(bytes);
  for (let i = 0; i < all.length; i += 8192) text += String.fromCharCode(...all.subarray(i, i + 8192));
  return btoa(text);
}

export function base64OfHex(hex) {
  return base64(Uint8Array.from(hex.match(/../g), (each) => parseInt(each, 16)));
}
