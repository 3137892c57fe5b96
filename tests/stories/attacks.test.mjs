// What attackers try: planted sessions, guessed passwords, names that are found out by the time an answer takes, headers
// and addresses that carry more than they should, markup wherever text goes in.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ACCESS } from "./access.mjs";
import { Client } from "./client.mjs";
import { report } from "./messages.mjs";
import { startBoth } from "./pages.mjs";

const MARKUP = "<img src=x onerror=alert(1)>";
const median = (numbers) => [...numbers].sort((left, right) => left - right)[Math.floor(numbers.length / 2)];

describe("attacks", { timeout: 600_000 }, () => {
  let registry, browser;

  before(async () => {
    [registry, browser] = await startBoth("sqlite");
  });

  after(async () => {
    await browser?.close();
    await registry?.close();
  });

  const userOf = (role) => registry.users.find((known) => known.role === role);

  test("a session gets another token at every step, and the old one opens nothing", async () => {
    const planted = "a".repeat(64);
    const client = await Client.visiting(registry);
    client.cookies.set("session", planted);
    const user = userOf("reports_only");
    await client.ask("post", "/sign-in", { username: user.user, password: user.password });
    const begun = client.cookies.get("session");
    assert.match(begun, /^[0-9a-f]{64}$/);
    assert.notEqual(begun, planted);
    for (const path of ["/account", "/organizations", "/account/password"]) {
      const answer = await client.ask("get", path);
      assert.match(answer.headers.get("location") ?? "", /^\/sign-in\/code/, `${path} before the second factor`);
    }
    const other = await Client.signedIn(registry, "reports_only");
    const opened = other.cookies.get("session");
    const session = async (token) => {
      const holder = await Client.visiting(registry);
      holder.cookies.set("session", token);
      return (await holder.ask("get", "/account")).status;
    };
    assert.equal(await session(opened), 200);
    await other.open("/account");
    await other.ask("post", "/sign-out");
    assert.equal(await session(opened), 303, "signed out is signed out, whoever kept the cookie");
    assert.equal(await session(planted), 303);
  });

  test("cookies are for this site alone, out of reach of scripts", async () => {
    const client = new Client(registry);
    const answer = await client.ask("get", "/sign-in");
    const lines = answer.headers.getSetCookie();
    assert.ok(lines.length > 0);
    for (const line of lines) assert.match(line, /; Path=\/; HttpOnly; SameSite=Lax/);
    assert.ok(!lines.some((line) => /domain=/i.test(line)));
  });

  test("every page says what a browser may do with it, and none is kept", async () => {
    const client = await Client.signedIn(registry, "registry_administrator");
    const paths = Object.keys(ACCESS).filter((path) => ACCESS[path].get && !path.includes("{"));
    assert.ok(paths.length > 30);
    for (const path of [...paths, "/people/01a00000000070008000000000000000", "/nowhere"]) {
      const { headers } = await client.ask("get", path);
      const isFeed = /^\/status\./.test(path);
      assert.equal(headers.get("cache-control"), isFeed ? "public, max-age=60" : "no-store", path);
      const policy = headers.get("content-security-policy") ?? "";
      assert.match(policy, /default-src 'none'; script-src 'self'/, path);
      assert.doesNotMatch(policy, /unsafe|\*|data:/, path);
      assert.equal(headers.get("x-content-type-options"), "nosniff", path);
      assert.equal(headers.get("referrer-policy"), "same-origin", path);
      assert.equal(headers.get("x-frame-options"), "DENY", path);
    }
    const page = await client.open("/");
    const asset = page.text.match(/\/assets\/uswds-[0-9a-f]+\.css/)[0];
    assert.match((await client.ask("get", asset)).headers.get("cache-control"), /immutable/);
  });

  test("nobody is led to another site, and no header is broken", async () => {
    const elsewhere = ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "\t//evil.example",
      "/ok\r\nSet-Cookie: stolen=1", "/\u0000/evil.example", "javascript:alert(1)"];
    const visitor = await Client.visiting(registry);
    const isOurs = (answer, told) => {
      const location = answer.headers.get("location");
      const gone = new URL(location, registry.url);
      assert.equal(gone.origin, registry.url, `${told}: ${location}`);
      assert.ok(!answer.headers.getSetCookie().some((line) => line.includes("stolen")), told);
    };
    for (const back of elsewhere) {
      isOurs(await visitor.ask("get", `/language/es?back=${encodeURIComponent(back)}`), `language, ${JSON.stringify(back)}`);
      const form = await visitor.open(`/sign-in?back=${encodeURIComponent(back)}`);
      assert.doesNotMatch(form.text, /action="[^/]/);
    }
    const user = userOf("school_nurse");
    for (const back of elsewhere) {
      const client = await Client.visiting(registry);
      isOurs(await client.ask("post", "/sign-in", { username: user.user, password: user.password, back }), `sign-in, ${JSON.stringify(back)}`);
    }
  });

  test("whether a user name exists cannot be told from an answer or its time", async () => {
    const time = async (username) => {
      const client = await Client.visiting(registry);
      const begun = performance.now();
      const answer = await client.ask("post", "/sign-in", { username, password: "a wrong password, long enough" });
      const text = (await answer.text()).replaceAll(username, "").replaceAll(/value="[0-9a-f]{64}"/g, "").replaceAll(/data-\w+="[^"]*"/g, "");
      return { took: performance.now() - begun, status: answer.status, text };
    };
    const [known, unknown] = [[], []];
    await time("warm.up");
    for (const [place, user] of registry.users.slice(0, 10).entries()) {
      known.push(await time(user.user));
      unknown.push(await time(`nobody.${place}`));
    }
    // Somebody who gets in shows that the address is not only there to guess.
    await Client.signedIn(registry, "organization_administrator");
    const kinds = new Set([...known, ...unknown].map(({ status, text }) => `${status} ${text}`));
    assert.equal(kinds.size, 1, "all answers are the same");
    const [slow, fast] = [known, unknown].map((all) => median(all.map(({ took }) => took))).sort((left, right) => right - left);
    // Without the password's hash an answer takes a tenth of the time: the control below sees that.
    assert.ok(slow < 2 * fast, `${slow} ms and ${fast} ms`);
    const name = "locked.out";
    for (let tries = 0; tries < 4; tries++) await time(name);
    const refused = [];
    while (refused.length < 15) refused.push((await time(name)).took);
    const locked = median(refused);
    assert.ok(locked < fast, `an answer without a hash: ${locked} ms, with one: ${fast} ms`);
    await Client.signedIn(registry, "full_access_clinician");
  });

  test("guessing is slowed down for the account, whatever the source says it is", async () => {
    const user = userOf("view_only");
    const attempt = async (password, headers = {}) => {
      const client = await Client.visiting(registry);
      return client.ask("post", "/sign-in", { username: user.user, password }, headers);
    };
    const statuses = [];
    for (let tries = 0; tries < 5; tries++) statuses.push((await attempt(`wrong guess number ${tries}`)).status);
    assert.ok(statuses.includes(429), statuses.join());
    const right = await attempt(user.password, { "x-forwarded-for": "203.0.113.9", forwarded: "for=203.0.113.9" });
    assert.equal(right.status, 429, "the right password waits as well");
    assert.match(await right.text(), /Wait 1 min/);
    const other = await Client.signedIn(registry, "help_desk");
    assert.equal((await other.ask("get", "/account")).status, 200, "others are not shut out");
  });

  test("markup is text wherever it went in", async () => {
    await report(registry, MARKUP);
    const applicant = await Client.visiting(registry);
    await applicant.ask("post", "/register");
    for (const step of ["organization", "contact", "usage", "prescribers"]) {
      const form = await applicant.open(`/register/${step}`);
      const names = [...form.text.matchAll(/<(?:input|textarea)[^>]* name="(\w+)"/g)].map(([, name]) => name);
      const fields = Object.fromEntries(names.filter((name) => name !== "form_token").map((name) => [name, MARKUP]));
      await applicant.ask("post", `/register/${step}`, fields);
    }
    const office = await Client.signedIn(registry, "registry_administrator");
    const added = await office.ask("post", "/accounts/new", {
      organization: "BCHD1000", first_name: MARKUP, last_name: MARKUP, email: `${MARKUP}@example.org`, role: "view_only",
    });
    assert.ok(added.status < 500);
    await office.ask("post", "/organizations/BCHD1000/sites", { name: MARKUP, code: "MARK1000" });
    const planned = await office.ask("post", "/maintenance-windows/new", {
      kind: "scheduled", starts: "2036-05-31 19:00", ends: "2036-06-01 05:00", reason: MARKUP, performed_by: MARKUP, owner: "", web: "closed",
    });
    const receipt = await office.send("/files/new", "BCHD1000", `${MARKUP}.hl7`, `MSH|^~\\&|${MARKUP}|BCHD1000|||20260301||VXU^V04^VXU_V04|${MARKUP}|P|2.5.1\r`);

    const page = await (await browser.newContext({ locale: "en-US" })).newPage();
    page.on("dialog", (dialog) => assert.fail(`a page opened a dialog: ${dialog.message()}`));
    await page.context().addCookies([{ name: "session", value: office.cookies.get("session"), url: registry.url }]);
    let shown = 0;
    const look = async (path) => {
      await page.goto(registry.url + path);
      assert.equal(await page.$("img"), null, `${path} obeys markup`);
      if ((await page.textContent("body")).includes("<img src=x")) shown++;
    };
    const window = planned.headers.get("location")?.split("?")[0];
    const seen = ["/organizations", "/organizations/MARK1000", "/accounts", "/accounts/review", "/registrations", "/audit", "/maintenance-windows",
      window, `${window}/notices`, "/status", "/files", `/files/${receipt}`, "/files?kind=message", `/sign-in?back=${encodeURIComponent(MARKUP)}`, `/${MARKUP}`];
    for (const path of seen) await look(path);
    const drafts = await office.open("/registrations?state=draft");
    for (const [, path] of drafts.text.matchAll(/href="(\/registrations\/[0-9a-f]+)"/g)) await look(path);
    assert.ok(shown >= 8, `the markup was seen as text on ${shown} pages`);
    await page.goto(`${registry.url}/workbench`);
    await page.fill("#message", `MSH|^~\\&|${MARKUP}|BCHD1000|||20260301||VXU^V04^VXU_V04|${MARKUP}|P|2.5.1\nPID|1||${MARKUP}^^^X^MR||${MARKUP}^${MARKUP}`);
    await page.click("main form button");
    assert.equal(await page.$("img"), null, "the workbench obeys markup");
    assert.match(await page.textContent("main"), /<img src=x/);
    await page.context().close();
  });

  test("an address that guesses for everybody is shut out, and for a while only", async () => {
    let last;
    for (let tries = 0; tries < 40; tries++) {
      const client = await Client.visiting(registry);
      last = await client.ask("post", "/sign-in", { username: `stuffed.${tries}`, password: "from a list of leaked ones" });
      if (last.status === 429) break;
    }
    assert.equal(last.status, 429);
    const user = userOf("registry_analyst");
    const client = await Client.visiting(registry);
    const right = await client.ask("post", "/sign-in", { username: user.user, password: user.password });
    assert.equal(right.status, 429, "the right password is not told from a wrong one");
  });
});
