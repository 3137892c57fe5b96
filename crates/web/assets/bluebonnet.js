// Improves pages that work without it. Nothing here is needed to do anything.
"use strict";

// The summary of errors gets the focus, so that a screen reader begins there.
document.getElementById("errors")?.focus();

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

// Printing is what the button is for; without a script the browser's own menu does it.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// Two minutes before a session ends for want of use, a box says so, and a button lets it go on.
const box = document.getElementById("session-box");
if (box) {
  const [text, button] = [box.querySelector("p"), box.querySelector("button")];
  const WARNED_SECONDS = 120;
  const ask = async () => {
    const answer = await fetch("/session", { credentials: "same-origin" });
    const left = Number(await answer.text());
    if (left <= 0) {
      text.textContent = box.dataset.over;
      button.hidden = true;
      box.hidden = false;
      return;
    }
    box.hidden = left > WARNED_SECONDS;
    setTimeout(ask, (left > WARNED_SECONDS ? left - WARNED_SECONDS : left + 1) * 1000);
  };
  setTimeout(ask, Math.max(0, Number(box.dataset.seconds) - WARNED_SECONDS) * 1000);
  button.addEventListener("click", async () => {
    const body = new URLSearchParams({ form_token: box.dataset.token });
    await fetch("/session/stay", { method: "POST", body, credentials: "same-origin" });
    box.hidden = true;
    document.getElementById("main").focus();
  });
}
