// Improves pages that work without it. Nothing here is needed to do anything.
"use strict";

// The summary of errors gets the focus, so that a screen reader begins there.
document.getElementById("errors")?.focus();

// A page that answers a form is asked for when somebody comes back to it; what was sent is not sent again.
const { answers } = document.body.dataset;
if (answers) history.replaceState(null, "", answers);

// A form is sent once, however often its button is pressed.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
// Coming back to a page by the browser's own button, its forms can be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// A long list is narrowed by words of its lines and of their headings, in any order; what is chosen stays in it.
const plain = (text) => text.toLowerCase().normalize("NFD").replace(/[^a-z0-9 ]/g, "");
for (const select of document.querySelectorAll("select[data-narrow]")) {
  const { narrow, narrowHint, narrowCount } = select.dataset;
  const parts = [...select.children].map((node) => ({ node, options: node.matches("optgroup") ? [...node.children] : [node] }));
  const field = document.createElement("input");
  Object.assign(field, { id: `${select.id}-narrow`, type: "text", className: "usa-input", autocomplete: "off" });
  const label = document.createElement("label");
  Object.assign(label, { htmlFor: field.id, className: "usa-label", textContent: narrow });
  const hint = document.createElement("span");
  Object.assign(hint, { id: `${select.id}-narrow-hint`, className: "usa-hint", textContent: narrowHint });
  const count = document.createElement("span");
  Object.assign(count, { className: "usa-hint bb-narrow__count", role: "status" });
  field.setAttribute("aria-describedby", hint.id);
  select.parentElement.prepend(label, hint, field, count);
  field.addEventListener("input", () => {
    const words = plain(field.value).split(" ").filter(Boolean);
    const chosen = select.value;
    let found = 0;
    const kept = parts.filter(({ node, options }) => {
      const isGroup = node.matches("optgroup");
      const left = options.filter((option) => {
        const text = plain(`${isGroup ? node.label : ""} ${node.dataset.words ?? ""} ${option.text} ${option.dataset.words ?? ""}`);
        const fits = option.value !== "" && words.every((word) => text.includes(word));
        if (fits) found += 1;
        return fits || option.value === chosen || option.value === "";
      });
      if (isGroup) node.replaceChildren(...left);
      return left.length > 0;
    });
    select.replaceChildren(...kept.map(({ node }) => node));
    select.value = chosen;
    count.textContent = words.length ? narrowCount.replace("{count}", found) : "";
  });
  // Enter leads to the list, and does not send the form.
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    select.focus();
  });
}

// Printing is what the button is for; without a script the browser's own menu does it.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// Two minutes before a session ends for want of use, a box says so, and a button lets it go on. When it has ended, nothing of
// the page stays on the screen.
const box = document.getElementById("session-box");
if (box) {
  const WARNED_SECONDS = 120;
  const AGAIN_SECONDS = 5;
  let ends = Date.now() + Number(box.dataset.seconds) * 1000;
  let timer;
  const leave = () => {
    document.body.hidden = true;
    location.replace(box.dataset.over);
  };
  const wait = (seconds) => {
    clearTimeout(timer);
    timer = setTimeout(ask, Math.max(0, seconds) * 1000);
  };
  const ask = async () => {
    let left;
    try {
      const answer = await fetch("/session", { credentials: "same-origin" });
      left = answer.ok ? Number(await answer.text()) : NaN;
    } catch {
      left = NaN;
    }
    // Whoever cannot be asked may be back soon; but the session lasts no longer for that, and its end is warned of all the same.
    if (Number.isNaN(left)) {
      if (Date.now() >= ends) return leave();
      box.hidden = ends - Date.now() > WARNED_SECONDS * 1000;
      return wait(AGAIN_SECONDS);
    }
    if (left <= 0) return leave();
    ends = Date.now() + left * 1000;
    box.hidden = left > WARNED_SECONDS;
    wait(left > WARNED_SECONDS ? left - WARNED_SECONDS : left + 1);
  };
  wait(Number(box.dataset.seconds) - WARNED_SECONDS);
  // A computer that slept, or a page in the background, may have missed the time.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() >= ends - WARNED_SECONDS * 1000) ask();
  });
  box.querySelector("button").addEventListener("click", async () => {
    const body = new URLSearchParams({ form_token: box.dataset.token });
    // Whether the session lasts longer now, only asking tells; this may not have got through.
    await fetch("/session/stay", { method: "POST", body, credentials: "same-origin" }).catch(() => undefined);
    await ask();
    if (box.hidden) document.getElementById("main").focus();
  });
}
