// What people do most, on both databases, and on SQLite in every form: they sign in, find a person, read the record, record
// a dose, correct and undo it, see to consent, send a file and read its findings.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { check } from "./browser.mjs";
import { FORMS, hands } from "./hands.mjs";
import { vaccinationFile } from "./messages.mjs";
import { signedIn, startBoth } from "./pages.mjs";
import { authenticatorCode, unusedInstant } from "./registry.mjs";

/** A surname that several people of the demonstration have. */
const SURNAME = "Parker";
/** Who signs in, in each form another: the code of an authenticator app counts once. */
const ROLES = ["registry_analyst", "school_nurse", "child_care_view", "view_only", "help_desk", "reports_only"];

for (const database of ["sqlite", "postgres"]) {
  describe(`forms, on ${database}`, { timeout: 900_000 }, () => {
    let registry, browser, clinician, contact;

    before(async () => {
      [registry, browser] = await startBoth(database);
      const roles = ["full_access_clinician", "data_exchange_contact"];
      [clinician, contact] = await Promise.all(roles.map((role) => signedIn(browser, registry, role)));
    });

    after(async () => {
      await browser?.close();
      await registry?.close();
    });

    /** A page in a form, and the hands on it. */
    async function open(form, storageState) {
      const context = await browser.newContext({ locale: "en-US", ...form.context, storageState });
      const page = await context.newPage();
      page.on("dialog", (dialog) => assert.fail(`a page opened a dialog: ${dialog.message()}`));
      return [page, hands(page, form)];
    }

    /** Looks at a page as everybody must be able to use it; the examination itself is a script. */
    async function look(page, form, name) {
      if (!form.isWithoutScript) await check(page, `${database}-${form.name}-${name}`.replaceAll(" ", "-"));
      assert.equal(await page.locator("html").getAttribute("lang"), form.isSpanish ? "es" : "en");
    }

    for (const [number, form] of (database === "sqlite" ? FORMS : FORMS.slice(0, 1)).entries()) {
      test(`somebody signs in with password and authenticator app, ${form.name}`, async () => {
        const user = registry.users.find((known) => known.role === ROLES[number]);
        const [page, own] = await open(form);
        await page.goto(`${registry.url}/sign-in`);
        await look(page, form, "sign-in");
        await own.fill("#username", user.user);
        await own.fill("#password", "not this one");
        await own.press("main button[type=submit]");
        await look(page, form, "sign-in-refused");
        assert.equal(await page.locator("#errors li").count(), 1);
        await own.fill("#username", user.user);
        await own.fill("#password", user.password);
        await own.press("main button[type=submit]");
        await own.fill("#code", authenticatorCode(user.authenticator_key, await unusedInstant(user)));
        await look(page, form, "second-factor");
        await own.press("main button[type=submit]");
        assert.doesNotMatch(page.url(), /sign-in/);
        assert.match(await page.locator("header").innerText(), new RegExp(user.full_name));
        await look(page, form, "signed-in");
        await page.context().close();
      });

      test(`a nurse finds a person, records a dose, corrects and undoes it, ${form.name}`, async () => {
        const [page, own] = await open(form, clinician);
        await page.goto(`${registry.url}/find`);
        await own.fill("#family", SURNAME);
        await own.press("form[action='/find'] button");
        assert.ok(!page.url().includes(SURNAME), "no name stands in an address");
        await look(page, form, "found");
        await own.press(".bb-found h3 a");
        const record = page.url().split("?")[0];
        const { pathname } = new URL(record);
        await look(page, form, "person");
        await own.press(`a[href='${pathname}/doses/new']`);
        const vaccine = await page.locator("#vaccine_0 optgroup option").first().getAttribute("value");
        await own.select("#vaccine_0", vaccine);
        await own.fill("#lot_0", "f0rm-1");
        await look(page, form, "dose");
        await own.press("button[name=check]");
        assert.match(await page.locator(".bb-answers").innerText(), /F0RM-1/);
        await look(page, form, "check");
        await own.press("button[name=save]");
        assert.match(page.url(), /\/saved\//);
        await look(page, form, "saved");
        await page.goto(record);
        assert.match(await page.locator("main").innerText(), /F0RM-1/);
        await own.press(`a[href^='${pathname}/doses/']:not([href*='/doses/new'])`);
        await look(page, form, "correct");
        await own.press("form[action$='/undo'] button");
        assert.match(page.url(), /done=dose_undone/);
        const histories = await page.locator(".bb-history--doses").allInnerTexts();
        assert.doesNotMatch(histories.join(), /F0RM-1/);
        await page.context().close();
      });

      test(`a nurse affirms consent and withdraws it, ${form.name}`, async () => {
        const [page, own] = await open(form, clinician);
        await page.goto(`${registry.url}/find`);
        await own.fill("#family", `Nuevo${"abcdef"[number]}`);
        await own.fill("#given", "Ines");
        await own.press("form[action='/find'] button");
        await own.press(".bb-add button");
        await own.fill("#birth", "5");
        await own.fill("#birth-day", "17");
        await own.fill("#birth-year", "1988");
        await own.select("#sex", "F");
        await own.choose("input[name=consent][value=adult]");
        await own.fill("#signed", "1");
        await own.fill("#signed-day", "2");
        await own.fill("#signed-year", "2024");
        await own.choose("#affirmed");
        await look(page, form, "add");
        await own.press("button[name=check]");
        assert.match(page.url(), /done=person_added/);
        const record = page.url().split("?")[0];
        await own.press("a[href$='/consent']");
        await look(page, form, "consent");
        await own.press("form[action$='/withdraw'] button");
        await look(page, form, "withdraw");
        await own.press("button[name=confirmed]");
        assert.match(page.url(), /done=consent_withdrawn/);
        assert.equal((await page.goto(record)).status(), 404, "the record is shown no more");
        await look(page, form, "not-found");
        await page.context().close();
      });

      test(`a file is sent and its findings are read, ${form.name}`, async () => {
        const [page, own] = await open(form, contact);
        await page.goto(`${registry.url}/files/new`);
        await look(page, form, "upload");
        const content = Buffer.from(vaccinationFile(registry, `form${number}`));
        // The system's own dialog is not the page's.
        await page.locator("#file").setInputFiles({ name: `form-${number}.hl7`, mimeType: "text/plain", buffer: content });
        await own.press("main form button");
        assert.match(page.url(), /done=file_taken/);
        const address = page.url().split("?")[0];
        while ((await page.locator("#downloads").count()) === 0) await page.goto(address);
        assert.deepEqual(await page.locator(".bb-counts strong").allInnerTexts(), ["3", "1", "1", "1"]);
        await look(page, form, "file");
        await own.press(".bb-counts a[href*='rejected']");
        assert.equal(await page.locator(".bb-messages > li").count(), 1);
        assert.match(await page.locator(".bb-messages").innerText(), /PID/, "the field is named");
        await page.goto(`${registry.url}/files`);
        await look(page, form, "files");
        await page.context().close();
      });
    }
  });
}
