// Maintenance windows, told as stories: an emergency in the night, an announcement that is meant, a draft that is corrected.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { check } from "./browser.mjs";
import { signedIn, startBoth, wrongFields } from "./pages.mjs";
import { signIn } from "./registry.mjs";

for (const database of ["sqlite", "postgres"]) {
  describe(`maintenance, on ${database}`, { timeout: 600_000 }, () => {
    let registry, browser, page;

    before(async () => {
      [registry, browser] = await startBoth(database);
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
    const said = (english, spanish) => (database === "postgres" ? spanish : english);
    const errors = () => page.innerText("#errors");
    const facts = () => page.locator("main dl").first().innerText();
    const told = async () => Number((await page.locator("#told dd").allInnerTexts())[0]);
    const complete = async () => {
      await page.click("button[value=complete]");
      await page.click("main button[name=confirmed]");
    };
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
      assert.match(await page.innerText("#told"), said(/From 05\/24\/2036, 19:00 on, which is 7 days before/, /A partir de: 24 may 2036, 19:00, es decir, 7 días antes/), "no banner before");
      assert.match(await page.innerText("#told"), said(/A day ahead to all/, /Un día antes, a todas/));
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

    test("what is wrong with a window is said at its field and in the reader's language, and what was filled in is kept", async () => {
      const right = { starts: "2036-05-31 19:00", ends: "2036-06-01 05:00", reason: "another disk", performed_by: "the office" };
      await page.goto(`${registry.url}/maintenance-windows/new`);
      for (const [field, answers, told] of [
        ["starts", { starts: "2020-05-31 19:00", ends: "2020-06-01 05:00" }, said(/start has passed/, /inicio ya pasó/)],
        ["starts", { starts: "2036-03-09 02:30" }, said(/do not show this time/, /no muestran esta hora/)],
        ["starts", { starts: "2036-11-02 01:30" }, said(/show this time twice/, /muestran esta hora dos veces/)],
        ["starts", { starts: "Monday 2036-05-31 19:00" }, said(/weekday/, /día de la semana/)],
        ["ends", { ends: "2036-05-31 19:00" }, said(/after the start/, /posterior al inicio/)],
        ["ends", { ends: "2036-06-30 19:00" }, said(/14 days at most/, /como máximo 14 días/)],
        ["reason", { reason: "x".repeat(501) }, said(/500 letters/, /500 letras/)],
        ["reason", { reason: "another\tdisk" }, said(/one line/, /una sola línea/)],
      ]) {
        await fill({ ...right, ...answers });
        await page.click("main form button");
        assert.deepEqual(await wrongFields(page), [`#${field}`], answers[field]);
        assert.match(await errors(), told);
        for (const [name, text] of Object.entries({ ...right, ...answers })) assert.equal(await page.inputValue(`#${name}`), text);
      }
      await check(page, `window-wrong-${database}`);
      await fill(right);
      for (const door of ["web", "web_service", "file", "jobs"]) await page.selectOption(`#${door}`, "open");
      await page.click("main form button");
      assert.deepEqual(await wrongFields(page), ["#web"]);
      assert.match(await errors(), said(/every door open/, /abiertas todas las puertas/));
    });

    test("who was overtaken by another is told so in their language", async () => {
      const address = await plan("2036-05-31 19:00", "2036-06-01 05:00");
      const order = async (word) => {
        const other = await page.context().newPage();
        await other.goto(address);
        await other.click(`button[value=${word}]`);
        await other.click("main button[name=confirmed]");
        await other.close();
      };
      await page.click("a[href$='/correct']");
      await order("announce");
      await fill({ reason: "two disks" });
      await page.click("main form button");
      assert.match(await errors(), said(/where the window stands/, /situación actual de la ventana/));
      assert.equal(await page.inputValue("#reason"), "two disks");
      await check(page, `window-overtaken-${database}`);
      await page.goto(address);
      await order("cancel");
      await page.click("button[value=start]");
      assert.match(await errors(), said(/where the window stands/, /situación actual de la ventana/));
      await check(page, `window-order-overtaken-${database}`);
    });

    test("a page that is open when the doors close stays on the screen, and warns of its session's end", async () => {
      const context = await browser.newContext({ storageState: await signedIn(browser, registry, "view_only") });
      const reader = await context.newPage();
      await reader.clock.install();
      await reader.goto(`${registry.url}/find`);
      const asking = async (seconds) => {
        const [answer] = await Promise.all([reader.waitForResponse("**/session"), reader.clock.fastForward(seconds * 1000)]);
        return answer.status();
      };
      await page.goto(`${registry.url}/maintenance-windows/now`);
      await page.fill("#reason", "emergency repair of the database");
      await page.click("main form button");
      await page.click("main button[name=confirmed]");
      assert.equal(await asking(13.5 * 60), 503, "nobody can say");
      await reader.waitForSelector("#session-box", { state: "visible" });
      assert.ok(await reader.isVisible("#family"), "the page is what it was");
      await complete();
      assert.equal(await asking(5), 200);
      await reader.waitForSelector("#session-box", { state: "hidden" });
      assert.equal(reader.url(), `${registry.url}/find`);
      await context.close();
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
      assert.match(await page.innerText("#told"), said(/Banner on every page, for everybody\s+At once/, /Aviso en cada página, para todos\s+De inmediato/));
      const visitor = await (await browser.newContext()).newPage();
      assert.equal((await visitor.goto(`${registry.url}/sign-in`)).status(), 200, "asked, and not done");
      await page.click("main button[name=change]");
      assert.equal(await page.inputValue("#reason"), "emergency repair of the database");
      await page.click("main form button");
      await isClosedOnce();
      await check(page, `closed-now-${database}`);
      assert.match(await facts(), said(/\n1 hour(\n|$)/, /\n1 hora(\n|$)/), "it is planned to last as long as was chosen");
      assert.equal((await visitor.goto(`${registry.url}/sign-in`)).status(), 503);
      const call = { method: "POST", body: "<Envelope/>", headers: { "content-type": "application/soap+xml" } };
      assert.equal((await fetch(`${registry.url}/webservice`, call)).status, 503);
      await fill({ ends: "2020-01-01 10:00", extend_note: "longer than thought" });
      await page.click("form:has(#extend_note) button[type=submit]");
      assert.deepEqual(await wrongFields(page), ["#ends"]);
      assert.match(await errors(), said(/must be after the old one/, /posterior al anterior/));
      assert.equal(await page.inputValue("#extend_note"), "longer than thought");
      await page.click("button[value=complete]");
      await check(page, `window-complete-${database}`);
      assert.equal((await visitor.goto(`${registry.url}/sign-in`)).status(), 503, "asked, and not done");
      await page.click(".bb-back a");
      await complete();
      assert.equal((await visitor.goto(`${registry.url}/sign-in`)).status(), 200);
      await page.click("a[href$='/report']");
      assert.match(await facts(), said(/\n\d+ s\n/, /\n\d+ s\n/), "a window of seconds lasted seconds");
      assert.doesNotMatch(await page.innerText("main"), /\b0 min/);
      await check(page, `window-short-report-${database}`);
      await page.goto(`${registry.url}/maintenance-windows/now`);
      for (const door of ["web", "web_service", "file", "jobs"]) await page.selectOption(`#${door}`, "open");
      await page.fill("#reason", "nothing at all");
      await page.click("main form button");
      assert.equal(await page.locator("#errors li").count(), 1, "a window that leaves every door open is none");
    });

    /** Confirms twice at one moment, as a hurried hand does, and once more: the doors are closed, by one window. */
    async function isClosedOnce() {
      const windows = async () => {
        const list = await (await page.request.get(`${registry.url}/maintenance-windows`)).text();
        return new Set(list.match(/\/maintenance-windows\/[0-9a-f]{32}/g)).size;
      };
      const before = await windows();
      const hidden = await page.$$eval("main form input[type=hidden]", (fields) => fields.map(({ name, value }) => [name, value]));
      const form = { ...Object.fromEntries(hidden), confirmed: "yes" };
      const confirm = () => page.request.post(`${registry.url}/maintenance-windows/now`, { form, maxRedirects: 0 });
      const statuses = (await Promise.all([confirm(), confirm()])).map((answer) => answer.status());
      assert.ok(statuses.includes(303) && statuses.every((status) => [303, 503].includes(status)), `closed, or found closed: ${statuses}`);
      await page.click("main button[name=confirmed]");
      await page.waitForURL(/done=window_closed_now/);
      assert.equal(await windows(), before + 1);
    }
  });
}
