// The access matrix: every route, every role, every relation of organizations, by the two tables; with and without a
// session, and with forms that no page of ours sent.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ACCESS, COVERS, RIGHTS, ROLES, VISITORS } from "./access.mjs";
import { Client } from "./client.mjs";
import { vaccinationFile } from "./messages.mjs";
import { startRegistry } from "./registry.mjs";

/** An id of the right form that nothing has. */
const NOTHING = "01a00000000070008000000000000000";
/** What a role that may not come here is answered, and what a stranger is. */
const [FORBIDDEN, ELSEWHERE] = [403, 303];
/** Forms that would end the client's own session, or be counted as an attempt to guess. */
const ENDING = ["/sign-out", "/account/organization", "/account/sessions/end"];

/** One route of the table with an address that leads to nothing. */
const routes = Object.entries(ACCESS).flatMap(([path, forms]) =>
  Object.entries(forms).map(([method, open]) => ({ path, method, open, address: path.replaceAll(/\{\w+\}/g, NOTHING) })),
);
const isForVisitors = (route) => VISITORS.includes(route.open[0]);

for (const database of ["sqlite", "postgres"]) {
  describe(`access, on ${database}`, { timeout: 600_000 }, () => {
    let registry, clients;

    before(async () => {
      registry = await startRegistry(database);
      clients = Object.fromEntries(await Promise.all(ROLES.map(async (role) => [role, await Client.signedIn(registry, role)])));
    });

    after(async () => registry?.close());

    test("every page and every form opens for exactly the roles of the tables", async () => {
      assert.equal(ROLES.length, 11);
      assert.ok(routes.length > 90);
      for (const route of routes.filter((route) => !isForVisitors(route) && !ENDING.includes(route.path))) {
        for (const role of ROLES) {
          const may = route.open.some((right) => RIGHTS[right][role]);
          const answer = await clients[role].ask(route.method, route.address);
          const told = `${role} at ${route.method} ${route.path}`;
          if (may) assert.ok(answer.status !== FORBIDDEN && answer.status < 500, `${told}: ${answer.status}`);
          else assert.equal(answer.status, FORBIDDEN, told);
        }
      }
    });

    test("a stranger is sent to sign in, whatever the route", async () => {
      const stranger = await Client.visiting(registry);
      for (const route of routes.filter((route) => !isForVisitors(route))) {
        const answer = await stranger.ask(route.method, route.address);
        assert.equal(answer.status, ELSEWHERE, `${route.method} ${route.path}`);
        assert.match(answer.headers.get("location"), /^\/sign-in/);
      }
    });

    test("no form is taken without the token of its page", async () => {
      const client = clients.registry_administrator;
      for (const route of routes.filter((route) => route.method === "post")) {
        for (const token of ["", "0".repeat(64)]) {
          const answer = await client.ask("post", route.address, { form_token: token });
          // Without its link there is nothing to confirm or to end.
          const refused = route.path.startsWith("/subscription/") ? 404 : FORBIDDEN;
          assert.equal(answer.status, refused, `${route.path} with ${token || "no token"}`);
        }
        const foreign = await client.ask("post", route.address, {}, { "sec-fetch-site": "cross-site" });
        assert.equal(foreign.status, FORBIDDEN, `${route.path} from another site`);
      }
      assert.equal((await client.ask("get", "/account")).status, 200, "the session holds");
    });

    test("a person reaches the organizations of the table, and no others", async () => {
      const related = { own: "BCHD1000", below: "BCHD1001", other: "LCPG3000" };
      const office = clients.registry_administrator;
      const files = {};
      for (const [relation, code] of Object.entries(related)) {
        files[relation] = await office.send("/files/new", code, `${relation}.hl7`, vaccinationFile(registry, relation));
      }
      const accounts = Object.fromEntries(
        Object.entries(related).map(([relation, code]) => [relation, registry.programs.find((known) => known.facility === code)?.user]),
      );
      // What it is, its addresses by relation, the rights that open it, and what is answered beyond their reach.
      const things = [
        ["get", (at) => `/organizations/${related[at]}`, ["read_organization"]],
        ["get", (at) => `/organizations/${related[at]}/sites`, ["change_organization"]],
        ["post", (at) => `/organizations/${related[at]}/sites`, ["change_organization"]],
        ["get", (at) => `/files/${files[at]}`, ["read_files"]],
        ["get", (at) => `/files/${files[at]}/content`, ["read_files"]],
        ["post", (at) => `/files/${files[at]}/again`, ["send_files"]],
        ["get", (at) => accounts[at] && `/accounts/of/${accounts[at]}`, ["change_exchange_accounts", "read_accounts"]],
      ];
      let tried = 0;
      for (const role of ROLES) {
        const { organization } = registry.users.find((known) => known.role === role);
        const isOfTheOffice = things.some(([, , rights]) => rights.some((right) => RIGHTS[right][role] === "all"));
        if (organization !== related.own && !isOfTheOffice) continue;
        for (const [method, address, rights] of things) {
          for (const relation of Object.keys(related)) {
            if (!address(relation)) continue;
            const reached = rights.some((right) => COVERS[RIGHTS[right][role]]?.includes(relation));
            const { status } = await clients[role].ask(method, address(relation));
            const told = `${role} at ${method} ${address(relation)} (${relation})`;
            if (reached) assert.ok(![403, 404].includes(status) && status < 500, `${told}: ${status}`);
            else assert.ok([403, 404].includes(status), `${told}: ${status}`);
            tried++;
          }
        }
      }
      assert.ok(tried > 40, `${tried} tried`);
    });
  });
}
