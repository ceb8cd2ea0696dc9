// A security key is asked to answer the challenge that the page carries; its answer goes with the form, so that no script posts anything.

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const named = (list) => (list || []).map((each) => ({ ...each, id: bytes(each.id) }));

async function answer({ publicKey: asked }) {
  const challenge = bytes(asked.challenge);
  if (asked.user) {
    const user = { ...asked.user, id: bytes(asked.user.id) };
    const publicKey = { ...asked, challenge, user, excludeCredentials: named(asked.excludeCredentials) };
    const made = await navigator.credentials.create({ publicKey });
    return plain(made, ["clientDataJSON", "attestationObject"]);
  }
  const publicKey = { ...asked, challenge, allowCredentials: named(asked.allowCredentials) };
  const shown = await navigator.credentials.get({ publicKey });
  return plain(shown, ["clientDataJSON", "authenticatorData", "signature"]);
}

function plain(credential, parts) {
  const response = Object.fromEntries(parts.map((part) => [part, text(credential.response[part])]));
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response, clientExtensionResults: {} };
}

for (const form of document.querySelectorAll("form[data-key]")) {
  const trouble = form.querySelector("[data-trouble]");
  if (!window.PublicKeyCredential) {
    trouble.textContent = form.dataset.missing;
    continue;
  }
  const button = form.querySelector("button");
  button.disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    trouble.textContent = "";
    try {
      const options = JSON.parse(document.getElementById(form.dataset.key).textContent);
      form.elements.answer.value = JSON.stringify(await answer(options));
      form.submit();
    } catch {
      trouble.textContent = form.dataset.failed;
      button.disabled = false;
    }
  });
}
