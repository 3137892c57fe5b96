// Every page that has an address of its own is used on a phone, in either language: nothing is wider than its window.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ACCESS, COVERS, RIGHTS, VISITORS } from "./access.mjs";
import { check, fits } from "./browser.mjs";
import { addChild, signedIn, startBoth } from "./pages.mjs";

describe("on a phone", { timeout: 600_000 }, () => {
  let registry, browser;

  before(async () => {
    [registry, browser] = await startBoth("sqlite");
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

  test("names of one long word are no wider than a phone", async () => {
    const open = async (role) => {
      const context = await browser.newContext({ viewport: { width: 360, height: 740 }, storageState: await signedIn(browser, registry, role) });
      return context.newPage();
    };
    const long = "Wolfeschlegelsteinhausenbergerdorffwelchevoraltern";
    const page = await open("full_access_clinician");
    const record = await addChild(page, registry, long, long);
    const { pathname } = new URL(record);
    const ways = await page.$$eval("main a", (links) => links.map((link) => link.getAttribute("href")));
    const own = new Set(ways.filter((way) => way.startsWith(pathname)));
    assert.ok(own.size > 8, [...own].join());
    for (const path of [pathname, ...own]) {
      await page.goto(registry.url + path);
      await fits(page, path.replace(pathname, "record"));
    }
    const office = await open("registry_administrator");
    await office.goto(`${registry.url}/organizations/LCPG3001/names`);
    await office.fill("#name", long.repeat(2));
    await office.click("main form button");
    await fits(office, "organization");
    const { user } = registry.users.find((known) => known.role === "child_care_view");
    await office.goto(`${registry.url}/accounts/of/${user}`);
    await office.fill("#full_name", long.repeat(2));
    await office.fill("#email", `${long}@${long}.example`);
    await office.click("form[action$='/contact'] button");
    for (const path of [`/accounts/of/${user}`, "/accounts", "/accounts/review", "/organizations", "/organizations/LCPG3000", "/audit"]) {
      await office.goto(registry.url + path);
      await fits(office, path);
    }
    await Promise.all([page.context().close(), office.context().close()]);
  });
});
