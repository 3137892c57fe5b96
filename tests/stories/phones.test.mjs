// Every page that has an address of its own is used on a phone, in either language: nothing is wider than its window.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ACCESS, COVERS, RIGHTS, VISITORS } from "./access.mjs";
import { check, startBrowser } from "./browser.mjs";
import { signedIn } from "./pages.mjs";
import { startRegistry } from "./registry.mjs";

describe("on a phone", { timeout: 600_000 }, () => {
  let registry, browser;

  before(async () => {
    [registry, browser] = await Promise.all([startRegistry("sqlite"), startBrowser()]);
  });

  after(async () => {
    await browser?.close();
    await registry?.close();
  });

  /** Whether an address is that of a page, and one for somebody of a role who has signed in. */
  const isFor = (role) => (path) => {
    const rights = ACCESS[path].get ?? [];
    const may = (right) => VISITORS.includes(right) || COVERS[RIGHTS[right]?.[role]]?.includes("own");
    const isPage = !path.includes("{") && !path.startsWith("/status.") && path !== "/session";
    return isPage && rights.some(may);
  };

  for (const [role, locale] of [["registry_administrator", "en-US"], ["organization_administrator", "es-MX"]]) {
    test(`every page of a ${role} holds, in ${locale}`, async () => {
      const paths = Object.keys(ACCESS).filter(isFor(role));
      assert.ok(paths.length > 20, paths.join());
      const storageState = await signedIn(browser, registry, role);
      const context = await browser.newContext({ viewport: { width: 360, height: 740 }, locale, storageState });
      const page = await context.newPage();
      for (const path of paths) {
        await page.goto(registry.url + path);
        await check(page, `phone-${locale}${path.replaceAll("/", "-")}`);
      }
      await context.close();
    });
  }
});
