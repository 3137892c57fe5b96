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

/** Checks a page as everybody must be able to use it; takes its picture when asked. */
export async function check(page, name) {
  if (PICTURES) {
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
  }
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(wider <= 0, `${name} is ${wider} pixels wider than the window`);
  const hasScript = await page.evaluate(() => typeof axe !== "undefined").catch(() => true);
  if (!hasScript) await page.evaluate(AXE);
  const found = await page.evaluate((rules) => axe.run({ runOnly: rules }), RULES);
  const told = found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
  assert.deepEqual(told, [], name);
}
