// What people do on a page again and again.
import assert from "node:assert/strict";
import { startBrowser } from "./browser.mjs";
import { signIn, startRegistry } from "./registry.mjs";

/** Starts a registry and a browser. If one of them does not start, the other is ended: the story fails, and waits for nothing. */
export async function startBoth(database) {
  const both = await Promise.allSettled([startRegistry(database), startBrowser()]);
  const failed = both.find((one) => one.status === "rejected");
  if (failed) {
    await Promise.all(both.map((one) => one.value?.close()));
    throw failed.reason;
  }
  return both.map((one) => one.value);
}

/** Signs somebody of a role in, and gives what a browser keeps of that, for pages of theirs. */
export async function signedIn(browser, registry, role) {
  const context = await browser.newContext();
  await signIn(await context.newPage(), registry, role);
  const state = await context.storageState();
  await context.close();
  return state;
}

/** Chooses a radio button or ticks a box: by its label, as the design system draws its own over the input. */
export async function choose(page, input) {
  await page.click(`label[for='${await page.getAttribute(input, "id")}']`);
}

/** Fills in a day: month, day, year. */
export async function fillDate(page, field, [month, day, year]) {
  await page.fill(`#${field}`, month);
  await page.fill(`#${field}-day`, day);
  await page.fill(`#${field}-year`, year);
}

/** The fields at which something is wrong, as the summary on top names them. */
export function wrongFields(page) {
  return page.$$eval("#errors li", (lines) => lines.map((line) => line.querySelector("a")?.getAttribute("href") ?? ""));
}

/** Adds a child born on August 3, 2024, with consent, and gives the address of the record. */
export async function addChild(page, registry, family, given) {
  await page.goto(`${registry.url}/find`);
  await page.fill("#family", family);
  await page.fill("#given", given);
  await page.click("form[action='/find'] button");
  await page.click(".bb-add button");
  await fillDate(page, "birth", ["8", "3", "2024"]);
  await page.selectOption("#sex", "F");
  await choose(page, "input[name=consent][value=minor]");
  await fillDate(page, "signed", ["9", "2", "2024"]);
  await choose(page, "#affirmed");
  await page.click("button[name=check]");
  assert.match(page.url(), /done=person_added/);
  return page.url().split("?")[0];
}
