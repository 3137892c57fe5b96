// What is exchanged, told as stories: a file is sent and its findings are read, a table the same way; a window is
// planned, and shuts everybody out but who may pass.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { check } from "./browser.mjs";
import { doubtfulReport, sendMessage, vaccinationFile, vaccinationTable } from "./messages.mjs";
import { startBoth } from "./pages.mjs";
import { authenticatorCode, signIn, unusedInstant } from "./registry.mjs";

const CONTACT = "data_exchange_contact";

for (const database of ["sqlite", "postgres"]) {
  describe(`exchange, on ${database}`, { timeout: 600_000 }, () => {
    let registry, browser, contact;

    before(async () => {
      [registry, browser] = await startBoth(database);
      const context = await browser.newContext();
      await signIn(await context.newPage(), registry, CONTACT);
      contact = await context.storageState();
      await context.close();
    });

    after(async () => {
      await browser?.close();
      await registry?.close();
    });

    /** A page of the data-exchange contact. */
    async function open(options = {}) {
      const context = await browser.newContext({ storageState: contact, locale: "en-US", ...options });
      const page = await context.newPage();
      page.on("dialog", (dialog) => assert.fail(`a page opened a dialog: ${dialog.message()}`));
      return page;
    }

    /** Sends a file as a person does, and waits until it is processed. */
    async function send(page, name, content, organization) {
      await page.goto(`${registry.url}/files/new`);
      if (organization) await page.selectOption("#organization", organization);
      await page.setInputFiles("#file", { name, mimeType: "application/octet-stream", buffer: Buffer.from(content) });
      await page.click("main form button");
      assert.match(page.url(), /\/files\/[0-9a-f]{32}\?done=file_taken/);
      const address = page.url().split("?")[0];
      for (;;) {
        await page.goto(address);
        if ((await page.$("#downloads")) !== null) return address;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }

    /** The text of a download. */
    async function download(page, link) {
      const [saved] = await Promise.all([page.waitForEvent("download"), page.click(link)]);
      return { name: saved.suggestedFilename(), text: readFileSync(await saved.path(), "utf8") };
    }

    test("a file is sent from the browser, and what is wrong with it is read and mended", async () => {
      const page = await open();
      await page.goto(`${registry.url}/files/new`);
      await check(page, `${database}-upload`);
      await page.click("main form button");
      assert.match(await page.textContent("#errors"), /Choose a file/);
      const address = await send(page, "march.hl7", vaccinationFile(registry));
      await check(page, `${database}-file`);
      const counts = await page.$$eval(".bb-counts strong", (all) => all.map((one) => one.textContent));
      assert.deepEqual(counts, ["3", "1", "1", "1"]);
      await page.click(".bb-counts a >> text=rejected");
      assert.equal(await page.locator(".bb-messages > li").count(), 1);
      const told = await page.textContent(".bb-messages");
      assert.match(told, /Message 3/);
      assert.match(told, /PID/, "the field is named");
      await page.goto(address);
      const summary = await download(page, "a[href$='/summary']");
      assert.match(summary.name, /^march\.hl7\..*\.summary\.txt$/);
      assert.match(summary.text, /1 {2}not accepted/);
      const answers = await download(page, "a[href$='/answers']");
      assert.equal(answers.text.match(/MSA\|A/g).length, 3);
      const original = await download(page, "a[href$='/content']");
      assert.deepEqual([original.name, original.text], ["march.hl7", vaccinationFile(registry)]);
      await page.click("form[action$='/again'] button");
      assert.match(page.url(), /done=file_again/);
      await page.goto(`${registry.url}/files?kind=file`);
      await check(page, `${database}-files`);
      assert.match(await page.textContent("main table"), /march\.hl7/);
      await page.context().close();
    });

    test("a table is sent from the browser, without JavaScript and in Spanish", async () => {
      const page = await open({ javaScriptEnabled: false, locale: "es-MX" });
      await page.goto(`${registry.url}/files/new`);
      await page.locator("#file").setInputFiles({ name: "abril.csv", mimeType: "text/csv", buffer: Buffer.from(vaccinationTable()) });
      await page.locator("main form button").click();
      const address = page.url().split("?")[0];
      for (;;) {
        await page.goto(address);
        if ((await page.locator("#downloads").count()) > 0) break;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assert.equal(await page.locator("html").getAttribute("lang"), "es");
      const counts = await page.locator(".bb-counts strong").allTextContents();
      assert.equal(counts[0], "2");
      assert.equal(counts[3], "1");
      assert.match(await page.locator(".bb-messages").innerText(), /rechazado\b/);
      await page.context().close();
    });

    test("files and messages hold on a phone, and the same bytes are not processed twice", async () => {
      const page = await open({ viewport: { width: 360, height: 740 } });
      const bytes = vaccinationFile(registry, "phone");
      const first = await send(page, "phone.hl7", bytes);
      await check(page, `${database}-file-phone`);
      await send(page, "phone again.hl7", bytes);
      assert.equal(await page.getAttribute(".bb-alert a", "href"), new URL(first).pathname);
      await page.goto(`${registry.url}/files`);
      await check(page, `${database}-files-phone`);
      await page.goto(`${registry.url}/files?kind=message&state=complete`);
      await page.click("main table a >> nth=0");
      await check(page, `${database}-message-phone`);
      assert.equal(await page.locator("main dl a[href^='/organizations/']").count(), 1, "whose it is, with the way there");
      for (const [state, outcome] of [["complete", /^Accepted( with findings)?$/], ["exception", /^Accepted with findings$/], ["rejected", /^Rejected$/]]) {
        await page.goto(`${registry.url}/files?kind=message&state=${state}`);
        for (const text of await page.locator("main tbody .bb-state").allInnerTexts()) assert.match(text, outcome, state);
      }
      await page.context().close();
    });

    test("a receipt leads to what was received, in the form of an answer, of a result's name, or as it is typed", async () => {
      const page = await open();
      const file = await send(page, "receipt.hl7", vaccinationFile(registry, "receipt"));
      const shown = await page.locator("main dl div", { hasText: "Receipt" }).locator("dd").innerText();
      const [short, long] = shown.split(/\s+/);
      assert.match(await page.innerText("#downloads + ul"), new RegExp(short), "the number in the names of its results");
      const seek = async (receipt) => {
        await page.goto(`${registry.url}/files`);
        await page.fill("#receipt", receipt);
        await page.click(".bb-filter button");
        return page.url();
      };
      for (const typed of [short, `${short.slice(0, 4)}-${short.slice(4).toLowerCase()}`, ` ${long} `, long.toUpperCase()]) {
        assert.equal(await seek(typed), file, typed);
      }
      assert.equal((await page.goto(`${file.replace(long, short)}`)).status(), 200, "in the address, too");
      const { organization } = registry.users.find((user) => user.role === CONTACT);
      const program = registry.programs.find((known) => known.organization === organization);
      const answer = await sendMessage(registry, program, vaccinationFile(registry, "alone").split("\rMSH|")[0]);
      const [control] = answer.match(/[0-9a-f]{32}/);
      assert.match(await seek(control), new RegExp(`/files/${control}$`), "MSH-10 of the answer");
      assert.ok((await page.innerText("main dl")).includes(control), "the page shows it in the same form");
      assert.match(await seek("0123456789AB"), /\/files\?/);
      assert.match(await page.innerText("#errors"), /Nothing that you may see was received under this receipt/);
      await check(page, `${database}-receipt-unknown`);
      await page.context().close();
    });

    test("a file that cannot be taken is refused with the words of the file door", async () => {
      const page = await open();
      await page.goto(`${registry.url}/files/new`);
      await page.setInputFiles("#file", { name: "nothing.hl7", mimeType: "text/plain", buffer: Buffer.alloc(0) });
      await page.click("main form button");
      assert.match(await page.textContent("#errors"), /is empty; there is nothing in it to process/);
      await page.setInputFiles("#file", { name: `${"x".repeat(201)}.hl7`, mimeType: "text/plain", buffer: Buffer.from("MSH") });
      await page.click("main form button");
      assert.match(await page.textContent("#errors"), /longer than 200 bytes/);
      await check(page, `${database}-upload-refused`);
      const forged = await page.request.post(`${registry.url}/files/new`, {
        multipart: { form_token: "0".repeat(64), file: { name: "a.hl7", mimeType: "text/plain", buffer: Buffer.from("MSH") } },
      });
      assert.equal(forged.status(), 403);
      await page.context().close();
    });

    test("two records that may be of one person are set side by side and merged; so are their doses; and all is undone", async () => {
      const sender = await open();
      await send(sender, "first.hl7", vaccinationFile(registry, "first"));
      const other = await (await browser.newContext({ locale: "en-US" })).newPage();
      await signIn(other, registry, registry.users.find((known) => known.organization === "LCPG3000" && known.role === "organization_administrator"));
      await send(other, "doubt.hl7", doubtfulReport("LCPG3000"));
      const page = await (await browser.newContext({ locale: "en-US" })).newPage();
      await signIn(page, registry, "registry_analyst");
      await page.goto(`${registry.url}/matches`);
      const link = page.locator("main table a").first();
      await check(page, `${database}-matches-waiting`);
      const waiting = () => page.locator("main table:has-text('Waiting, the oldest first') tbody tr").count();
      const before = await waiting();
      await link.click();
      await check(page, `${database}-match`);
      await page.click("main form button");
      await check(page, `${database}-match-missing`);
      assert.equal(await page.locator("#errors li").count(), 2);
      await page.click("label:has-text('The same person')");
      await page.fill("#reason", "the mother confirmed it by telephone");
      await page.click("main form button");
      assert.match(page.url(), /done=records_merged/);
      assert.equal(await waiting(), before - 1);
      await page.click("main .bb-ways a[href='/matches/decided']");
      await check(page, `${database}-matches-decided`);
      assert.match(await page.innerText("main table tbody tr"), /The same person\s+the mother confirmed it by telephone/);
      await page.click("main table tbody tr a");
      assert.match(page.url(), /\/people\/[^/]+\/merges$/, "the way to undo it");
      await page.goto(`${registry.url}/matches`);

      await page.click("a[href^='/matches/doses/'] >> nth=0");
      await check(page, `${database}-dose-match`);
      assert.match(await page.innerText(".bb-compare"), /LOT0[\s\S]*differs/);
      await page.click("main form button");
      assert.equal(await page.locator("#errors li").count(), 2);
      const pair = page.url();
      const decide = async (decision) => {
        await page.click(`label:has-text('${decision}')`);
        await page.fill("#reason", "the paper card says so");
        await page.click("main form button");
        assert.match(page.url(), /done=match_decided/);
      };
      await decide("One dose, reported twice");
      await page.goto(`${registry.url}/matches/decided`);
      await page.click("a[href^='/matches/doses/']");
      assert.equal(page.url(), pair, "the way back to it");
      assert.match(await page.innerText("main"), /Decided .*: One dose, reported twice\. the paper card says so/);
      const measles = async () => {
        await page.goto(pair);
        await page.click("main p a[href^='/people/']");
        const tables = await page.$$eval(".bb-history--doses", (all) => all.map((table) => table.innerText));
        return tables.find((text) => text.includes("MMR")).match(/\(03\)/g).length;
      };
      assert.equal(await measles(), 1, "one vaccination is shown");
      await page.goto(pair);
      await decide("As the rules say");
      assert.equal(await measles(), 2, "two are shown again");

      await page.click("a[href$='/merges']");
      await check(page, `${database}-merges`);
      await page.click("main form button");
      assert.equal(await page.locator("#errors li").count(), 2);
      await page.click("main form .usa-radio label");
      await page.fill("#reason", "the telephone was wrong");
      await page.click("main form button");
      assert.match(page.url(), /done=merge_undone/);
      assert.equal(await page.locator("main form .usa-radio").count(), 0, "nothing is left to undo");
      assert.equal((await page.goto(pair)).status(), 404, "the two doses are two people's again");
      await Promise.all([sender, other, page].map((one) => one.context().close()));
    });

    test("a window is planned, announced with a banner, shuts everybody out but who may pass, and ends", async () => {
      const operator = await (await browser.newContext({ locale: "en-US" })).newPage();
      await signIn(operator, registry, "maintenance_operator");
      const nurse = await (await browser.newContext({ locale: "en-US" })).newPage();
      await signIn(nurse, registry, "school_nurse");
      await operator.goto(`${registry.url}/maintenance-windows/new`);
      await operator.fill("#starts", wallTime(2));
      await operator.fill("#ends", wallTime(4));
      await operator.fill("#reason", "scheduled system maintenance");
      await operator.fill("#performed_by", "the registry's office");
      await operator.click("main form button");
      const window = operator.url().split("?")[0];
      await operator.goto(`${window}/notices`);
      for (const audience of ["all_users", "data_exchange", "it_contacts", "ehr_vendors"]) {
        for (const [language, heading] of [["en", /Impacts/], ["es", /Impacto|Efectos/]]) {
          await operator.selectOption("#audience", audience);
          await operator.selectOption("#language", language);
          await operator.click("main form button");
          assert.equal(await operator.getAttribute("article", "lang"), language);
          assert.match(await operator.innerText("article"), heading, `${audience} in ${language}`);
        }
      }
      await check(operator, `${database}-notices`);
      await nurse.goto(`${registry.url}/find`);
      assert.equal(await nurse.$(".bb-banner"), null, "a draft is nobody's business");
      await operator.goto(window);
      assert.equal(await operator.locator("button[value=start]").count(), 0, "nobody was told of a draft: it cannot begin");
      await operator.click("button[value=announce]");
      await operator.click("main button[name=confirmed]");
      for (const path of ["/find", "/", "/sign-in", "/status"]) {
        await nurse.goto(registry.url + path);
        assert.match(await nurse.innerText(".bb-banner"), /begins in 1 h \d+ min/, path);
      }
      await check(nurse, `${database}-banner`);

      await operator.goto(window);
      assert.match(await operator.inputValue("#starts"), /^\d{4}-\d\d-\d\d \d\d:\d\d$/, "the form to move it holds its times");
      await operator.fill("#starts", wallTime(3));
      await operator.fill("#move_ends", wallTime(5));
      await operator.press("#move_ends", "Enter");
      await operator.click("main button[name=confirmed]");
      assert.match(await operator.innerText("main"), /Moved/);
      await operator.click("button[value=start]");
      assert.match(await operator.innerText("main"), /Nothing ends it by itself/, "what cannot be taken back is asked for once more");
      assert.equal((await nurse.goto(`${registry.url}/find`)).status(), 200, "nothing has begun");
      await check(operator, `${database}-start-now`);
      const halfway = await (await browser.newContext({ locale: "en-US" })).newPage();
      await signIn(halfway, registry, "registry_analyst");
      await halfway.goto(`${registry.url}/find`);
      await halfway.fill("#family", "Nobodyhere");
      await operator.click("button[name=confirmed]");
      assert.match(await operator.innerText(".bb-banner"), /you are inside a maintenance window/, "whoever closed the doors is let in");
      const shut = await nurse.goto(`${registry.url}/find`);
      assert.equal(shut.status(), 503);
      assert.ok(Number(shut.headers()["retry-after"]) > 0);
      assert.equal(shut.headers()["set-cookie"], undefined);
      assert.match(await nurse.innerText("main"), /temporarily unable to service your request due to maintenance downtime/);
      await check(nurse, `${database}-closed`);
      assert.doesNotMatch(await nurse.innerText("main"), /What you entered/, "who only looked entered nothing");
      await halfway.click("form[action='/find'] button");
      assert.match(await halfway.innerText("main"), /temporarily unable[\s\S]*What you entered was not stored/);
      await check(halfway, `${database}-closed-form`);
      await nurse.click("a[href='/status']");
      await check(nurse, `${database}-status`);
      assert.match(await nurse.innerText("main"), /scheduled system maintenance/);

      const second = await (await browser.newContext({ locale: "en-US" })).newPage();
      assert.equal((await second.goto(window)).status(), 503, "another browser of the operator is shut out like everybody");
      await nurse.goto(`${registry.url}/pass`);
      await check(nurse, `${database}-pass`);
      const { user, password } = registry.users.find((known) => known.role === "school_nurse");
      await nurse.fill("#username", user);
      await nurse.fill("#password", password);
      await nurse.click("main form button");
      assert.match(await nurse.innerText("main"), /temporarily unable/, "a nurse does not pass");

      await pass(second);
      assert.match(await second.innerText(".bb-banner"), /you are inside a maintenance window/);
      await second.goto(window);
      await check(second, `${database}-inside`);
      await second.context().close();
      await operator.goto(window);
      await operator.fill("#extend_note", "a migration takes longer");
      await operator.fill("#ends", wallTime(6));
      await operator.press("#ends", "Enter");
      assert.match(await operator.innerText("main"), /Extended/);
      await operator.click("button[value=complete]");
      await operator.click("main button[name=confirmed]");
      assert.match(await operator.innerText("main"), /Completed/);
      assert.equal((await halfway.reload()).status(), 200, "what was entered is sent once more");
      assert.equal(await halfway.inputValue("#family"), "Nobodyhere");
      await halfway.context().close();
      await operator.goto(`${window}/report`);
      await check(operator, `${database}-report`);
      assert.match(await operator.innerText("main"), /These pages/);
      await nurse.goto(`${registry.url}/sign-in`);
      assert.equal((await nurse.goto(`${registry.url}/sign-in`)).status(), 200, "the door is open again");
      await Promise.all([operator.context().close(), nurse.context().close()]);
    });

    /** Signs the operator in behind the closed door. */
    async function pass(page) {
      const user = registry.users.find((known) => known.role === "maintenance_operator");
      await page.goto(`${registry.url}/pass`);
      await page.fill("#username", user.user);
      await page.fill("#password", user.password);
      await page.click("main form button");
      await page.fill("#code", authenticatorCode(user.authenticator_key, await unusedInstant(user)));
      await page.click("main form button");
      assert.match(await page.textContent("#errors"), /why you must come in/);
      await page.fill("#code", authenticatorCode(user.authenticator_key, user.last_step * 30_000));
      await page.fill("#reason", "look at the new release");
      await page.click("main form button");
      await page.waitForURL(/\/maintenance-windows/);
    }

    /** Date and time in the registry's zone, some hours from now, as a person types it. */
    function wallTime(hours) {
      const parts = { timeZone: "America/Chicago", hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" };
      const shown = new Intl.DateTimeFormat("sv-SE", parts).format(Date.now() + hours * 3_600_000);
      return shown.replace("T", " ").replace(",", "");
    }
  });
}
