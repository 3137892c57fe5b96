// What the pages say of what is due, of what speaks against a vaccine, and of conditions, in a real browser.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { check } from "./browser.mjs";
import { addChild, choose, fillDate, startBoth } from "./pages.mjs";
import { signIn } from "./registry.mjs";

describe("forecasts", { timeout: 600_000 }, () => {
  let registry, browser, page;

  before(async () => {
    [registry, browser] = await startBoth("sqlite");
    page = await (await browser.newContext({ locale: "en-US" })).newPage();
    await signIn(page, registry, "full_access_clinician");
  });

  after(async () => {
    await browser?.close();
    await registry?.close();
  });

  /** Adds somebody of a birth date and sex; gives the address of the record. */
  async function add(given, birth, sex) {
    await page.goto(`${registry.url}/find`);
    await page.fill("#family", "Vorhees");
    await page.fill("#given", given);
    await fillDate(page, "birth", birth);
    await page.click("form[action='/find'] button");
    await page.click(".bb-add button");
    await page.selectOption("#sex", sex);
    await choose(page, "input[name=consent][value=adult]");
    await fillDate(page, "signed", ["1", "2", "2026"]);
    await choose(page, "#affirmed");
    await page.click("button[name=check]");
    assert.match(page.url(), /done=person_added/);
    return page.url().split("?")[0];
  }

  async function say(record, kind, label) {
    await page.goto(`${record}/facts/new?kind=${kind}`);
    await page.selectOption("#fact", { label });
    await page.click(".bb-form button");
    assert.match(page.url(), /done=fact_saved/);
  }

  test("a vaccine that a condition forbids is warned of before it is saved, in both languages", async () => {
    const record = await add("Nora", ["3", "10", "1995"], "F");
    await say(record, "indication", "Pregnant");
    await check(page, "forecast-pregnant");
    assert.match(await page.innerText(".usa-alert--warning"), /Contraindication: Pregnant/);
    const against = await page.innerText(".bb-forecast__section--contraindicated");
    assert.match(against, /MMR[^]*Varicella/);
    assert.ok(!(await page.innerText(".bb-forecast__section--complete")).includes("Contraindicated"));
    const told = [
      ["en", "Pregnant", /speaks against this vaccine. Contraindicated: Pregnant/],
      ["es", "Embarazada", /desaconseja esta vacuna. Contraindicada: Embarazada/],
    ];
    for (const [language, name, warned] of told) {
      await page.goto(`${registry.url}/language/${language}?back=${new URL(record).pathname}/doses/new`);
      assert.match(await page.innerText(".usa-alert--warning"), new RegExp(name), "the form says it, too");
      const value = await page.$eval("#vaccine_0", (select) => [...select.options].find((it) => it.text.includes("M-M-R II")).value);
      await page.selectOption("#vaccine_0", value);
      await page.click("button[name=check]");
      assert.match(await page.innerText(".bb-checked .usa-alert--warning"), warned);
      await check(page, `forecast-check-${language}`);
      assert.equal(await page.locator("button[name=save]").count(), 1, "nothing is blocked");
    }
    await page.goto(`${registry.url}/language/es?back=${new URL(record).pathname}`);
    assert.match(await page.innerText("#facts + *"), /Embarazada/);
    await check(page, "forecast-pregnant-es");
    await page.goto(`${record}/facts/new?kind=indication`);
    const names = await page.$$eval("#fact option", (options) => options.map((option) => [option.text, option.lang]));
    assert.deepEqual(names.find(([name]) => name === "Asma"), ["Asma", ""]);
    assert.deepEqual(names.find(([name]) => name === "Persons who frequently handle bats"), ["Persons who frequently handle bats", "en"]);
    await check(page, "forecast-conditions-es");
    await page.goto(`${registry.url}/language/en?back=/find`);
  });

  test("why something is not overdue any more is said where a dose that does not count moved CDC's dates", async () => {
    const record = await addChild(page, registry, "Vorhees", "Ines");
    assert.match(await page.innerText(".bb-forecast__section--overdue"), /Polio/);
    await page.goto(`${record}/doses/new`);
    const today = await Promise.all(["#given", "#given-day", "#given-year"].map((part) => page.inputValue(part)));
    await page.goto(`${record}/doses/new?kind=historical`);
    // Oral vaccine of today's kind protects against two of the three types.
    await page.selectOption("#vaccine_0", "178");
    await fillDate(page, "given_0", today);
    await page.click("button[name=check]");
    assert.match(await page.innerText(".bb-checked"), /would not count for Polio/);
    await page.click("button[name=save]");
    await page.goto(record);
    assert.doesNotMatch(await page.innerText(".bb-forecast__section--overdue"), /Polio/);
    const rows = page.locator(".bb-forecast__section--due li", { hasText: "Polio" });
    assert.match(await rows.innerText(), /The dose of \d\d\/\d\d\/\d{4} does not count\. CDC's dates begin anew/);
    await check(page, "forecast-begun-anew");
    assert.equal(await page.locator(".bb-forecast__list li", { hasText: "begin anew" }).count(), 1, "said of that alone");
    await page.goto(`${registry.url}/language/es?back=${new URL(record).pathname}`);
    assert.match(await rows.innerText(), /no cuenta\. Las fechas de los CDC empiezan de nuevo/);
    await page.goto(`${registry.url}/language/en?back=/find`);
  });

  test("what lies decades back is recommended now, and what is a decision is called one", async () => {
    const record = await add("Otto", ["3", "30", "1960"], "M");
    const due = await page.innerText("section[aria-labelledby=forecast]");
    assert.match(await page.innerText(".bb-forecast__section--decision"), /HepB[^]*May be given/);
    assert.ok(!/19\d\d/.test(due.replace(/Why\?[^]*?(?=\n\n|$)/g, "")), due);
    await check(page, "forecast-65");
    await page.goto(`${record}/history`);
    assert.match(await page.innerText("main"), /DTaP\/Tdap\/Td\s+Overdue\s+Now/, "the sheet says it, too");
    await page.goto(`${record}/facts/new?kind=indication`);
    const offered = await page.innerText("#fact");
    assert.ok(offered.includes("Health care personnel") && !offered.includes("Pregnant"), offered);
    await check(page, "forecast-conditions-65");
    await add("Mina", ["4", "24", "2004"], "F");
    assert.match(await page.innerText(".bb-forecast__section--decision"), /Meningococcal B/);
    await check(page, "forecast-17");
  });
});
