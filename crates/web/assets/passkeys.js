// Passkeys: browsers give them to scripts only. The page has a form without a button; this shows one, asks the browser,
// and sends what it answers. Without it, everybody signs in with a code.
"use strict";

const form = document.getElementById("passkey");
const button = form?.querySelector("button");
const problem = form?.querySelector("[role=alert]");

/** Bytes of their letters (base64url), and back. */
const bytes = (letters) => {
  const plain = atob(letters.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
};
const letters = (buffer) => {
  const plain = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return plain.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
};
const withBytes = (descriptor) => ({ ...descriptor, id: bytes(descriptor.id) });

/** Asks the browser to make a passkey. */
async function make(options) {
  const user = { ...options.user, id: bytes(options.user.id) };
  const excludeCredentials = (options.excludeCredentials ?? []).map(withBytes);
  const publicKey = { ...options, user, excludeCredentials, challenge: bytes(options.challenge) };
  const made = await navigator.credentials.create({ publicKey });
  const { attestationObject, clientDataJSON } = made.response;
  return answer(made, { attestationObject, clientDataJSON });
}

/** Asks the browser to show one. */
async function show(options) {
  const allowCredentials = (options.allowCredentials ?? []).map(withBytes);
  const shown = await navigator.credentials.get({
    publicKey: { ...options, allowCredentials, challenge: bytes(options.challenge) },
  });
  const { authenticatorData, clientDataJSON, signature, userHandle } = shown.response;
  return answer(shown, { authenticatorData, clientDataJSON, signature, userHandle });
}

function answer(credential, parts) {
  const response = Object.fromEntries(
    Object.entries(parts).map(([name, buffer]) => [name, buffer ? letters(buffer) : null]),
  );
  const extensions = credential.getClientExtensionResults();
  return { id: credential.id, rawId: letters(credential.rawId), type: credential.type, response, extensions };
}

if (form && window.PublicKeyCredential) {
  form.hidden = false;
  button.addEventListener("click", async () => {
    problem.textContent = "";
    button.disabled = true;
    const { publicKey } = JSON.parse(form.dataset.options);
    try {
      const answered = form.dataset.makes ? await make(publicKey) : await show(publicKey);
      form.elements.answer.value = JSON.stringify(answered);
      form.submit();
    } catch {
      // Nobody is told why by the browser: it was broken off, or took too long.
      problem.textContent = form.dataset.problem;
      button.disabled = false;
      button.focus();
    }
  });
}
