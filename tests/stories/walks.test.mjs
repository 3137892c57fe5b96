// Each role's first ten minutes, as docs/using/ tells them: what the pages there name is really there for that role. With
// BLUEBONNET_WALKS set (`make walks`) the pictures of these pages are made anew.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ROLES } from "./access.mjs";
import { check } from "./browser.mjs";
import { vaccinationFile } from "./messages.mjs";
import { startBoth } from "./pages.mjs";
import { signIn } from "./registry.mjs";

const PICTURES = process.env.BLUEBONNET_WALKS;
const DOCS = fileURLToPath(new URL("../../docs/using", import.meta.url));
/** A picture shows what a small laptop's window shows. */
const WINDOW = { width: 1024, height: 700 };

describe("walks", { timeout: 600_000 }, () => {
  let registry, browser;

  before(async () => {
    [registry, browser] = await startBoth("sqlite");
    if (PICTURES) mkdirSync(PICTURES, { recursive: true });
  });

  after(async () => {
    await browser?.close();
    await registry?.close();
  });

  /** What each role is shown first, and how they come there. */
  const WALKS = {
    registry_administrator: (page) => page.goto(`${registry.url}/organizations`),
    registry_analyst: async (page) => {
      await page.goto(`${registry.url}/files?kind=message`);
      await page.click("main table a >> nth=0");
    },
    help_desk: (page) => page.goto(`${registry.url}/audit/person`),
    maintenance_operator: (page) => page.goto(`${registry.url}/maintenance-windows/new`),
    organization_administrator: (page) => page.goto(`${registry.url}/accounts/new`),
    full_access_clinician: async (page) => {
      await findSomebody(page);
      await page.click(".bb-found h3 a");
    },
    view_only: findSomebody,
    reports_only: (page) => page.goto(`${registry.url}/organizations`),
    school_nurse: async (page) => {
      await findSomebody(page);
      await page.click(".bb-found h3 a");
      await page.click("a[href$='kind=historical']");
    },
    child_care_view: async (page) => {
      await findSomebody(page);
      await page.click(".bb-found h3 a");
      await page.click("a[href$='/official-record']");
    },
    data_exchange_contact: async (page) => {
      await page.goto(`${registry.url}/files/new`);
      await page.setInputFiles("#file", { name: "march.hl7", mimeType: "text/plain", buffer: Buffer.from(vaccinationFile(registry)) });
      await page.click("main form button");
      const address = page.url().split("?")[0];
      for (await page.goto(address); (await page.$("#downloads")) === null; await page.goto(address)) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
  };

  async function findSomebody(page) {
    await page.goto(`${registry.url}/find`);
    await page.fill("#family", "Parker");
    await page.click("form[action='/find'] button");
  }

  test("every role comes where its page of the documentation says", async () => {
    for (const role of ROLES) {
      const context = await browser.newContext({ locale: "en-US", viewport: WINDOW });
      const page = await context.newPage();
      await signIn(page, registry, role);
      await WALKS[role](page);
      const ways = await page.$$eval(".bb-nav a", (links) => links.map((link) => link.textContent.trim()));
      const told = readFileSync(`${DOCS}/${role.replaceAll("_", "-")}.md`, "utf8");
      for (const way of ways) assert.ok(told.includes(`*${way}*`), `the page of ${role} does not tell of ${way}`);
      await check(page, `walk-${role}`);
      if (PICTURES) await page.screenshot({ path: `${PICTURES}/${role.replaceAll("_", "-")}.png` });
      assert.ok(existsSync(`${DOCS}/pictures/${role.replaceAll("_", "-")}.png`), `there is a picture for ${role}`);
      await context.close();
    }
  });
});
