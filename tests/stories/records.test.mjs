// What a nurse enters about a person and must be able to trust: it is saved whole or told at its field, what was wrong can be
// taken back, and nothing of a record stays behind.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { check } from "./browser.mjs";
import { addChild, choose, fillDate, signedIn, startBoth, wrongFields } from "./pages.mjs";

describe("records", { timeout: 600_000 }, () => {
  let registry, browser, clinician;

  before(async () => {
    [registry, browser] = await startBoth("sqlite");
    clinician = await signedIn(browser, registry, "full_access_clinician");
  });

  after(async () => {
    await browser?.close();
    await registry?.close();
  });

  async function open(storageState = clinician) {
    const context = await browser.newContext({ storageState, locale: "en-US" });
    return context.newPage();
  }

  const save = (page) => page.click(".bb-form button[type=submit]");

  const BEFORE_BIRTH = ["7", "1", "2024"];
  /** A day ahead, wherever one is; by the registry's clocks in Texas it may be two. */
  const tomorrow = new Date(Date.now() + 86_400_000);
  const AHEAD = [tomorrow.getUTCMonth() + 1, tomorrow.getUTCDate(), tomorrow.getUTCFullYear()].map(String);

  test("what cannot be true is told at its field, and never said to be saved", async () => {
    const page = await open();
    const record = await addChild(page, registry, "Quimixto", "Alma");
    for (const [kind, field, day] of [
      ["contraindication", "since", BEFORE_BIRTH],
      ["contraindication", "since", AHEAD],
      ["contraindication", "until", BEFORE_BIRTH],
      ["immunity", "since", AHEAD],
      ["indication", "since", BEFORE_BIRTH],
    ]) {
      await page.goto(`${record}/facts/new?kind=${kind}`);
      await page.selectOption("#fact", { index: 1 });
      await fillDate(page, field, day);
      await save(page);
      assert.deepEqual(await wrongFields(page), [`#${field}`], `${kind} ${day}`);
      assert.equal(await page.inputValue(`#${field}-year`), day[2], "nothing that was filled in is lost");
    }
    await check(page, "fact-refused");
    await page.goto(`${record}/refusals/new`);
    await page.selectOption("#vaccine", { label: "HepB" });
    await choose(page, "#reason-03");
    for (const day of [BEFORE_BIRTH, AHEAD]) {
      await fillDate(page, "refused", day);
      await save(page);
      assert.deepEqual(await wrongFields(page), ["#refused"], String(day));
    }
    for (const day of [BEFORE_BIRTH, AHEAD]) {
      await page.goto(`${record}/status`);
      await choose(page, "input[name=status][value=P]");
      await fillDate(page, "death", day);
      await save(page);
      assert.deepEqual(await wrongFields(page), ["#death"], String(day));
    }
    await page.goto(record);
    assert.match(await page.innerText("#facts + *"), /Nothing is recorded/);
    assert.doesNotMatch(await page.innerText("main"), /Deceased/);
    await page.context().close();
  });

  test("what is wrong with somebody new is said at its field", async () => {
    const page = await open();
    await page.goto(`${registry.url}/find`);
    await page.fill("#family", "Xalapena");
    await page.fill("#given", "Luna");
    await page.click("form[action='/find'] button");
    await page.click(".bb-add button");
    await fillDate(page, "birth", ["8", "3", "2024"]);
    await page.selectOption("#sex", "F");
    await page.fill("#city", "Austin");
    await page.fill("#state", "Texas");
    await page.fill("#zip", "7870");
    await page.fill("#phone", "555-0177");
    await page.fill("#kin_given", "Sol");
    await page.selectOption("#kin_relation_2", "GRP");
    await choose(page, "input[name=consent][value=minor]");
    await fillDate(page, "signed", AHEAD);
    await choose(page, "#affirmed");
    await page.click("button[name=check]");
    assert.deepEqual(await wrongFields(page), ["#zip", "#phone", "#kin_relation", "#kin_given_2"]);
    const consents = await page.$$eval("input[name=consent]", (inputs) => inputs.map((input) => input.value));
    assert.deepEqual(consents, ["minor", "first_responder_family_minor", "disaster"], "what is usual stands first");
    await page.fill("#zip", "78701");
    await page.fill("#phone", "512-555-0177");
    await page.selectOption("#kin_relation", "GRD");
    await page.selectOption("#kin_relation_2", "");
    await page.click("button[name=check]");
    assert.deepEqual(await wrongFields(page), ["#signed"], "a consent of a day to come");
    await fillDate(page, "signed", ["9", "2", "2024"]);
    await page.click("button[name=check]");
    assert.match(page.url(), /done=person_added/);
    assert.match(await page.textContent(".bb-person"), /Austin, TX 78701[\s\S]*Sol/);
    await page.context().close();
  });

  test("a note that is too long is not cut without a word", async () => {
    const page = await open();
    const record = await addChild(page, registry, "Zapotitlan", "Brisa");
    await page.goto(`${record}/facts/new?kind=note`);
    const long = "Prefers mornings. ".repeat(40);
    await page.fill("#note", long);
    await save(page);
    assert.deepEqual(await wrongFields(page), ["#note"]);
    assert.match(await page.innerText("#errors"), /719 letters, and 500/);
    assert.equal((await page.inputValue("#note")).trim(), long.trim(), "all of it is there to be shortened");
    await check(page, "note-too-long");
    await page.fill("#note", `${"x".repeat(249)}\n${"y".repeat(250)}`);
    await save(page);
    assert.match(page.url(), /done=note_saved/);
    await page.context().close();
  });

  test("a death is asked about once more, names its source and is taken back", async () => {
    const page = await open();
    const record = await addChild(page, registry, "Huitzil", "Celia");
    await page.goto(`${record}/status`);
    await fillDate(page, "death", ["1", "5", "2025"]);
    await save(page);
    assert.deepEqual(await wrongFields(page), ["#death"], "active, and died");
    await choose(page, "input[name=status][value=P]");
    await save(page);
    assert.match(await page.innerText("main"), /Record that Celia Huitzil died on 01\/05\/2025\?/);
    await check(page, "death-asked");
    await page.click("button[name=change]");
    assert.equal(await page.inputValue("#death-year"), "2025");
    await save(page);
    await page.click("button[name=confirmed]");
    assert.match(page.url(), /done=death_saved/);
    const told = await page.innerText(".bb-alert:has-text('Deceased')");
    assert.match(told, /Deceased: 01\/05\/2025\. Reported by .+ on /);
    await check(page, "deceased");
    assert.match(await page.textContent("details.bb-more tbody"), /Deceased 01\/05\/2025/, "its source");
    await page.goto(`${record}/doses/new?kind=historical`);
    await page.selectOption("#vaccine_0", "10");
    await fillDate(page, "given_0", ["2", "5", "2025"]);
    await page.click("button[name=check]");
    assert.match(await page.innerText(".bb-checked"), /later than the person's death/);
    await isNoMatterOfSchools(record);
    await page.goto(`${record}/status`);
    assert.match(await page.innerText(".bb-alert"), /can take it back/);
    await check(page, "status-of-deceased");
    await choose(page, "input[name=status][value=A]");
    for (const part of ["", "-day", "-year"]) await page.fill(`#death${part}`, "");
    await save(page);
    assert.match(await page.innerText("main"), /Take back that Celia Huitzil has died\?/);
    await check(page, "death-taken-back-asked");
    await page.click("button[name=confirmed]");
    assert.match(page.url(), /done=death_taken_back/);
    assert.equal(await page.locator(".bb-alert:has-text('Deceased')").count(), 0);
    await page.goto(`${record}/status`);
    await choose(page, "input[name=status][value=P]");
    await save(page);
    await page.click("button[name=confirmed]");
    assert.match(await page.innerText(".bb-alert:has-text('Deceased')"), /Reported by/, "also without a day");
    await isTakenBackByTheOffice(record);
    await page.context().close();
  });

  /** A school nurse has a status for the child, and says nothing of death. */
  async function isNoMatterOfSchools(record) {
    const school = await open(await signedIn(browser, registry, "school_nurse"));
    await school.goto(`${record}/status`);
    assert.equal(await school.locator("input[name=status][value=P]").count(), 0);
    assert.equal(await school.locator("#death").count(), 0);
    assert.equal(await school.locator("input[name=status]:checked").count(), 0, "nobody is made a client by chance");
    await choose(school, "input[name=status][value=A]");
    await save(school);
    assert.match(school.url(), /done=death_stays/, "no page says that it is as it is not");
    await school.context().close();
  }

  async function isTakenBackByTheOffice(record) {
    const office = await open(await signedIn(browser, registry, "registry_analyst"));
    await office.goto(`${record}/status`);
    await choose(office, "input[name=status][value=U]");
    await save(office);
    await office.click("button[name=confirmed]");
    assert.match(office.url(), /done=death_taken_back/);
    assert.equal(await office.locator(".bb-alert:has-text('Deceased')").count(), 0);
    await office.goto(`${record}/status`);
    assert.equal(await office.inputValue("input[name=status]:checked"), "U", "the form shows what was said last");
    await office.context().close();
  }

  test("who does not treat, and whoever is handed the official record, reads no condition", async () => {
    const page = await open();
    const record = await addChild(page, registry, "Xilotl", "Paula");
    const said = [["contraindication", "56717001"], ["immunity", "38907003"], ["indication", "226034001"]];
    for (const [kind, code] of said) {
      await page.goto(`${record}/facts/new?kind=${kind}`);
      await page.selectOption("#fact", code);
      await save(page);
      assert.match(page.url(), /done=fact_saved/);
    }
    const facts = "section[aria-labelledby=facts], table:has(caption:text('Immunity and contraindications'))";
    const CONDITIONS = /Tuberculosis|Illicit|56717001|226034001/;
    for (const path of ["", "/history"]) {
      await page.goto(`${record}${path}`);
      assert.match(await page.innerText(facts), /Tuberculosis/, `who treats, ${path}`);
    }
    await page.goto(record);
    assert.match(await page.innerText(facts), /Illicit injection drug use/);
    const isWithoutConditions = async (reader, path) => {
      await reader.goto(`${record}${path}`);
      assert.doesNotMatch(await reader.content(), CONDITIONS, path);
      const told = await reader.innerText(facts);
      assert.match(told, /Contraindication[^\n]*MMR/, `${path} says which vaccine is contraindicated`);
      assert.match(told, /Immunity[^\n]*Varicella/, `${path} says the immunity`);
    };
    await isWithoutConditions(page, "/official-record");
    await page.context().close();
    for (const role of ["child_care_view", "school_nurse", "help_desk", "view_only"]) {
      const reader = await open(await signedIn(browser, registry, role));
      for (const path of ["", "/history", "/official-record"]) await isWithoutConditions(reader, path);
      assert.equal(await reader.locator("a[href*='kind=indication']").count(), 0, role);
      assert.equal((await reader.goto(`${record}/facts/new?kind=indication`)).ok(), false, role);
      await reader.context().close();
    }
  });

  test("a name that was entered wrongly is no other name, and a former one can be removed", async () => {
    const page = await open();
    const record = await addChild(page, registry, "Nopaltzinn", "Dalia");
    const rename = async (family, was, mark = []) => {
      await page.goto(`${record}/details`);
      await page.fill("#family", family);
      for (const name of mark) await page.click(`label:text-is("${name}")`);
      if (was) await choose(page, `input[name=former_was][value=${was}]`);
      await save(page);
      assert.match(page.url(), /done=details_saved/);
      return page.textContent(".bb-person");
    };
    assert.doesNotMatch(await rename("Nopaltzin", "mistake"), /Nopaltzinn/);
    assert.match(await rename("Nuño", "name"), /Other names[^]*Dalia Nopaltzin/, "a name that changed is another name");
    await page.goto(`${record}/details`);
    await check(page, "former-names");
    assert.doesNotMatch(await rename("Nuño", undefined, ["Dalia Nopaltzin"]), /Nopaltzin/);
    await page.context().close();
  });

  test("what is emptied is gone, and what others say of it is said to stay", async () => {
    const page = await open();
    const record = await addChild(page, registry, "Cuauhtli", "Elena");
    const change = async (page, answers) => {
      await page.goto(`${record}/details`);
      for (const [id, text] of Object.entries(answers)) await page.fill(`#${id}`, text);
      await save(page);
    };
    const reach = { street: "5 Pecan St", city: "Austin", state: "TX", zip: "78701", phone: "512-555-0177" };
    const nothing = Object.fromEntries(Object.keys(reach).map((id) => [id, ""]));
    await change(page, reach);
    assert.match(await page.textContent(".bb-person"), /5 Pecan St[^]*555-0177/);
    await change(page, nothing);
    assert.match(page.url(), /done=details_saved_system$/);
    assert.doesNotMatch(await page.textContent(".bb-person"), /Pecan|0177/);
    const office = await open(await signedIn(browser, registry, "registry_analyst"));
    await change(office, reach);
    await change(page, { ...nothing, phone: "512-555-0199" });
    await change(page, nothing);
    assert.match(page.url(), /done=details_saved_others/);
    assert.match(await page.textContent(".bb-person"), /5 Pecan St/);
    assert.match(await page.textContent("details.bb-more tbody"), /5 Pecan St[^]*\(512\) 555-0177/);
    await check(page, "details-saved-others");
    await office.context().close();
    await page.context().close();
  });

  test("a health fact is taken back after a question only", async () => {
    const page = await open();
    const record = await addChild(page, registry, "Ixtapa", "Flor");
    await page.goto(`${record}/facts/new?kind=indication`);
    await page.selectOption("#fact", { index: 1 });
    await save(page);
    await page.click("form[action$='/take-back'] button");
    assert.match(await page.innerText("h1"), /Take this back\?/);
    await check(page, "fact-taken-back-asked");
    await page.click("main a:has-text('Cancel')");
    assert.equal(await page.locator("form[action$='/take-back']").count(), 1);
    await page.click("form[action$='/take-back'] button");
    await page.click("button[name=confirmed]");
    assert.match(page.url(), /done=fact_taken_back/);
    assert.equal(await page.locator("form[action$='/take-back']").count(), 0);
    await page.context().close();
  });

  test("the lot of the last time is proposed, unless it has expired", async () => {
    const page = await open();
    const year = new Date().getFullYear();
    for (const [name, lot, expires, proposed] of [
      [["Zihuateutla", "Ana"], "GOOD1", year + 1, "GOOD1"],
      [["Atlatlahucan", "Renata"], "OLD1", year - 1, ""],
    ]) {
      const record = await addChild(page, registry, ...name);
      const form = `${record}/doses/new?group=HepB`;
      await page.goto(form);
      const vaccine = await page.getAttribute("#vaccine_0 option:text('HepB') >> nth=0", "value");
      await page.selectOption("#vaccine_0", vaccine);
      await page.fill("#lot_0", lot);
      await fillDate(page, "expires_0", ["1", "31", String(expires)]);
      await page.click("button[name=check]");
      await page.click("button[name=save]");
      await page.goto(form);
      assert.deepEqual([await page.inputValue("#vaccine_0"), await page.inputValue("#lot_0")], [vaccine, proposed]);
      assert.equal(await page.inputValue("#expires_0-year"), proposed && String(expires));
    }
    await page.context().close();
  });

  test("a dose that was undone in another tab does not come back without a word", async () => {
    const page = await open();
    const record = await addChild(page, registry, "Mezcalapa", "Gala");
    await page.goto(`${record}/doses/new?kind=historical`);
    await page.selectOption("#vaccine_0", "10");
    await fillDate(page, "given_0", ["2", "5", "2025"]);
    await page.click("button[name=check]");
    await page.click("button[name=save]");
    await page.goto(record);
    await page.click(".bb-history--doses a[href*='/doses/']");
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.click("form[action$='/undo'] button");
    assert.match(other.url(), /done=dose_undone/);
    await page.fill("#lot_0", "NEW1");
    await page.click("button[name=check]");
    assert.match(await page.innerText("main"), /was taken back\. If you save it, it stands in the record again/);
    await check(page, "dose-undone-meanwhile");
    await page.context().close();
  });

  test("a birth date corrected past a dose does not keep the dose from being undone, nor lets it be restored", async () => {
    const page = await open();
    const record = await addChild(page, registry, "Otatitlan", "Hilda");
    await page.goto(`${record}/doses/new?kind=historical`);
    await page.selectOption("#vaccine_0", "08");
    await fillDate(page, "given_0", ["8", "4", "2024"]);
    await page.click("button[name=check]");
    await page.click("button[name=save]");
    await page.goto(`${record}/details`);
    await page.fill("#birth-day", "9");
    await save(page);
    await page.click("button[name=confirmed]");
    await page.click(".bb-history--doses a[href*='/doses/']");
    await page.click("form[action$='/undo'] button");
    assert.match(page.url(), /done=dose_undone/);
    assert.equal(await page.locator(".bb-history--doses").count(), 0);
    await page.click("form[action$='/restore'] button");
    assert.deepEqual(await wrongFields(page), ["#given_0"], "it is not said to stand in the record");
    await check(page, "restore-refused");
    const language = new URL(await page.getAttribute(".bb-header__tools a[hreflang=es]", "href"), registry.url);
    assert.equal((await page.request.get(registry.url + language.searchParams.get("back"))).status(), 200, "a page that there is");
    await fillDate(page, "given_0", ["8", "10", "2024"]);
    await page.click("button[name=check]");
    await page.click("button[name=save]");
    await page.goto(record);
    assert.match(await page.innerText(".bb-history--doses"), /08\/10\/2024/, "its day is mended where it is refused");
    await page.context().close();
  });

  test("what does not go together is told before a dose is saved", async () => {
    const page = await open();
    const record = await addChild(page, registry, "Tepeyac", "Karla");
    await page.goto(`${record}/doses/new`);
    const adults = await page.locator("#vaccine_0 option", { hasText: /adult/i }).first().getAttribute("value");
    await page.selectOption("#vaccine_0", adults);
    await page.selectOption("#route_0", { label: "Oral" });
    await page.selectOption("#body_site_0", { label: "Left Deltoid" });
    await page.click("button[name=check]");
    const told = await page.innerText(".bb-checked");
    assert.match(told, /The route is not the one by which this vaccine is given/);
    assert.match(told, /The body site does not go with the route/);
    await check(page, "dose-doubts");
    assert.ok(await page.$("button[name=save]"), "it is doubtful, not impossible");
    await page.context().close();
  });

  test("a session that has ended leaves nothing on the screen, and signing in leads back", async () => {
    const page = await open();
    const record = await addChild(page, registry, "Papantla", "Ines");
    await page.clock.install();
    await page.goto(record);
    await page.route("**/session", (route) => route.fulfill({ contentType: "text/plain", body: "0" }));
    await page.clock.fastForward(14 * 60 * 1000);
    await page.waitForURL(/\/sign-in\?/);
    assert.doesNotMatch(await page.innerText("body"), /Papantla/);
    assert.match(await page.innerText("main"), /signed out/i);
    assert.equal(new URL(page.url()).searchParams.get("back"), new URL(record).pathname);
    await check(page, "signed-out");
    await page.context().close();
  });

  test("a box that warns goes when somebody stays signed in", async () => {
    const page = await open();
    await page.clock.install();
    await page.goto(`${registry.url}/find`);
    assert.ok(!(await page.isVisible("#session-box")), "what is hidden is not seen");
    let left = "100";
    await page.route("**/session", (route) => route.fulfill({ contentType: "text/plain", body: left }));
    await page.clock.fastForward(14 * 60 * 1000);
    await page.waitForSelector("#session-box", { state: "visible" });
    left = "900";
    await page.click("#session-box button");
    await page.waitForSelector("#session-box", { state: "hidden" });
    await page.context().close();
  });

  test("consent is taken back on a day, and the record is then said not to be shown", async () => {
    const page = await open();
    const record = await addChild(page, registry, "Yautepec", "Juana");
    const tab = await page.context().newPage();
    await tab.goto(record);
    await page.goto(`${record}/consent`);
    await page.click("form[action$='/withdraw'] button");
    assert.equal(await page.inputValue("#withdrawn-year"), String(new Date().getFullYear()));
    await fillDate(page, "withdrawn", AHEAD);
    await page.click("button[name=confirmed]");
    assert.deepEqual(await wrongFields(page), ["#withdrawn"]);
    await check(page, "withdrawal-refused");
    await fillDate(page, "withdrawn", ["9", "1", "2024"]);
    await page.click("button[name=confirmed]");
    assert.deepEqual(await wrongFields(page), ["#withdrawn"], "before it was given");
    await fillDate(page, "withdrawn", ["9", "3", "2024"]);
    await page.click("button[name=confirmed]");
    assert.match(page.url(), /done=consent_withdrawn/);
    const told = async (address) => {
      assert.equal((await tab.goto(address)).status(), 404);
      return tab.innerText("main");
    };
    const withdrawn = await told(record);
    assert.match(withdrawn, /no record is shown/);
    const nobody = `${registry.url}/people/${"0".repeat(32)}`;
    assert.equal(withdrawn, await told(nobody), "as of somebody who never was");
    assert.notEqual(withdrawn, await told(`${registry.url}/nowhere`));
    await page.context().close();
  });

  test("a search says what it cannot look for, and what nobody was found for", async () => {
    const page = await open();
    await page.goto(`${registry.url}/find`);
    await page.fill("#family", "Quimixto");
    await page.fill("#given", "x".repeat(300));
    await fillDate(page, "birth", AHEAD);
    await page.click("form[action='/find'] button");
    assert.deepEqual(await wrongFields(page), ["#birth", "#given"]);
    await page.goto(`${registry.url}/find`);
    await page.fill("#family", "Xyzzyx");
    await page.click("form[action='/find'] button");
    assert.doesNotMatch(await page.innerText(".bb-add"), /among them/);
    await page.context().close();
  });
});
