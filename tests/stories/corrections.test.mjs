// What a nurse chooses, checks and corrects: vaccines are found by what is on the box, nothing that was chosen is hidden before it
// is saved, and nobody's correction is lost without a word.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { check } from "./browser.mjs";
import { sendMessage } from "./messages.mjs";
import { addChild, choose, fillDate, signedIn, startBoth } from "./pages.mjs";

describe("corrections", { timeout: 600_000 }, () => {
  let registry, browser, clinician;

  before(async () => {
    [registry, browser] = await startBoth("sqlite");
    clinician = await signedIn(browser, registry, "full_access_clinician");
  });

  after(async () => {
    await browser?.close();
    await registry?.close();
  });

  async function open() {
    const context = await browser.newContext({ storageState: clinician, locale: "en-US" });
    return context.newPage();
  }

  const save = (page) => page.click(".bb-form button[type=submit]");

  /** What the clinic's own system holds of a girl. */
  function held(program, street, control) {
    return [
      `MSH|^~\\&|EHR|${program.facility}|||20260301120000-0600||VXU^V04^VXU_V04|${control}|P|2.5.1|||ER|AL|||||Z22^CDCPHINVS`,
      `PID|1||own-1^^^${program.facility}^MR||Xocotepec^Mayra^^^^^L|Sol^Luz|20200106|F||2106-3^White^CDCREC|` +
        `${street}^^Austin^TX^78701^USA^H||^PRN^PH^^^512^5550100`,
      "PD1|||||||||||02^Reminder^HL70215|TXY|20260101",
      "NK1|1|Sol^Luz^^^^^L|MTH^Mother^HL70063",
    ].join("\r");
  }

  /** The account of the clinic's own system. */
  function ownProgram() {
    const organization = registry.users.find((user) => user.role === "full_access_clinician").organization;
    return registry.programs.find((known) => known.organization === organization);
  }

  /** The girl's record, found by her name. */
  async function openHeld() {
    const page = await open();
    await page.goto(`${registry.url}/find`);
    await page.fill("#family", "Xocotepec");
    await page.click("form[action='/find'] button");
    await page.click(".bb-found h3 a");
    return page;
  }

  test("a correction on a page is said to be due in the clinic's system, too, and what that replaces is told on both sides", async () => {
    const program = ownProgram();
    assert.match(await sendMessage(registry, program, held(program, "1 Main St", "own-1")), /MSA\|A[AE]\|/);
    const page = await openHeld();
    const record = page.url();
    const move = async () => {
      await page.goto(`${record}/details`);
      await page.fill("#street", "77 Pecan Street");
      await save(page);
    };
    await move();
    assert.match(await page.innerText(".bb-done"), /Make them in your own system, too/);
    await check(page, "corrected");
    const again = await sendMessage(registry, program, held(program, "1 Main St", "own-2"));
    assert.match(again, /PID\^1\^11/);
    assert.match(again, /IEE-252/);
    assert.doesNotMatch(again, /Pecan/);
    await page.goto(record);
    assert.match(await page.textContent(".bb-person"), /1 Main St/);
    assert.match(await page.innerText(".bb-alert"), /Replaced by your own system: on .* page: address\./);
    await page.click(".bb-more summary");
    assert.match(await page.innerText(".bb-more tbody"), /its own system replaced what its people had corrected on a page: address/);
    await check(page, "replaced");
    await page.goto(`${registry.url}/language/es?back=${new URL(record).pathname}`);
    assert.match(await page.innerText(".bb-alert"), /Reemplazado por su propio sistema[^]*dirección\./);
    await page.goto(`${registry.url}/language/en?back=${new URL(record).pathname}/details`);
    await save(page);
    assert.equal(await page.locator(".bb-alert", { hasText: "Replaced" }).count(), 0, "who saves the page has seen it");
    await page.context().close();
    const administrator = await browser.newContext({
      storageState: await signedIn(browser, registry, registry.users.find((user) =>
        user.role === "organization_administrator" && user.organization === program.organization)),
      locale: "en-US",
    });
    const audit = await administrator.newPage();
    await audit.goto(`${registry.url}/audit`);
    const lines = await audit.innerText("main tbody");
    assert.match(lines, /Changed a record\s*Found by the same [^]*?\. Replaced what had been corrected on a page: address\./);
    assert.match(lines, /Changed a record\s*Entered on the person's page\./);
    await check(audit, "audit-in-words");
    await audit.goto(`${registry.url}/audit?user=${program.user}`);
    await audit.click(".bb-header__tools a[hreflang=es]");
    assert.match(audit.url(), /\/audit\?user=/, "the language changes, and not what is looked for");
    assert.match(await audit.innerText("main tbody"), /Se encontró por coincidir/);
    await administrator.close();
  });

  test("who adds a name's accent says what the name until now was, and is asked nothing when they do not touch it", async () => {
    const page = await open();
    const record = await addChild(page, registry, "Tamazula", "Rocio");
    await page.goto(`${record}/details`);
    await page.fill("#phone", "512-555-0177");
    await save(page);
    assert.match(page.url(), /done=details_saved/);
    await page.goto(`${record}/details`);
    await page.fill("#given", "Rocío");
    await save(page);
    assert.match(await page.innerText("#errors"), /what the name until now was/);
    await check(page, "former-name-asked");
    await choose(page, "input[name=former_was][value=mistake]");
    await save(page);
    assert.match(page.url(), /done=details_saved/);
    await page.context().close();
  });

  test("a vaccine is found by words of its brand, and all that was chosen is shown before it is saved", async () => {
    const page = await open();
    const record = await addChild(page, registry, "Tonalixco", "Perla");
    await page.goto(`${record}/doses/new`);
    await check(page, "chooser");
    const all = await page.locator("#vaccine_0 option").count();
    await page.fill("#vaccine_0-narrow", "135 fluzone");
    const left = await page.locator("#vaccine_0 option").allTextContents();
    assert.ok(left.includes("Fluzone High Dose – Influenza, high dose, trivalent, PF (CVX 135)"), left.join());
    assert.ok(left.length <= 3, `the first line, what is chosen, and what fits: ${left.join()}`);
    await page.fill("#vaccine_0-narrow", "");
    assert.equal(await page.locator("#vaccine_0 option").count(), all, "nothing is lost of the list");
    await page.fill("#vaccine_0-narrow", "vaqta ped");
    await page.selectOption("#vaccine_0", { label: "VAQTA – Hep A, ped/adol, 2 dose (CVX 83)" });
    await page.fill("#vaccine_0-narrow", "engerix");
    assert.match(await page.inputValue("#vaccine_0"), /^83:MSD:/, "what is chosen stays chosen");
    await page.press("#vaccine_0-narrow", "Enter");
    assert.match(page.url(), /doses\/new/, "Enter does not send the form");
    await page.click("button[name=check]");
    const checked = () => page.innerText(".bb-checked");
    assert.match(await checked(), /VAQTA – Hep A, ped\/adol, 2 dose \(CVX 83\)/);
    assert.match(await checked(), /Manufacturer\s*Merck/);
    assert.match(await checked(), /Not filled in: Lot number, Lot expires on, Amount in mL, Route, Body site, Given by, Vaccine information statement/);
    assert.doesNotMatch(await checked(), /Not filled in: [^.]*Manufacturer/);
    await check(page, "check-missing");
    await page.click("button[name=change]");
    await page.fill("#lot_0", "ab12");
    await fillDate(page, "expires_0", ["6", "30", "2099"]);
    await page.fill("#amount_0", "0.5");
    await page.selectOption("#route_0", "C28161");
    await page.selectOption("#body_site_0", "LT");
    await page.selectOption("#eligibility_0", "V01");
    await page.fill("#vaccinator_family", "Flores");
    await choose(page, "#vis");
    await page.click("button[name=check]");
    assert.match(await checked(), /Lot number\s*AB12[^]*Route\s*Intramuscular[^]*Body site\s*Left Thigh[^]*Eligibility[^]*Vaccine information statement/);
    assert.doesNotMatch(await checked(), /Not filled in/);
    await check(page, "check-whole");
    await page.click("button[name=save]");
    assert.match(page.url(), /\/saved\//);
    await page.goto(`${record}/doses/new?kind=historical`);
    await page.click(".bb-header__tools a[hreflang=es]");
    assert.match(page.url(), /kind=historical/);
    assert.match(await page.innerText("h1"), /otro lugar|otra parte/);
    await page.goto(`${registry.url}/language/en?back=/find`);
    await page.context().close();
  });

  test("the brand that was chosen stands on the record and in the printed history, and is corrected like all else", async () => {
    const page = await open();
    const record = await addChild(page, registry, "Ocotlan", "Nieve");
    const shown = async () => {
      await page.goto(record);
      return page.innerText(".bb-history--doses tbody");
    };
    await page.goto(`${record}/doses/new`);
    await page.selectOption("#vaccine_0", "113:PMC:TENIVAC");
    await page.click("button[name=check]");
    await page.click("button[name=save]");
    assert.match(await shown(), /TENIVAC · sanofi/i, "one maker has several products of this vaccine");
    await page.goto(`${record}/history`);
    assert.match(await page.innerText("main table"), /TENIVAC · sanofi/i);
    await page.goto(record);
    await page.click(".bb-history--doses a[href*='/doses/']");
    assert.equal(await page.inputValue("#vaccine_0"), "113:PMC:TENIVAC");
    await page.selectOption("#vaccine_0", "113:PMC:DECAVAC");
    await page.click("button[name=check]");
    await page.click("button[name=save]");
    assert.match(await shown(), /DECAVAC · sanofi/i);
    await page.context().close();
  });

  test("a dose that a system reported with its package is corrected to another product, and the package goes", async () => {
    const program = ownProgram();
    const dose = ["ORC|RE||own-pack^EHR", "RXA|0|1|20250401||115^Tdap^CVX^49281-0400-10^Adacel^NDC|0.5|mL^^UCUM||00^New^NIP001||||||||PMC^sanofi^MVX|||CP|A"];
    const message = [held(program, "1 Main St", "own-pack"), ...dose].join("\r");
    assert.match(await sendMessage(registry, program, message), /MSA\|A[AE]\|/);
    const page = await openHeld();
    const record = page.url();
    assert.match(await page.innerText(".bb-history--doses tbody"), /Adacel · sanofi/i);
    await page.click(".bb-history--doses a[href*='/doses/']");
    assert.match(await page.inputValue("#vaccine_0"), /^115:PMC:adacel$/i);
    await page.selectOption("#vaccine_0", { label: "BOOSTRIX – Tdap (CVX 115)" });
    await page.click("button[name=check]");
    await page.click("button[name=save]");
    await page.goto(record);
    const shown = await page.innerText(".bb-history--doses tbody");
    assert.match(shown, /Boostrix · GlaxoSmithKline/i);
    assert.doesNotMatch(shown, /Adacel/i);
    await page.context().close();
  });

  test("a vaccine is found by the disease, and on Spanish pages by its Spanish name", async () => {
    const page = await open();
    const record = await addChild(page, registry, "Tepalcate", "Luz");
    const found = async (words) => {
      await page.fill("#vaccine_0-narrow", words);
      return (await page.locator("#vaccine_0 option").allTextContents()).join("\n");
    };
    await page.goto(`${record}/doses/new`);
    for (const [words, brand] of [["measles", /M-M-R/i], ["chickenpox", /varivax/i], ["whooping cough", /infanrix/i], ["hepatitis b", /engerix/i], ["polio", /pediarix/i]]) {
      assert.match(await found(words), brand, words);
    }
    await page.goto(`${registry.url}/language/es?back=${new URL(record).pathname}/doses/new`);
    for (const [words, brand] of [["sarampión", /M-M-R/i], ["tos ferina", /infanrix/i], ["measles", /M-M-R/i]]) {
      assert.match(await found(words), brand, words);
    }
    await page.goto(record);
    assert.match(await page.innerText(".bb-forecast"), /Sarampión, paperas y rubéola/);
    assert.doesNotMatch(await page.innerText(".bb-forecast"), /Pneumococcal|HepB/);
    await check(page, "person-es");
    await page.goto(`${registry.url}/language/en?back=/find`);
    await page.context().close();
  });

  test("several vaccines that are due are ticked, and each has its row, with what stayed the same since the last time", async () => {
    const page = await open();
    const first = await addChild(page, registry, "Zacatepec", "Ana");
    const rows = () => page.$$eval(".bb-dose > legend", (legends) => legends.map((legend) => legend.textContent.trim()));
    await page.goto(`${first}/doses/new`);
    await check(page, "several-asked");
    assert.ok(await page.isVisible(".bb-several label:text('Influenza')"), "given all year round in its season, whatever the schedule knows");
    const offered = await page.$$eval(".bb-several input", (boxes) => boxes.map((box) => box.value));
    assert.ok(["DTaP/Tdap/Td", "HepA", "MMR", "Varicella"].every((group) => offered.includes(group)), offered.join());
    for (const group of ["MMR", "Varicella"]) await choose(page, `input[name=group][value="${group}"]`);
    await page.click(".bb-several button");
    assert.deepEqual(await rows(), ["Vaccine 1: MMR", "Vaccine 2: Varicella"]);
    assert.equal(await page.locator(".bb-several").count(), 0, "asked once");
    await check(page, "several");
    await page.selectOption("#vaccine_0", "03:MSD:M-M-R II");
    await page.fill("#lot_0", "mmr7");
    await page.selectOption("#vaccine_1", "21:MSD:VARIVAX");
    await page.fill("#lot_1", "var9");
    await page.click("button[name=check]");
    assert.match(await page.innerText("main"), /MMR7[^]*VAR9/);
    await page.click("button[name=save]");
    const second = await addChild(page, registry, "Tlaxiaco", "Beatriz");
    await page.goto(`${second}/doses/new?group=Varicella&group=MMR&group=DTaP%2FTdap%2FTd`);
    assert.deepEqual(await rows(), ["Vaccine 1: Varicella", "Vaccine 2: MMR", "Vaccine 3: DTaP/Tdap/Td"]);
    assert.deepEqual(await Promise.all([0, 1].map((row) => page.inputValue(`#lot_${row}`))), ["VAR9", "MMR7"].map((lot) => lot.toLowerCase()));
    await page.selectOption("#vaccine_2", "");
    await page.click("button[name=check]");
    assert.equal(await page.locator(".bb-checked").count(), 2);
    assert.match(await page.innerText("main"), /Left out, as no vaccine is chosen: Vaccine 3: DTaP\/Tdap\/Td\./);
    await check(page, "several-left-out");
    await page.click("button[name=save]");
    // A combination stands there once, for all that it holds.
    const third = await addChild(page, registry, "Huixtla", "Celia");
    await page.goto(`${third}/doses/new?group=MMR`);
    await page.selectOption("#vaccine_0", "94:MSD:ProQuad");
    await page.click("button[name=check]");
    await page.click("button[name=save]");
    const fourth = await addChild(page, registry, "Comitan", "Dora");
    await page.goto(`${fourth}/doses/new?group=MMR&group=Varicella`);
    assert.deepEqual(await rows(), ["Vaccine: MMR"]);
    assert.match(await page.inputValue("#vaccine_0"), /^94:MSD:/);
    await page.context().close();
  });

  test("an allergy to a vaccine says on the record to which", async () => {
    const program = ownProgram();
    const allergies = [["03", "MMR"], ["08", "Hep B"]].flatMap(([cvx, name], place) => [
      `OBX|${2 * place + 1}|CE|30945-0^Contraindication^LN|${place + 1}|VXC20^allergy to this vaccine^CDCPHINVS||||||F|||20250401`,
      `OBX|${2 * place + 2}|CE|30956-7^Vaccine type^LN|${place + 1}|${cvx}^${name}^CVX||||||F`,
    ]);
    const group = ["ORC|RE||9999^EHR", "RXA|0|1|20250401||998^No vaccine^CVX|999||||||||||||||NA|A", ...allergies];
    const message = [held(program, "1 Main St", "own-allergies"), ...group].join("\r");
    assert.match(await sendMessage(registry, program, message), /MSA\|A[AE]\|/);
    const page = await openHeld();
    const told = await page.innerText("main");
    assert.match(told, /allergy to this vaccine[^\n]*: MMR \(03\)/i);
    assert.match(told, /allergy to this vaccine[^\n]*: Hep B[^\n]*\(08\)/i);
    await page.context().close();
  });

  test("what was searched for stands in no address, also not in that of the other language", async () => {
    const page = await open();
    await page.goto(`${registry.url}/find`);
    await page.fill("#family", "Xocotepec");
    await page.click("form[action='/find'] button");
    assert.doesNotMatch(await page.getAttribute(".bb-header__tools a[hreflang=es]", "href"), /Xocotepec/i);
    assert.doesNotMatch(page.url(), /Xocotepec/i);
    await page.context().close();
  });
});
