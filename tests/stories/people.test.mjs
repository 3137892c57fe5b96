// What a nurse does, told as stories, in a real browser and on both databases. What is done most is told in every form in
// forms.test.mjs.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { check } from "./browser.mjs";
import { report } from "./messages.mjs";
import { addChild, choose, fillDate, signedIn, startBoth, wrongFields } from "./pages.mjs";
import { signIn } from "./registry.mjs";

/** A surname that several people of the demonstration have. */
const SURNAME = "Parker";

for (const database of ["sqlite", "postgres"]) {
  describe(`people, on ${database}`, { timeout: 600_000 }, () => {
    let registry, browser, clinician;

    before(async () => {
      [registry, browser] = await startBoth(database);
      clinician = await signedIn(browser, registry, "full_access_clinician");
    });

    after(async () => {
      await browser?.close();
      await registry?.close();
    });

    /** A page of somebody who has signed in; a dialog or a script from data would be seen here. */
    async function open(options = {}) {
      const context = await browser.newContext({ storageState: clinician, locale: "en-US", ...options });
      const page = await context.newPage();
      page.on("dialog", (dialog) => assert.fail(`a page opened a dialog: ${dialog.message()}`));
      return page;
    }

    /** Finds people of a surname, and opens the first. */
    async function openFirst(page, family = SURNAME) {
      await page.goto(`${registry.url}/find`);
      await page.fill("#family", family);
      await page.click("form[action='/find'] button");
      assert.ok(!page.url().includes(family), "no name stands in an address");
      await page.click(".bb-found h3 a");
    }

    test("doses given elsewhere, health facts, a refusal, a note and a status are recorded", async () => {
      const page = await open();
      await openFirst(page);
      const record = page.url();
      await page.goto(`${record}/doses/new?kind=historical`);
      await page.selectOption("#vaccine_0", "03");
      await fillDate(page, "given_0", ["2", "3", "2020"]);
      await page.selectOption("#source", "03");
      await check(page, `${database}-historical`);
      await page.click("button[name=check]");
      await page.click("button[name=save]");
      for (const kind of ["contraindication", "immunity", "indication"]) {
        await page.goto(`${record}/facts/new?kind=${kind}`);
        await page.selectOption("#fact", { index: 1 });
        await check(page, `${database}-${kind}`);
        await page.click(".bb-form button");
        assert.match(page.url(), /done=fact_saved/);
      }
      await page.goto(`${record}/facts/new?kind=note`);
      await page.click(".bb-form button");
      assert.match(await page.title(), /^Error:/);
      await page.fill("#note", "Prefers mornings");
      await page.click(".bb-form button");
      await page.goto(`${record}/refusals/new`);
      await page.selectOption("#vaccine", { label: "HepB" });
      await choose(page, "#reason-03");
      await check(page, `${database}-refusal`);
      await page.click(".bb-form button");
      assert.match(await page.innerText("section[aria-labelledby=forecast]"), /Refused on .* \(Patient decision\)/, "what is due says so");
      const row = page.locator(".bb-history--doses tr", { hasText: "HepB" });
      assert.match(await row.innerText(), /Patient decision[^]*Refused[^]*Reported by/, "the history says so, and why");
      await page.goto(`${record}/status`);
      await choose(page, "#status-M");
      await check(page, `${database}-status`);
      await page.click(".bb-form button");
      await check(page, `${database}-facts`);
      const text = await page.textContent("main");
      for (const said of ["Prefers mornings", "MOGE", "Contraindication"]) assert.ok(text.includes(said), said);
      await page.locator(".bb-history--doses tr", { hasText: "02/03/2020" }).first().locator("a[href*='/doses/']").click();
      await page.fill("#reaction_0", "Fever of 40 degrees");
      await page.click("button[name=check]");
      await page.click("button[name=save]");
      await assertPrinted(page, record);
      await page.context().close();
    });

    /** What schools and camps need besides doses stands on both sheets; what a risk is, on neither; a reaction, on the history. */
    async function assertPrinted(page, record) {
      for (const sheet of ["history", "official-record"]) {
        await page.goto(`${record}/${sheet}`);
        await check(page, `${database}-${sheet}-facts`);
        const facts = await page.innerText("table:has(caption:text('Immunity and contraindications'))");
        assert.match(facts, /Contraindication[^]*Immunity/, sheet);
        assert.ok(!facts.includes("Risk or condition"), sheet);
        const told = page.locator(".bb-sheet tr", { hasText: "02/03/2020" }).first();
        assert.match(await told.innerText(), /Reported by[^]*A parent's written record/, `${sheet}: who told of a dose`);
        const isTold = (await told.innerText()).includes("Reaction: Fever of 40 degrees");
        assert.equal(isTold, sheet === "history", `${sheet}: what a dose was followed by is for those who treat`);
      }
      await page.goto(`${record}/history`);
      assert.match(await page.innerText("table:has(caption:text('What is due'))"), /Immune|Complete/);
    }

    test("going back in the browser loses nothing of what was filled in of a dose", async () => {
      const page = await open();
      await openFirst(page);
      const record = page.url();
      const form = `${record}/doses/new?kind=historical&group=MMR`;
      const answers = () => Promise.all(["#vaccine_0", "#given_0", "#given_0-year"].map((field) => page.inputValue(field)));
      await page.goto(form);
      assert.deepEqual(await answers(), ["", "", ""]);
      await page.selectOption("#vaccine_0", "03");
      await fillDate(page, "given_0", ["2", "31", "2020"]);
      const filled = await answers();
      await page.click("button[name=check]");
      assert.equal(await page.locator("#errors li").count(), 1);
      await page.goBack();
      assert.deepEqual(await answers(), filled, "after it was sent back with an error");
      await check(page, `${database}-dose-taken-up`);
      await page.fill("#given_0-day", "3");
      await page.click("button[name=check]");
      assert.match(await page.textContent("h1"), /Check your answers/);
      await page.goBack();
      assert.deepEqual(await answers(), filled, "after its answers were shown to be checked");
      await page.goto(`${record}/doses/new?kind=historical&group=Polio`);
      assert.deepEqual(await answers(), ["", "", ""], "another form is another form");
      await page.goto(form);
      await page.click("main a:has-text('Start with an empty form')");
      assert.deepEqual(await answers(), ["", "", ""]);
      await page.selectOption("#vaccine_0", "03");
      await fillDate(page, "given_0", ["2", "3", "2021"]);
      const begunEmpty = await answers();
      await page.click("button[name=check]");
      await page.goBack();
      assert.deepEqual(await answers(), begunEmpty, "a form that was begun empty is not begun again by going back to it");
      await page.click("button[name=check]");
      await page.click("button[name=save]");
      assert.match(page.url(), /\/saved\//);
      await page.goBack();
      assert.deepEqual(await answers(), ["", "", ""], "going back after it was saved shows the form, and nothing is sent again");
      await page.goto(form);
      assert.deepEqual(await answers(), ["", "", ""], "what is saved is off the desk");
      await page.context().close();
    });

    test("those who answer for a child are added, changed and taken out", async () => {
      const page = await open();
      if (database === "postgres") await page.setViewportSize({ width: 390, height: 800 });
      await openFirst(page);
      const record = page.url().split("?")[0];
      const change = async (answers, relations = {}) => {
        await page.goto(`${record}/details`);
        for (const [id, text] of Object.entries(answers)) await page.fill(`#${id}`, text);
        for (const [id, code] of Object.entries(relations)) await page.selectOption(`#${id}`, code);
        await page.click(".bb-form button");
      };
      await page.goto(`${record}/details`);
      const rows = () => page.locator("input[id^=kin_given]").count();
      const known = (await rows()) - 1;
      const suffix = (row) => (row === 0 ? "" : `_${row + 1}`);
      const [first, second] = [suffix(known), suffix(known + 1)];
      await change({ [`kin_phone${first}`]: "512-555-0188" }, { [`kin_relation${first}`]: "GRP" });
      assert.deepEqual(await wrongFields(page), [`#kin_given${first}`], "a phone of nobody is not dropped without a word");
      assert.equal(await page.inputValue(`#kin_phone${first}`), "512-555-0188");
      await change({ [`kin_given${first}`]: "Rosalía", [`kin_family${first}`]: "Nopal", [`kin_phone${first}`]: "555" });
      assert.deepEqual(await wrongFields(page), [`#kin_relation${first}`, `#kin_phone${first}`]);
      await check(page, `${database}-kin-wrong`);
      const grandmother = { [`kin_given${first}`]: "Rosalía", [`kin_family${first}`]: "Nopal", [`kin_phone${first}`]: "512-555-0188" };
      await change(grandmother, { [`kin_relation${first}`]: "GRP" });
      assert.match(page.url(), /done=details_saved/);
      assert.match(await page.textContent(".bb-person"), /Rosalía Nopal \(Grandparent\), \(512\) 555-0188/);
      await check(page, `${database}-kin`);
      await change({ [`kin_given${second}`]: "Ernesto", [`kin_family${second}`]: "Nopal" }, { [`kin_relation${second}`]: "GRD" });
      await change({ [`kin_given${first}`]: "Rosa" });
      assert.match(await page.textContent(".bb-person"), /Rosa Nopal \(Grandparent\), \(512\) 555-0188; Ernesto Nopal \(Guardian\)/);
      await page.goto(`${record}/details`);
      await check(page, `${database}-kin-form`);
      await change({ [`kin_given${first}`]: "", [`kin_family${first}`]: "" });
      const told = await page.textContent(".bb-person");
      assert.match(told, /Ernesto Nopal \(Guardian\)/);
      assert.doesNotMatch(told, /Rosa Nopal/);
      await page.goto(`${record}/details`);
      const all = await page.locator("input[id^=kin_given], input[id^=kin_family]").evaluateAll((fields) => fields.map((field) => field.id));
      await change(Object.fromEntries([...all, "phone"].map((id) => [id, ""])));
      assert.doesNotMatch(await page.textContent(".bb-person"), /Ernesto Nopal/, "the last one goes, too");
      await page.goto(`${record}/details`);
      assert.equal(await page.inputValue("#phone"), "", "and a phone that was emptied");
      await page.goto(`${registry.url}/language/es?back=${new URL(record).pathname}/details`);
      assert.match(await page.innerText("#kin_relation"), /Abuelo o abuela/);
      await page.context().close();
    });

    test("a name and an address are changed, and who was found by a phone is found again", async () => {
      const page = await open();
      await openFirst(page);
      const record = page.url().split("?")[0];
      await page.click("a[href$='/details']");
      await check(page, `${database}-details`);
      await page.fill("#middle", "Quince");
      await page.fill("#street", "77 Pecan Street");
      await page.fill("#phone", "512-555-0177");
      const given = await page.inputValue("#given");
      await page.click(".bb-form button");
      assert.match(await page.textContent("#errors"), /what the name until now was/);
      await choose(page, "input[name=former_was][value=mistake]");
      await page.click(".bb-form button");
      assert.match(page.url(), /done=details_saved/);
      assert.match(await page.textContent(".bb-person"), /Quince[\s\S]*77 Pecan Street[\s\S]*555-0177/);
      await page.goto(`${record}/details`);
      for (const id of ["birth", "birth-day", "birth-year"]) assert.notEqual(await page.inputValue(`#${id}`), "", "what was not changed stays");
      assert.notEqual(await page.inputValue("#sex"), "U");
      assert.equal(await page.inputValue("#phone"), "(512) 555-0177");
      await page.goto(`${registry.url}/find`);
      await page.fill("#given", given);
      await page.click(".bb-more summary");
      await page.fill("#phone", "(512) 555-0177");
      await page.click("form[action='/find'] button");
      await page.click(`.bb-found a[href='${new URL(record).pathname}']`);
      await page.context().close();
    });

    test("the history and the official record are printed clean", async () => {
      const page = await open();
      await openFirst(page);
      const record = page.url();
      for (const sheet of ["history", "official-record", "consent/form/es"]) {
        await page.goto(`${record}/${sheet}`);
        await check(page, `${database}-${sheet.replaceAll("/", "-")}`);
        await page.emulateMedia({ media: "print" });
        assert.ok(!(await page.isVisible("header.bb-header")), "no menu is printed");
        const pdf = await page.pdf({ format: "Letter" });
        assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
        await page.emulateMedia({ media: "screen" });
      }
      await page.context().close();
    });

    test("somebody new is added after a search, with consent, and taken back everywhere when consent ends", async () => {
      const page = await open();
      await page.goto(`${registry.url}/find`);
      await page.fill("#family", "Xochihua");
      await page.fill("#given", "Citlali");
      await page.click("form[action='/find'] button");
      await check(page, `${database}-nobody`);
      await page.click(".bb-add button");
      await fillDate(page, "birth", ["5", "17", "1988"]);
      await page.selectOption("#sex", "F");
      await check(page, `${database}-add`);
      await page.click("button[name=check]");
      assert.ok((await page.$$(".bb-errors li")).length >= 2, "consent is asked for");
      await choose(page, "input[name=consent][value=adult]");
      await fillDate(page, "signed", ["1", "2", "2024"]);
      await choose(page, "#affirmed");
      await page.click("button[name=check]");
      assert.match(page.url(), /done=person_added/);
      const record = page.url().split("?")[0];
      const number = (await page.textContent(".bb-person__facts")).match(/[0-9A-HJKMNP-TV-Z]{12}/)[0];
      await page.goto(`${record}/consent`);
      await check(page, `${database}-consent`);
      await page.click("form[action$='/withdraw'] button");
      await check(page, `${database}-withdraw`);
      await page.click("button[name=confirmed]");
      assert.match(page.url(), /done=consent_withdrawn/);
      assert.equal((await page.goto(record)).status(), 404);
      await check(page, `${database}-not-found`);
      await page.goto(`${registry.url}/find`);
      await page.fill("#family", "Xochihua");
      await page.click("form[action='/find'] button");
      assert.equal(await page.$(".bb-found"), null);
      await page.context().close();
      await isOpenedByTheOffice(record, number);
    });

    /** The registry's office opens a record that may not be given out, with a reason that the person can read. */
    async function isOpenedByTheOffice(record, number) {
      const context = await browser.newContext({ locale: "en-US" });
      const office = await context.newPage();
      await signIn(office, registry, "registry_analyst");
      assert.equal((await office.goto(record)).status(), 404, "the office, too, sees it only with a reason");
      await office.goto(`${registry.url}/audit`);
      await office.click("main a[href='/audit/withheld']");
      await office.fill("#number", number.toLowerCase());
      await office.click("main form button");
      assert.match(await office.textContent("#errors"), /Say why/);
      await check(office, `${database}-withheld`);
      await office.fill("#reason", "asked who had seen it");
      await office.click("main form button");
      assert.equal(office.url(), record);
      const alerts = (await office.locator(".bb-alert").allInnerTexts()).join(" ");
      assert.match(alerts, /may not be given out/);
      assert.match(alerts, /will be destroyed on \d\d\/\d\d\/\d{4}, unless consent is given before that day/);
      await check(office, `${database}-withheld-open`);
      await office.goto(`${registry.url}/audit/person`);
      await office.fill("#number", number.toLowerCase().replace(/(.{4})(?=.)/g, "$1-"));
      await office.click("main form button");
      assert.match(await office.textContent("main tbody"), /Opened a withheld record\s*asked who had seen it/);
      const lines = await office.locator("main tbody tr").allInnerTexts();
      const said = lines.map((line) => line.replace(/^[^\t]*\t/, "").replace(/ \(\d+ times in a row\)/, ""));
      assert.ok(said.every((line, place) => line !== said[place + 1]), `the same is said once: ${said.join(" | ")}`);
      assert.match(lines.join(" "), /times in a row/);
      await check(office, `${database}-access-list`);
      await context.close();
    }

    test("of several doses one that cannot be saved keeps all from being saved, and none is lost", async () => {
      const page = await open();
      const record = await addChild(page, registry, "Xicotencatl", "Alba");
      await page.goto(`${record}/doses/new?kind=historical`);
      await page.selectOption("#source", { index: 3 });
      const source = await page.inputValue("#source");
      await page.click("button[name=more]");
      await page.selectOption("#vaccine_0", "08");
      await fillDate(page, "given_0", ["8", "1", "2024"]);
      await page.selectOption("#vaccine_1", "10");
      await fillDate(page, "given_1", ["10", "4", "2024"]);
      await page.click("button[name=check]");
      assert.match(await page.innerText("main"), /before the person's birth[\s\S]*IPV/);
      assert.equal(await page.$("button[name=save]"), null);
      await check(page, `${database}-one-refused`);
      await page.click("button[name=change]");
      await page.fill("#given_0-day", "5");
      await page.click("button[name=check]");
      await page.click("button[name=save]");
      assert.equal(await page.locator(".bb-saved li").count(), 2);
      await page.click(".bb-next a[href*='/doses/new']");
      assert.equal(await page.inputValue("#source"), source, "who told of the last doses tells of the next");
      assert.ok(await page.$("#given_0"), "the next dose was given elsewhere, too");
      await bornAfterDoses(page, record);
      await isUndoneWhole(page, record);
      await page.context().close();
    });

    /** A birth date that doses would lie before is asked for once more. */
    async function bornAfterDoses(page, record) {
      await page.goto(`${record}/details`);
      await page.fill("#birth-year", "2025");
      await page.click(".bb-form button");
      assert.match(await page.innerText("main"), /2 doses would lie before birth/);
      await check(page, `${database}-early-doses`);
      await page.click("button[name=change]");
      assert.equal(await page.inputValue("#birth-year"), "2025", "nothing that was filled in is lost");
      await page.click(".bb-form button");
      await page.click("button[name=confirmed]");
      assert.match(page.url(), /done=details_saved/);
      await page.goto(`${record}/details`);
      await page.fill("#birth-year", "2024");
      await page.click(".bb-form button");
      assert.match(page.url(), /done=details_saved/, "nobody is asked of a birth date that fits");
    }

    /** A dose that one organization reported twice leaves the record when it is undone. */
    async function isUndoneWhole(page, record) {
      const rows = page.locator(".bb-history--doses tr", { hasText: "08/05/2024" });
      await page.goto(`${record}/doses/new?kind=historical`);
      await page.selectOption("#vaccine_0", "45");
      await fillDate(page, "given_0", ["8", "5", "2024"]);
      await page.click("button[name=check]");
      await page.click("button[name=save]");
      await page.goto(record);
      assert.match(await rows.innerText(), /Also reported by/, "the two reports make one dose");
      await rows.locator("a[href*='/doses/']").click();
      await page.click("form[action$='/undo'] button");
      assert.match(page.url(), /done=dose_undone$/);
      assert.equal(await rows.count(), 0);
    }

    test("an amount is a number, and who was signed out meanwhile is told that nothing was saved", async () => {
      const page = await open();
      await openFirst(page);
      await page.goto(`${page.url()}/doses/new`);
      await page.selectOption("#vaccine_0", { index: 1 });
      await page.fill("#amount_0", "half");
      await page.click("button[name=check]");
      assert.deepEqual(await wrongFields(page), ["#amount_0"]);
      await page.fill("#amount_0", "0,5 mL");
      await page.context().clearCookies();
      await page.click("button[name=check]");
      assert.match(page.url(), /\/sign-in/);
      assert.match(await page.innerText("main"), /session has ended[\s\S]*not saved/);
      await check(page, `${database}-sign-in-ended`);
      await page.context().close();
    });

    test("a person who may be known stands beside what was entered", async () => {
      const page = await open();
      await page.goto(`${registry.url}/find`);
      await page.fill("#family", "Nobodyhere");
      await page.click("form[action='/find'] button");
      await page.click(".bb-add button");
      const [known] = await knownPeople(page);
      await page.fill("#family", known.family);
      await page.fill("#given", known.given);
      await fillDate(page, "birth", [known.month, known.day, known.year]);
      await page.selectOption("#sex", "U");
      await choose(page, "input[name=consent] >> nth=0");
      await fillDate(page, "signed", ["1", "2", "2026"]);
      await choose(page, "#affirmed");
      await page.click("button[name=check]");
      await check(page, `${database}-matches`);
      assert.match(await page.textContent(".bb-compare"), /differs/);
      await page.context().close();
    });

    /** Name and birth date of somebody in the list. */
    async function knownPeople(page) {
      const other = await page.context().newPage();
      await other.goto(`${registry.url}/find`);
      await other.fill("#family", SURNAME);
      await other.click("form[action='/find'] button");
      const people = await other.$$eval(".bb-found > li", (rows) =>
        rows.map((row) => {
          const [month, day, year] = row.querySelector("strong").textContent.split("/");
          const given = row.querySelector("h3 a").textContent.split(" ")[0];
          return { given, month, day, year };
        }),
      );
      await other.close();
      return people.map((person) => ({ family: SURNAME, ...person }));
    }

    test("markup in every field of a message is shown as text", async () => {
      const markup = "<img src=x onerror=alert(1)>";
      const answer = await report(registry, markup);
      assert.match(answer, /MSA\|A[AE]\|/);
      const page = await open();
      await openFirst(page, "Markup");
      assert.ok((await page.textContent("main")).includes("<img"), "the markup is shown");
      assert.equal(await page.$("main img"), null, "the markup is not obeyed");
      await check(page, `${database}-markup`);
      for (const sheet of ["history", "official-record", "consent", "consent/form/en", "status"]) {
        await page.goto(`${page.url().match(/.*\/people\/[0-9a-f]+/)[0]}/${sheet}`);
        assert.equal(await page.$("main img"), null, sheet);
      }
      await page.context().close();
    });

    test("a form that no page of ours sent is refused", async () => {
      const page = await open();
      const refused = await page.request.post(`${registry.url}/find`, { form: { family: SURNAME } });
      assert.equal(refused.status(), 403);
      await page.goto(`${registry.url}/find`);
      const foreign = await page.request.post(`${registry.url}/find`, {
        form: { family: SURNAME, form_token: await page.inputValue("[name=form_token] >> nth=0") },
        headers: { "sec-fetch-site": "cross-site" },
      });
      assert.equal(foreign.status(), 403);
      await page.context().close();
    });

    test("who has not signed in sees nobody", async () => {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(`${registry.url}/find`);
      assert.match(page.url(), /\/sign-in/);
      await check(page, `${database}-sign-in`);
      await page.goto(`${registry.url}/`);
      await check(page, `${database}-start`);
      await context.close();
    });

    test("a first view is light, and nothing comes from elsewhere", async () => {
      const page = await open();
      let bytes = 0;
      page.on("response", async (response) => {
        assert.ok(response.url().startsWith(registry.url), response.url());
        const sizes = await response.request().sizes().catch(() => undefined);
        bytes += sizes ? sizes.responseBodySize + sizes.responseHeadersSize : 0;
      });
      await openFirst(page);
      await page.waitForLoadState("networkidle");
      assert.ok(bytes > 10_000 && bytes <= 3 * 100_000, `${bytes} bytes for the form, the list and the person`);
      const headers = (await page.goto(page.url())).headers();
      assert.equal(headers["cache-control"], "no-store");
      assert.doesNotMatch(headers["content-security-policy"], /unsafe/);
      await page.context().close();
    });
  });
}
