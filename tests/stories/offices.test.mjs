// What the offices do, told as stories: an organization registers and is approved, its administrator comes in by
// invitation, maintenance is planned. And the access matrix: every page, every role, by the one table of rights.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { check, startBrowser } from "./browser.mjs";
import { authenticatorCode, signIn, startRegistry } from "./registry.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PASSWORD = "nine purple lanterns glow";

/** The rights of roles.toml: right -> role -> reach. */
function readRights() {
  const rights = {};
  let right;
  for (const line of readFileSync(`${ROOT}/crates/model/roles.toml`, "utf8").split("\n")) {
    const section = line.match(/^\[rights\.(\w+)\.may\]$/);
    const grant = line.match(/^(\w+) = "(own|below|family|all)"$/);
    if (section) rights[(right = section[1])] = {};
    else if (line.startsWith("[")) right = undefined;
    else if (grant && right) rights[right][grant[1]] = grant[2];
  }
  return rights;
}

/** The right that opens each page to look at; null where everybody may, "signed_in" where everybody who signed in. */
const PAGES = {
  "/organizations": "read_organization",
  "/accounts": "read_accounts",
  "/accounts/new": "change_accounts",
  "/accounts/new-program": "change_exchange_accounts",
  "/accounts/review": "review_access",
  "/registrations": "approve_registration",
  "/audit": "read_audit",
  "/audit/person": "read_access_list",
  "/operations": "read_operations",
  "/maintenance-windows": "read_maintenance",
  "/maintenance-windows/new": "plan_maintenance",
  "/account": "own_account",
  "/account/password": "own_account",
  "/account/organization": "own_account",
  "/account/recovery-codes": "own_account",
  "/find": "find_person",
  "/workbench": "try_message",
};
/** The list of accounts also shows programs to those who look after them. */
const OR_ALSO = { "/accounts": "change_exchange_accounts" };
/** An organization in each relation to those who act for the county's health department, and to the registry's office. */
const RELATED = { own: "BCHD1000", below: "BCHD1001", other: "LCPG3000" };
const COVERS = { own: ["own"], below: ["own", "below"], family: ["own", "below"], all: ["own", "below", "other"] };
/** Addresses that are no page to look at, have a parameter, or are open to everybody; each is tried elsewhere. */
const OTHERS = /^\/$|^\/(language|sign-in|sign-out|invitation|register|session|status|subscribe|subscription|downtime-form)|\{|\/(end|remove)$|^\/people/;

for (const database of ["sqlite", "postgres"]) {
  describe(`offices, on ${database}`, { timeout: 240_000 }, () => {
    let registry, browser;

    before(async () => {
      [registry, browser] = await Promise.all([startRegistry(database), startBrowser()]);
    });

    after(async () => {
      await browser?.close();
      await registry?.close();
    });

    async function open(role) {
      const context = await browser.newContext({ locale: "en-US" });
      const page = await context.newPage();
      if (role) await signIn(page, registry, role);
      return page;
    }

    test("every page opens for exactly the roles and relations of the table", async () => {
      const rights = readRights();
      const roles = [...new Set(Object.values(rights).flatMap((row) => Object.keys(row)))];
      assert.equal(roles.length, 11);
      for (const role of roles) {
        const page = await open(role);
        const status = async (path) => (await page.request.get(registry.url + path, { maxRedirects: 0 })).status();
        for (const [path, right] of Object.entries(PAGES)) {
          const also = OR_ALSO[path];
          const may = Boolean(rights[right][role] || (also && rights[also][role]));
          assert.equal(await status(path), may ? 200 : 403, `${role} at ${path}`);
        }
        const user = registry.users.find((known) => known.role === role);
        if (user.organization === RELATED.own || rights.read_organization[role] === "all") {
          for (const [relation, code] of Object.entries(RELATED)) {
            const may = COVERS[rights.read_organization[role]].includes(relation);
            assert.equal(await status(`/organizations/${code}`), may ? 200 : 404, `${role} at ${relation} ${code}`);
          }
        }
        await page.context().close();
      }
      const stranger = await open();
      for (const path of Object.keys(PAGES)) {
        const answer = await stranger.request.get(registry.url + path, { maxRedirects: 0 });
        assert.equal(answer.status(), 303, `a stranger at ${path}`);
        assert.match(answer.headers().location, /^\/sign-in/);
      }
    });

    test("no page is missing from the matrix", () => {
      const folder = `${ROOT}/crates/web/src/pages`;
      const sources = readdirSync(folder).filter((name) => name.endsWith(".rs"));
      const routes = sources.flatMap((name) => [...readFileSync(`${folder}/${name}`, "utf8").matchAll(/\.route\(\s*"([^"]+)"/g)]);
      const missing = routes.map(([, path]) => path).filter((path) => !(path in PAGES) && !OTHERS.test(path));
      assert.deepEqual(missing, []);
      assert.ok(routes.length > 30);
    });

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
      await fill({ first_name: "Lena", last_name: "Ortega", email: "lena@example.org", contact_phone: "5125550101" });
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
      assert.equal(username, "lortega");

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
      assert.match(await page.textContent("main"), /Announced/);
      await page.click("button[value=cancel]");
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

    test("the office's pages hold for everybody", async () => {
      const page = await open("registry_administrator");
      for (const path of Object.keys(PAGES).filter((path) => !["/find", "/workbench"].includes(path))) {
        await page.goto(registry.url + path);
        await check(page, `office${path.replaceAll("/", "-")}-${database}`);
      }
    });
  });
}
