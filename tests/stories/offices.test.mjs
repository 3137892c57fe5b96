// What the offices do, told as stories: an organization registers and is approved, its administrator comes in by
// invitation, maintenance is planned.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ACCESS, VISITORS } from "./access.mjs";
import { check } from "./browser.mjs";
import { signedIn, startBoth } from "./pages.mjs";
import { authenticatorCode, signIn } from "./registry.mjs";

const PASSWORD = "nine purple lanterns glow";

/** Pages to look at, which need nothing in their address; each is shown to whom it opens for, and checked. */
const LOOKED_AT = Object.entries(ACCESS)
  .filter(([path, forms]) => forms.get && !VISITORS.includes(forms.get[0]) && !path.includes("{"))
  .map(([path]) => path);

for (const database of ["sqlite", "postgres"]) {
  describe(`offices, on ${database}`, { timeout: 600_000 }, () => {
    let registry, browser;

    before(async () => {
      [registry, browser] = await startBoth(database);
    });

    after(async () => {
      await browser?.close();
      await registry?.close();
    });

    /** What the browser keeps of who has signed in: they do so once, and go on in each story with a page of their own. */
    const kept = {};

    async function open(role) {
      if (role) kept[role] ??= await signedIn(browser, registry, role);
      const context = await browser.newContext({ locale: "en-US", storageState: kept[role] });
      return context.newPage();
    }

    test("an organization registers, is approved, and its administrator comes in", async () => {
      const applicant = await open();
      await applicant.goto(`${registry.url}/register`);
      await check(applicant, `register-${database}`);
      await applicant.click("form[action='/register'] button");
      const fill = async (answers) => {
        for (const [name, answer] of Object.entries(answers)) await applicant.fill(`#${name}`, answer);
      };
      const goOn = () => applicant.click("main form button >> nth=0");
      await fill({ name: "Mesquite Family Clinic", street: "1 Main St", city: "Austin", zip: "78701", county: "Travis" });
      await goOn();
      await check(applicant, `register-missing-${database}`);
      assert.match(await applicant.textContent("#errors"), /Kind of organization/);
      await applicant.selectOption("#kind", "clinic");
      await fill({ phone: "5125550100" });
      await goOn();
      await fill({ first_name: "Léna", last_name: "Ortegón", email: "lena@example.org", contact_phone: "5125550101" });
      await goOn();
      for (const choice of ["people-both", "manner-exchange", "vfc"]) await applicant.click(`label[for="${choice}"]`);
      await goOn();
      await fill({ medical_provider: "Dr. Ada Stone, TX12345" });
      await goOn();
      await check(applicant, `register-agreement-${database}`);
      await fill({ signer_name: "Lena Ortega", signer_title: "Manager" });
      await applicant.click("label[for=agreed]");
      await goOn();
      assert.match(await applicant.textContent("main"), /signed and sent/);

      const office = await open("registry_administrator");
      await office.goto(`${registry.url}/registrations`);
      await office.click("main table a");
      await check(office, `registration-${database}`);
      await office.click("form[action$=approval] button");
      await check(office, `approved-${database}`);
      const [code, username, invitation] = await office.locator("dd").allInnerTexts();
      assert.equal(username, "lortegon", "made of the plain letters of the name");
      await office.goto(`${registry.url}/registrations?state=approved`);
      assert.match(await office.textContent("main tbody"), /New organization/, "it is no renewal");
      await office.goto(`${registry.url}/organizations/${code}`);
      assert.match(await office.textContent("main"), /1 Main St[\s\S]*5125550101/, "what it registered is there to be read");
      await check(office, `organization-${database}`);
      const account = () => office.goto(`${registry.url}/accounts/of/${username}`).then(() => office.textContent("main dl"));
      assert.match(await account(), /has not come in yet/);

      await applicant.goto(`${registry.url}/invitation`);
      await applicant.fill("#code", invitation);
      await applicant.fill("#password", PASSWORD);
      await applicant.fill("#again", PASSWORD);
      await goOn();
      await applicant.fill("#username", username);
      await applicant.fill("#password", PASSWORD);
      await goOn();
      await check(applicant, `set-up-${database}`);
      const key = await applicant.innerText(".bb-key");
      await applicant.fill("#code", authenticatorCode(key, Date.now()));
      await goOn();
      await goOn();
      assert.equal(await applicant.locator(".bb-codes li").count(), 10);
      await applicant.goto(`${registry.url}/organizations`);
      assert.match(await applicant.textContent("main table"), new RegExp(code));

      const forgetful = await open();
      for (let attempt = 0; attempt < 4; attempt++) {
        await forgetful.goto(`${registry.url}/sign-in`);
        await forgetful.fill("#username", username);
        await forgetful.fill("#password", "not the one");
        await forgetful.click("main button[type=submit]");
      }
      assert.match(await account(), /Locked out\s*Signing in waits until .+ after \d wrong passwords/);
      await check(office, `account-locked-${database}`);
      await office.click("form[action$='/lock'] button");
      assert.match(office.url(), /done=unlocked/);
      assert.doesNotMatch(await account(), /Locked out/);
      await forgetful.fill("#username", username);
      await forgetful.fill("#password", PASSWORD);
      await forgetful.click("main button[type=submit]");
      assert.match(forgetful.url(), /sign-in\/code/, "the wait is over");
    });

    test("an account is added to the organization from which one comes, and to none by chance", async () => {
      const page = await open("registry_administrator");
      const chosen = () => page.inputValue("[name=organization]");
      await page.goto(`${registry.url}/organizations/LCPG3001`);
      await page.click("main a[href^='/accounts?']");
      await page.click("main a[href^='/accounts/new?']");
      assert.equal(await chosen(), "LCPG3001");
      await page.goto(`${registry.url}/accounts/new`);
      assert.equal(await chosen(), "");
      for (const [name, text] of [["first_name", "Olga"], ["last_name", "Ochoa"], ["email", "olga@example.org"]]) await page.fill(`#${name}`, text);
      await page.click("label[for=role-view_only]");
      await page.click("main form button");
      assert.match(await page.textContent("#errors"), /Choose an organization/);
      await check(page, `account-without-organization-${database}`);
      await page.selectOption("#organization", "LCPG3001");
      await page.fill("#email", "front.desk@example.org");
      await page.click("main form button");
      const [first] = await page.locator("dd").allInnerTexts();
      await page.goto(`${registry.url}/accounts/new?organization=LCPG3001`);
      for (const [name, text] of [["first_name", "Otto"], ["last_name", "Ochoa"], ["email", "Front.Desk@example.org"]]) await page.fill(`#${name}`, text);
      await page.click("label[for=role-view_only]");
      await page.click("main form button");
      assert.match(await page.textContent("#email-error"), new RegExp(`address of ${first} already`), "nobody is added twice by mistake");
      await check(page, `account-same-address-${database}`);
      await page.click("main form button");
      const [second] = await page.locator("dd").allInnerTexts();
      await page.goto(`${registry.url}/accounts/of/${second}`);
      assert.match(await page.textContent("main dl"), new RegExp(`same address has\\s*${first}`));
      const { user } = registry.users.find((known) => known.role === "help_desk");
      await page.goto(`${registry.url}/accounts/of/${user}`);
      assert.match(await page.textContent("main dl"), /Never signed in/, "nobody invited them");
      await page.context().close();
    });

    test("maintenance is planned, announced and cancelled", async () => {
      const page = await open("maintenance_operator");
      await page.goto(`${registry.url}/maintenance-windows/new`);
      await check(page, `plan-window-${database}`);
      await page.fill("#starts", "2036-05-31 19:00");
      await page.fill("#ends", "2036-06-01 05:00");
      await page.fill("#reason", "scheduled system maintenance");
      await page.fill("#performed_by", "the registry's office");
      await page.click("main form button");
      await check(page, `window-${database}`);
      await page.click("button[value=announce]");
      await page.click("main button[name=confirmed]");
      assert.match(await page.textContent("main"), /Announced/);
      await page.click("button[value=cancel]");
      assert.match(await page.textContent("main"), /cannot be brought back/);
      await check(page, `window-cancel-${database}`);
      await page.click("button[name=confirmed]");
      assert.match(await page.textContent("main"), /Cancelled/);
      await page.goto(`${registry.url}/maintenance-windows`);
      await check(page, `windows-${database}`);
    });

    test("a form without its token is refused, and a planted session opens nothing", async () => {
      const page = await open("registry_administrator");
      const forged = await page.request.post(`${registry.url}/account/sessions/end`, { form: { session: "" } });
      assert.equal(forged.status(), 403);
      const context = await browser.newContext();
      await context.addCookies([{ name: "session", value: "a".repeat(64), url: registry.url }]);
      const planted = await context.newPage();
      await signIn(planted, registry, "registry_analyst");
      const [cookie] = (await context.cookies()).filter((known) => known.name === "session");
      assert.notEqual(cookie.value, "a".repeat(64));
    });

    test("somebody who lost everything comes in again by the administrator's invitation", async () => {
      const lost = registry.users.find((known) => known.role === "reports_only");
      const administrator = await open("organization_administrator");
      await administrator.goto(`${registry.url}/accounts/of/${lost.user}`);
      await check(administrator, `account-seen-${database}`);
      await administrator.click("form[action$='/invitation'] button");
      const [username, invitation] = await administrator.locator("dd").allInnerTexts();
      assert.equal(username, lost.user);
      const person = await open();
      const password = async (text) => {
        await person.goto(`${registry.url}/sign-in`);
        await person.fill("#username", lost.user);
        await person.fill("#password", text);
        await person.click("main button[type=submit]");
      };
      await password(lost.password);
      assert.match(person.url(), /\/sign-in\/code/, "until the code is used nothing changes");
      await person.goto(`${registry.url}/invitation`);
      await check(person, `invitation-${database}`);
      for (const [name, text] of [["code", invitation], ["password", PASSWORD], ["again", PASSWORD]]) await person.fill(`#${name}`, text);
      await person.click("main form button");
      await password(lost.password);
      assert.equal(await person.locator("#errors").count(), 1, "the old password is none any more");
      await password(PASSWORD);
      assert.match(person.url(), /\/sign-in\/set-up/, "the old app opens nothing: another one is set up");
      await person.goto(`${registry.url}/invitation`);
      for (const [name, text] of [["code", invitation], ["password", PASSWORD], ["again", PASSWORD]]) await person.fill(`#${name}`, text);
      await person.click("main form button");
      assert.equal(await person.locator("#errors").count(), 1, "the code works once");
      await Promise.all([administrator.context().close(), person.context().close()]);
    });

    test("an organization gets another name, and a person acts for two of them", async () => {
      const administrator = await open("registry_administrator");
      await administrator.goto(`${registry.url}/organizations/LCPG3001`);
      await administrator.click("a[href$='/names']");
      await check(administrator, `names-${database}`);
      await administrator.fill("#name", "Little Creek Pediatrics, Hillside");
      await administrator.fill("#aliases", "2.16.840.1.113883.3.99");
      await administrator.click("main form button");
      assert.match(await administrator.textContent("h1"), /Hillside/);
      await administrator.goto(`${registry.url}/organizations/LCPG3002/names`);
      await administrator.fill("#aliases", "2.16.840.1.113883.3.99");
      await administrator.click("main form button");
      assert.match(await administrator.textContent("#errors"), /taken by another/);
      const { user } = registry.users.find((known) => known.role === "school_nurse");
      await administrator.goto(`${registry.url}/accounts/of/${user}`);
      await administrator.selectOption("#organization", "LCPG3001");
      await administrator.selectOption("#membership_role", "view_only");
      await administrator.click("form[action$='/membership'] >> text=Let the person act for it");
      assert.match(await administrator.textContent(".bb-choices"), /Hillside/);
      const nurse = await open("school_nurse");
      await nurse.goto(`${registry.url}/account/organization`);
      await check(nurse, `switch-${database}`);
      await nurse.click("li:has-text('Hillside') button");
      assert.match(await nurse.textContent("header"), /Hillside/);
      await nurse.goto(`${registry.url}/find`);
      await nurse.fill("#family", "Parker");
      await nurse.click("form[action='/find'] button");
      await nurse.click(".bb-found h3 a");
      assert.equal(await nurse.$("a[href*='/doses/new']"), null, "there she only looks");
      assert.equal((await nurse.goto(`${registry.url}/accounts`)).status(), 403);
      await check(nurse, `forbidden-${database}`);
      await Promise.all([administrator.context().close(), nurse.context().close()]);
    });

    test("an organization has its IT contact and the maker of its system told of maintenance", async () => {
      const page = await open("organization_administrator");
      if (database === "postgres") await page.setViewportSize({ width: 390, height: 800 });
      const { organization } = registry.users.find((known) => known.role === "organization_administrator");
      await page.goto(`${registry.url}/organizations/${organization}`);
      await page.click("a[href$='/contacts']");
      const add = async (address, audience) => {
        await page.fill("#address", address);
        await page.click(`label:has-text("${audience}")`);
        await page.click("main form.bb-form button");
      };
      await add("nobody", "IT contact");
      assert.match(await page.textContent("#address-error"), /mail address/);
      await check(page, `contacts-wrong-${database}`);
      await add("it@littlecreek.example", "IT contact");
      await add("help@vendor.example", "Maker of the record system");
      assert.deepEqual(await page.locator(".bb-choices__name").allInnerTexts(), [
        "it@littlecreek.example\nIT contact · English", "help@vendor.example\nMaker of the record system · English",
      ]);
      await check(page, `contacts-${database}`);
      await add("HELP@vendor.example", "Maker of the record system");
      assert.match(await page.textContent("#address-error"), /told already/);
      await page.click(".bb-choices li:has-text('it@') button");
      await page.click("main .bb-back a");
      assert.match(await page.textContent("main"), /help@vendor\.example/);
      assert.doesNotMatch(await page.textContent("main"), /it@littlecreek\.example/);
      await check(page, `organization-contacts-${database}`);
      await page.goto(`${registry.url}/audit`);
      assert.match(await page.textContent("main"), /added a contact for notices as it_contacts/);
      const analyst = await open("registry_analyst");
      await analyst.goto(`${registry.url}/organizations/${organization}`);
      assert.equal(await analyst.locator("a[href$='/contacts']").count(), 0);
      assert.equal((await analyst.goto(`${registry.url}/organizations/${organization}/contacts`)).status(), 403);
      await Promise.all([page.context().close(), analyst.context().close()]);
    });

    test("maintenance is planned by keyboard alone, with everything twice as large", async () => {
      const page = await open("maintenance_operator");
      await page.setViewportSize({ width: 640, height: 450 });
      await page.goto(`${registry.url}/maintenance-windows/new`);
      const focused = () => page.evaluate(() => document.activeElement?.id ?? "");
      const reach = async (id) => {
        for (let presses = 0; (await focused()) !== id && presses < 60; presses++) await page.keyboard.press("Tab");
        assert.equal(await focused(), id);
      };
      const answers = { starts: "2037-05-30 19:00", ends: "2037-05-31 05:00", reason: "another disk", performed_by: "the office" };
      for (const [id, text] of Object.entries(answers)) {
        await reach(id);
        await page.keyboard.type(text);
      }
      await page.keyboard.press("Enter");
      await page.waitForURL(/done=window_planned/);
      await check(page, `window-large-${database}`);
      await page.context().close();
    });

    // On one database as on a desk, on the other as on a phone of 360 pixels and in Spanish: the pages are the same.
    test("the office's pages hold for everybody", async () => {
      const page = await open();
      await signIn(page, registry, "registry_administrator");
      if (database === "postgres") {
        await page.setViewportSize({ width: 360, height: 740 });
        await page.goto(`${registry.url}/language/es?back=/account`);
        assert.equal(await page.getAttribute("html", "lang"), "es");
      }
      for (const path of LOOKED_AT.filter((path) => !["/find", "/workbench"].includes(path))) {
        await page.goto(registry.url + path);
        await check(page, `office${path.replaceAll("/", "-")}-${database}`);
      }
      await page.context().close();
    });

    test("of many organizations one is written by a part of its name", async () => {
      const page = await open("registry_administrator");
      const sites = `${registry.url}/organizations/BCHD1000/sites`;
      await page.goto(sites);
      const token = await page.inputValue("main input[name=form_token]");
      for (let number = 1; number <= 101; number++) {
        const form = { form_token: token, name: `Outpost ${number}`, code: `OUT${1000 + number}` };
        assert.equal((await page.request.post(sites, { form, maxRedirects: 0 })).status(), 303);
      }
      const texts = (selector) => page.locator(selector).allInnerTexts();
      await page.goto(`${registry.url}/organizations`);
      const first = await texts("main tbody th a");
      assert.equal(first.length, 100);
      await page.click("main a[rel=next]");
      const rest = await texts("main tbody th a");
      assert.ok(rest.length > 1 && !rest.some((name) => first.includes(name)), "the list goes on where it ended");
      assert.equal([...first, ...rest].filter((name) => name.startsWith("Outpost ")).length, 101);

      await page.goto(`${registry.url}/audit`);
      await page.fill("input#organization", "post 5");
      await page.press("input#organization", "Enter");
      assert.match(await page.textContent("#organization-error"), /Several organizations fit/);
      await check(page, `organization-choice-${database}`);
      assert.equal((await texts("select#organization option")).length, 11, "5, and 50 to 59");
      await page.selectOption("select#organization", "OUT1055");
      await page.click("main form.bb-filter button");
      assert.equal(await page.inputValue("input#organization"), "OUT1055");

      const { user } = registry.users.find((known) => known.role === "registry_administrator");
      await page.goto(`${registry.url}/audit`);
      await page.fill("#user", user.toUpperCase());
      await page.click("main form.bb-filter button");
      const notes = await texts("main tbody td:nth-of-type(1) .bb-note");
      assert.ok(notes.length > 0 && notes.every((note) => note === user), `what one account did, and nothing else: ${notes}`);
      await page.fill("#user", "nobody-at-all");
      await page.click("main form.bb-filter button");
      assert.match(await page.textContent("main"), /Nothing of this organization fits/);
      assert.equal(await page.locator("#user-error").count(), 0, "it does not say which user names there are");
      await page.fill("#user", "");
      for (const [part, number] of [["", "1"], ["-day", "2"], ["-year", "2001"]]) await page.fill(`#until${part}`, number);
      await page.click("main form.bb-filter button");
      assert.match(await page.textContent("main"), /Nothing of this organization fits/);
      await check(page, `audit-narrowed-${database}`);

      await page.goto(`${registry.url}/accounts/new`);
      await page.fill("input#organization", "nowhere");
      for (const [name, text] of [["first_name", "Olga"], ["last_name", "Ochoa"], ["email", "olga@outpost.example"]]) await page.fill(`#${name}`, text);
      await page.click("label[for=role-view_only]");
      await page.click("main form button");
      assert.match(await page.textContent("#errors"), /No organization/);
      await page.fill("input#organization", "outpost 77");
      await page.click("main form button");
      const [username] = await texts("dd");
      await page.goto(`${registry.url}/accounts`);
      await page.fill("#text", "OLGA@");
      await page.selectOption("#kind", "web_user");
      await page.click("main form.bb-filter button");
      assert.deepEqual(await texts("main tbody th"), [`Olga Ochoa\n${username}`]);
      assert.match(await page.textContent("main tbody"), /Outpost 77/);
      await check(page, `accounts-found-${database}`);
      await page.context().close();
    });

    test("a mail address is corrected, an organization is stopped when it is said twice, and never the office", async () => {
      const page = await open("registry_administrator");
      const { user } = registry.users.find((known) => known.role === "school_nurse");
      await page.goto(`${registry.url}/accounts/of/${user}`);
      await page.fill("#email", "nobody@@nowhere");
      await page.click("form[action$='/contact'] button");
      assert.match(await page.textContent("#email-error"), /e-mail address/);
      assert.equal(await page.inputValue("#email"), "nobody@@nowhere", "what was written is there to be mended");
      await check(page, `account-address-${database}`);
      await page.fill("#email", "new.address@school.example");
      await page.click("form[action$='/contact'] button");
      assert.match(await page.textContent("main dl"), /new\.address@school\.example/);

      const [program] = registry.programs;
      const state = () => page.locator("main dl").first().textContent();
      await page.goto(`${registry.url}/organizations/${program.organization}`);
      await page.click("form[action$='/state'] button");
      await check(page, `organization-stop-${database}`);
      assert.match(await page.textContent("h1"), /^Stop .+\?$/);
      await page.goto(`${registry.url}/organizations/${program.organization}`);
      assert.match(await state(), /Active/, "asked, and not done");
      await page.click("form[action$='/state'] button");
      await page.click("main button[name=confirmed]");
      assert.match(await state(), /Stopped/);
      await page.click("form[action$='/state'] button");
      assert.match(await state(), /Active/);

      const { organization: office } = registry.users.find((known) => known.role === "registry_administrator");
      await page.goto(`${registry.url}/organizations/${office}`);
      assert.equal(await page.locator("form[action$='/state']").count(), 0, "nobody stops the office from a page");
      const token = await page.inputValue("input[name=form_token] >> nth=0");
      const form = { form_token: token, state: "stopped", confirmed: "yes" };
      const answer = await page.request.post(`${registry.url}/organizations/${office}/state`, { form, maxRedirects: 0 });
      assert.equal(answer.status(), 403);
      await page.goto(`${registry.url}/organizations/${office}`);
      assert.match(await state(), /Active/);
      await page.context().close();
    });
  });
}
