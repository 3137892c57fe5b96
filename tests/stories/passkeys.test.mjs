// Passkeys, told as stories with the browser's own virtual authenticator: one is made, signs its owner in, cannot be
// shown twice, and is removed.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { check } from "./browser.mjs";
import { startBoth } from "./pages.mjs";
import { signIn } from "./registry.mjs";

for (const database of ["sqlite", "postgres"]) {
  describe(`passkeys, on ${database}`, { timeout: 600_000 }, () => {
    let registry, browser;

    before(async () => {
      [registry, browser] = await startBoth(database);
      // A passkey belongs to a name; an address of digits has none.
      registry.numbered = registry.url;
      registry.url = registry.url.replace("127.0.0.1", "localhost");
    });

    after(async () => {
      await browser?.close();
      await registry?.close();
    });

    /** A page with a device that has passkeys; `verifies` is whether its owner is recognized. */
    async function openWithDevice() {
      const page = await (await browser.newContext({ locale: "en-US" })).newPage();
      const device = await page.context().newCDPSession(page);
      await device.send("WebAuthn.enable");
      const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true };
      const { authenticatorId } = await device.send("WebAuthn.addVirtualAuthenticator", { options });
      const recognize = (isUserVerified) => device.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
      return { page, recognize };
    }

    test("a person makes a passkey, signs in with it, and removes it", async () => {
      const { page, recognize } = await openWithDevice();
      const user = await signIn(page, registry, "view_only");
      await page.goto(`${registry.url}/account`);
      await page.click("a[href='/sign-in/passkey/new']");
      await page.fill("#label", "Front desk");
      await check(page, `${database}-passkey-new`);
      await page.click("#passkey button");
      await page.waitForURL(/done=passkey_added/);
      await check(page, `${database}-passkey-added`);
      assert.match(await page.textContent("main table"), /Passkey\s*Front desk/);

      await page.click("header form[action='/sign-out'] button");
      const password = async () => {
        await page.goto(`${registry.url}/sign-in`);
        await page.fill("#username", user.user);
        await page.fill("#password", user.password);
        await page.click("main button[type=submit]");
      };
      await password();
      await check(page, `${database}-passkey-show`);
      // The browser takes its time to say so; once is enough.
      if (database === "sqlite") {
        await recognize(false);
        await page.click("#passkey button");
        await page.waitForFunction(() => document.querySelector("#passkey [role=alert]").textContent !== "");
        await recognize(true);
      }
      const [sent] = await Promise.all([page.waitForRequest(/\/sign-in\/passkey$/), page.click("#passkey button")]);
      await page.waitForURL(`${registry.url}/`);
      await page.goto(`${registry.url}/find`);
      assert.equal(new URL(page.url()).pathname, "/find", "the session is open");

      // What was signed once opens nothing again: not this session, and no other.
      const answer = new URLSearchParams(sent.postData()).get("answer");
      await page.click("header form[action='/sign-out'] button");
      await password();
      const form_token = await page.inputValue("[name=form_token] >> nth=0");
      const again = await page.request.post(`${registry.url}/sign-in/passkey`, { form: { form_token, answer, back: "/" }, maxRedirects: 0 });
      assert.equal(again.status(), 422);
      await page.goto(`${registry.url}/sign-in/code`);
      await page.click("#passkey button");
      await page.waitForURL(`${registry.url}/`);

      await page.goto(`${registry.url}/account`);
      await page.click("tr:has-text('Front desk') button");
      await page.waitForURL(/done=factor_removed/);
      assert.doesNotMatch(await page.textContent("main table"), /Front desk/);
      await page.context().close();
    });

    test("without a script, or without a name, everybody is told to use an app", async () => {
      const context = await browser.newContext({ javaScriptEnabled: false, locale: "en-US" });
      const page = await context.newPage();
      await signIn(page, registry, "child_care_view");
      await page.goto(`${registry.url}/sign-in/passkey/new`);
      assert.match(await page.locator("main").innerText(), /scripts are off/);
      const [cookie] = (await context.cookies()).filter((known) => known.name === "session");
      await context.addCookies([{ ...cookie, domain: "127.0.0.1" }]);
      await page.goto(`${registry.numbered}/sign-in/passkey/new`);
      assert.match(await page.locator("main").innerText(), /reached by a number/);
      await context.close();
    });
  });
}
