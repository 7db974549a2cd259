// Passkeys: <form data-passkey="create|get"> asks the browser when it is sent, and sends on what the browser answers.

const binary = (text) => {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0)).buffer;
};

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");

const identified = (entries = []) => entries.map((entry) => ({ ...entry, id: binary(entry.id) }));

function asked(json) {
  const { publicKey } = json;
  const options = { ...publicKey, challenge: binary(publicKey.challenge) };
  if (options.user) options.user = { ...options.user, id: binary(options.user.id) };
  if (options.excludeCredentials) options.excludeCredentials = identified(options.excludeCredentials);
  if (options.allowCredentials) options.allowCredentials = identified(options.allowCredentials);
  return { publicKey: options };
}

function told(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  const { id, type } = credential;
  return { id, rawId: text(credential.rawId), type, response, clientExtensionResults: {} };
}

async function options(form) {
  if (form.dataset.options) return asked(JSON.parse(form.dataset.options));
  const answer = await fetch(form.dataset.optionsUrl, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`options: ${answer.status}`);
  return asked(await answer.json());
}

async function ask(form) {
  const question = await options(form);
  const credential = await navigator.credentials[form.dataset.passkey](question);
  form.elements.credential.value = JSON.stringify(told(credential));
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const button = form.querySelector("button[type=submit]");
  const state = form.querySelector("[data-passkey-state]");
  if (!window.PublicKeyCredential) {
    state.textContent = form.dataset.textMissing;
    continue;
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    state.textContent = "";
    try {
      await ask(form);
      form.submit();
    } catch {
      state.textContent = form.dataset.textFailed;
      button.disabled = false;
    }
  });
  button.disabled = false;
}
