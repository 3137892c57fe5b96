// Maintenance windows, told as stories: an emergency in the night, an announcement that is meant, a draft that is corrected.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { check, startBrowser } from "./browser.mjs";
import { signIn, startRegistry } from "./registry.mjs";

for (const database of ["sqlite", "postgres"]) {
  describe(`maintenance, on ${database}`, { timeout: 600_000 }, () => {
    let registry, browser, page;

    before(async () => {
      [registry, browser] = await Promise.all([startRegistry(database), startBrowser()]);
      // On one database as on a desk, on the other as on a phone and in Spanish.
      const isPhone = database === "postgres";
      const context = await browser.newContext(
        isPhone ? { locale: "es-MX", viewport: { width: 390, height: 800 } } : { locale: "en-US", viewport: { width: 1280, height: 900 } },
      );
      page = await context.newPage();
      await signIn(page, registry, "maintenance_operator");
    });

    after(async () => {
      await browser?.close();
      await registry?.close();
    });

    const fill = async (answers) => {
      for (const [name, text] of Object.entries(answers)) await page.fill(`#${name}`, text);
    };
    const facts = () => page.locator("main dl").first().innerText();
    const told = async () => Number((await page.locator("#told dd").allInnerTexts())[0]);
    const plan = async (starts, ends) => {
      await page.goto(`${registry.url}/maintenance-windows/new`);
      await fill({ starts, ends, reason: "another disk", performed_by: "the office" });
      await page.click("main form button");
      await page.waitForURL(/done=window_planned/);
      return page.url().replace(/\?.*/, "");
    };

    test("Enter in the note orders nothing, and announcing is asked for once more, with how many are told", async () => {
      const office = await (await browser.newContext()).newPage();
      await signIn(office, registry, "registry_administrator");
      for (const role of ["school_nurse", "view_only"]) {
        const { user } = registry.users.find((known) => known.role === role);
        await office.goto(`${registry.url}/accounts/of/${user}`);
        await office.fill("#email", `${role}@clinic.example`);
        await office.click("form[action$='/contact'] button");
      }
      await plan("2036-05-31 19:00", "2036-06-01 05:00");
      const address = page.url();
      await page.fill("#note", "the storage array");
      await page.press("#note", "Enter");
      assert.equal(page.url(), address, "nothing was sent");
      await page.click("button[value=announce]");
      await check(page, `window-announce-${database}`);
      assert.equal(await told(), 2, "whoever has an account and an address");
      assert.match(await page.textContent("main"), /the storage array/);
      await page.goto(address);
      assert.equal(await page.locator("button[value=announce]").count(), 1, "asked, and not done");
      await page.click("button[value=announce]");
      await page.click("main button[name=confirmed]");
      assert.equal(await page.locator("button[value=start]").count(), 1, "it is announced");
      await fill({ starts: "2036-06-07 19:00", move_ends: "2036-06-08 05:00" });
      await page.click("form:has(#move_ends) button[type=submit]");
      await check(page, `window-move-${database}`);
      assert.equal(await told(), 2, "whoever was told is told again");
      await page.click("main button[name=confirmed]");
      await page.waitForURL(/done=window_move/);
      assert.match(await page.textContent("h1"), /7/);
      await page.click("button[value=cancel]");
      await page.click("main button[name=confirmed]");
    });

    test("a draft is corrected until it is announced", async () => {
      const address = await plan("2037-05-30 19:00", "2037-05-31 05:00");
      await page.click("a[href$='/correct']");
      assert.equal(await page.inputValue("#starts"), "2037-05-30 19:00");
      assert.equal(await page.inputValue("#reason"), "another disk");
      await check(page, `window-correct-${database}`);
      await fill({ reason: "", ends: "2037-05-30 18:00" });
      await page.click("main form button");
      assert.equal(await page.locator("#errors li").count(), 2, "what is wrong is said");
      await fill({ reason: "two disks", ends: "2037-05-31 07:00" });
      await page.selectOption("#web", "read_only");
      await page.click("main form button");
      await page.waitForURL(/done=window_corrected/);
      await check(page, `window-corrected-${database}`);
      assert.match(await facts(), /two disks/);
      assert.equal(await page.locator("main tbody tr").count(), 2, "its history says that it was planned anew");
      await page.click("button[value=announce]");
      await page.click("main button[name=confirmed]");
      assert.equal(await page.locator("a[href$='/correct']").count(), 0);
      await page.goto(`${address}/correct`);
      assert.equal(page.url(), address, "people were told: it is moved or cancelled");
      await page.click("button[value=cancel]");
      await page.click("main button[name=confirmed]");
    });

    test("in an emergency one form closes the doors at once, and lets whoever closed them in", async () => {
      await page.goto(`${registry.url}/maintenance-windows`);
      await page.click("a[href='/maintenance-windows/now']");
      await check(page, `close-now-${database}`);
      await page.click("main form button");
      assert.equal(await page.locator("#errors li").count(), 1, "a reason is all that is missing");
      await page.fill("#reason", "emergency repair of the database");
      await page.selectOption("#lasts", "60");
      await page.press("#reason", "Enter");
      await check(page, `close-now-sure-${database}`);
      assert.equal(await told(), 2);
      const visitor = await (await browser.newContext()).newPage();
      assert.equal((await visitor.goto(`${registry.url}/sign-in`)).status(), 200, "asked, and not done");
      await page.click("main button[name=change]");
      assert.equal(await page.inputValue("#reason"), "emergency repair of the database");
      await page.click("main form button");
      await page.click("main button[name=confirmed]");
      await page.waitForURL(/done=window_closed_now/);
      await check(page, `closed-now-${database}`);
      assert.equal((await visitor.goto(`${registry.url}/sign-in`)).status(), 503);
      const call = { method: "POST", body: "<Envelope/>", headers: { "content-type": "application/soap+xml" } };
      assert.equal((await fetch(`${registry.url}/webservice`, call)).status, 503);
      await page.click("button[value=complete]");
      assert.equal((await visitor.goto(`${registry.url}/sign-in`)).status(), 200);
      await page.goto(`${registry.url}/maintenance-windows/now`);
      for (const door of ["web", "web_service", "file", "jobs"]) await page.selectOption(`#${door}`, "open");
      await page.fill("#reason", "nothing at all");
      await page.click("main form button");
      assert.equal(await page.locator("#errors li").count(), 1, "a window that leaves every door open is none");
    });
  });
}
