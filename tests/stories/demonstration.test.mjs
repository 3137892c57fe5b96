// A demonstration says that it is one: on every page, in both languages, and on every sheet that is printed of it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { check } from "./browser.mjs";
import { addChild, startBoth } from "./pages.mjs";
import { signIn } from "./registry.mjs";

describe("a demonstration", { timeout: 600_000 }, () => {
  let registry, browser, page, child;

  before(async () => {
    [registry, browser] = await startBoth("sqlite");
    page = await (await browser.newContext({ locale: "en-US" })).newPage();
    await signIn(page, registry, "full_access_clinician");
    child = await addChild(page, registry, "Probe", "Petra");
  });

  after(async () => {
    await browser?.close();
    await registry?.close();
  });

  const says = (reader, text) => assert.doesNotReject(reader.getByText(text).filter({ visible: true }).first().waitFor());

  for (const [locale, words] of [["en-US", "Everybody in it is made up."], ["es-MX", "Todas sus personas son inventadas."]]) {
    test(`says so on every page and every printed sheet, in ${locale}`, async () => {
      const reader = await (await browser.newContext({ locale, storageState: await page.context().storageState() })).newPage();
      for (const path of ["/", "/status", "/downtime-form", "/find", "/account", "/nowhere", new URL(child).pathname]) {
        await reader.goto(registry.url + path);
        await says(reader, words);
      }
      await check(reader, `demonstration-${locale}`);
      await reader.emulateMedia({ media: "print" });
      const { pathname } = new URL(child);
      for (const sheet of ["/downtime-form", `${pathname}/official-record`, `${pathname}/history`, `${pathname}/consent/form/${locale.slice(0, 2)}`]) {
        const answer = await reader.goto(registry.url + sheet);
        assert.equal(answer.status(), 200, sheet);
        await says(reader, words);
        assert.equal(await reader.getByText(words).filter({ visible: true }).count(), 1, `${sheet}: once`);
      }
    });
  }
});
