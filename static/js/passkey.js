// Passkeys: makes one, or signs with one. The form brings the server's options along and posts the answer.
const toBytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
const toText = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function readable({ publicKey }) {
  const options = { ...publicKey, challenge: toBytes(publicKey.challenge) };
  if (options.user) options.user = { ...options.user, id: toBytes(options.user.id) };
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    if (options[list]) options[list] = options[list].map((each) => ({ ...each, id: toBytes(each.id) }));
  }
  return { publicKey: options };
}

function writable(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = toText(credential.response[name]);
  }
  return {
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
    authenticatorAttachment: credential.authenticatorAttachment,
  };
}

async function optionsOf(form) {
  if (form.dataset.options) return JSON.parse(form.dataset.options);
  const headers = { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" };
  return (await (await fetch(form.action, { headers })).json()).request_options;
}

async function answer(form) {
  const options = readable(await optionsOf(form));
  if (form.dataset.passkey === "get") return navigator.credentials.get(options);
  if (form.elements.passwordless?.checked) {
    const selection = { ...options.publicKey.authenticatorSelection, residentKey: "required", requireResidentKey: true };
    options.publicKey.authenticatorSelection = { ...selection, userVerification: "required" };
  }
  return navigator.credentials.create(options);
}

export default function passkeys(forms) {
  if (!window.PublicKeyCredential) return;
  for (const form of forms) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault(); // form.submit() below asks nobody
      try {
        form.elements.credential.value = JSON.stringify(writable(await answer(form)));
        form.submit();
      } catch {
        form.querySelector("[data-passkey-failed]").hidden = false;
      }
    });
  }
}
