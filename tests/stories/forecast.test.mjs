// What the pages say of what is due, of what speaks against a vaccine, and of conditions, in a real browser.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { check, startBrowser } from "./browser.mjs";
import { choose, fillDate } from "./pages.mjs";
import { signIn, startRegistry } from "./registry.mjs";

describe("forecasts", { timeout: 600_000 }, () => {
  let registry, browser, page;

  before(async () => {
    [registry, browser] = await Promise.all([startRegistry("sqlite"), startBrowser()]);
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
    for (const [language, warned] of [["en", /speaks against this vaccine. Contraindicated: Pregnant/], ["es", /desaconseja esta vacuna. Contraindicada/]]) {
      await page.goto(`${registry.url}/language/${language}?back=${new URL(record).pathname}/doses/new`);
      assert.match(await page.innerText(".usa-alert--warning"), /Pregnant/, "the form says it, too");
      const value = await page.$eval("#vaccine_0", (select) => [...select.options].find((it) => it.text.includes("M-M-R II")).value);
      await page.selectOption("#vaccine_0", value);
      await page.click("button[name=check]");
      assert.match(await page.innerText(".bb-checked .usa-alert--warning"), warned);
      await check(page, `forecast-check-${language}`);
      assert.equal(await page.locator("button[name=save]").count(), 1, "nothing is blocked");
    }
    await page.goto(`${registry.url}/language/es?back=${new URL(record).pathname}`);
    await check(page, "forecast-pregnant-es");
    await page.goto(`${registry.url}/language/en?back=/find`);
  });

  test("what lies decades back is recommended now, and what is a decision is called one", async () => {
    const record = await add("Otto", ["3", "30", "1960"], "M");
    const due = await page.innerText("section[aria-labelledby=forecast]");
    assert.match(await page.innerText(".bb-forecast__section--decision"), /HepB[^]*May be given/);
    assert.ok(!/19\d\d/.test(due.replace(/Why\?[^]*?(?=\n\n|$)/g, "")), due);
    await check(page, "forecast-65");
    await page.goto(`${record}/facts/new?kind=indication`);
    const offered = await page.innerText("#fact");
    assert.ok(offered.includes("Health care personnel") && !offered.includes("Pregnant"), offered);
    await check(page, "forecast-conditions-65");
    await add("Mina", ["4", "24", "2004"], "F");
    assert.match(await page.innerText(".bb-forecast__section--decision"), /Meningococcal B/);
    await check(page, "forecast-17");
  });
});
