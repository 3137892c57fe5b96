// A browser, and what every page must hold: no violation of accessibility, nothing wider than the window.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MODULES = fileURLToPath(new URL("../../crates/web/node_modules", import.meta.url));
const require = createRequire(join(MODULES, "index.js"));
const { chromium } = require("playwright-core");
const AXE = readFileSync(join(MODULES, "axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** Where pictures of the pages go, when somebody asks for them. */
const PICTURES = process.env.BLUEBONNET_PICTURES;
/** The pages that the rules were kept on, each as it was: the other database's, and those that are come to again. */
const KEPT = new Set();
/** What is made up anew for each page and decides nothing: ids, tokens, numbers, times of day, seconds that a session has left. */
const MADE_UP = new RegExp([
  "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "[0-9a-f]{24,}", "\\b[0-9A-HJKMNP-TV-Z]{12}\\b", "\\b\\d{1,2}:\\d\\d( [AP]M)?\\b",
  'data-seconds="\\d+"',
].join("|"), "g");

/** Starts the system's Chromium. */
export async function startBrowser() {
  const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  browser.on("context", (context) => context.on("page", waitForWholePages));
  return browser;
}

/** Makes every click and key of a page, its locators' too, last until the page that it leads to is whole: Playwright
 * waits only until the browser has begun with it, and what does not wait itself (`$$eval`, `count`) then finds a part. */
function waitForWholePages(page) {
  const frame = page.mainFrame();
  for (const action of ["click", "press"]) {
    const original = frame[action].bind(frame);
    frame[action] = async (...how) => {
      await original(...how);
      await page.waitForLoadState();
    };
  }
}

/** Checks a page as everybody must be able to use it; takes its picture when asked. The same page in the same window is
 * examined once: that takes longer than anything else here. */
export async function check(page, name) {
  if (PICTURES) {
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
  }
  await fits(page, name);
  const seen = await likeness(page);
  if (KEPT.has(seen)) return;
  const hasScript = await page.evaluate(() => typeof axe !== "undefined").catch(() => true);
  if (!hasScript) await page.evaluate(AXE);
  // What holds is not described: that would take longer than to look.
  const violations = await page.evaluate(
    async (rules) => (await axe.run({ runOnly: rules, resultTypes: ["violations"], selectors: false })).violations, RULES);
  const told = violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
  assert.deepEqual(told, [], name);
  KEPT.add(seen);
}

/** Checks that nothing of a page is wider than its window. */
export async function fits(page, name) {
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(wider <= 0, `${name} is ${wider} pixels wider than the window`);
}

/** All that the rules look at: the page as it stands, its window, and what has the focus. */
async function likeness(page) {
  const seen = await page.evaluate(() => {
    const { activeElement, documentElement } = document;
    return [innerWidth, innerHeight, devicePixelRatio, activeElement?.tagName, activeElement?.id, documentElement.outerHTML];
  });
  return seen.join(" ").replace(MADE_UP, "…");
}
