// A client without a browser: cookies, form tokens, and nothing that a browser would do for it.
import assert from "node:assert/strict";
import { authenticatorCode, unusedInstant } from "./registry.mjs";

/** The one form that carries a file. */
const UPLOAD = "/files/new";

export class Client {
  constructor(registry) {
    this.registry = registry;
    this.cookies = new Map();
    this.token = "";
  }

  /** Somebody who has opened a page. */
  static async visiting(registry) {
    const client = new Client(registry);
    await client.open("/sign-in");
    return client;
  }

  /** Somebody of this role, with password and authenticator app. */
  static async signedIn(registry, role) {
    const client = await Client.visiting(registry);
    const user = registry.users.find((known) => known.role === role);
    await client.ask("post", "/sign-in", { username: user.user, password: user.password });
    await client.open("/sign-in/code");
    const code = authenticatorCode(user.authenticator_key, await unusedInstant(user));
    const answer = await client.ask("post", "/sign-in/code", { code });
    assert.equal(answer.status, 303, `${role} signs in`);
    await client.open("/account");
    return client;
  }

  /** Opens a page and keeps the token of its forms. */
  async open(path) {
    const answer = await this.ask("get", path);
    const text = await answer.text();
    this.token = text.match(/name="form_token" value="([0-9a-f]+)"/)?.[1] ?? this.token;
    return { status: answer.status, headers: answer.headers, text };
  }

  /** One request; a form carries the token unless another is given. Nothing is followed. */
  async ask(method, path, fields = {}, headers = {}) {
    const all = { form_token: this.token, ...fields };
    let body;
    if (method === "post" && path === UPLOAD) {
      body = new FormData();
      for (const [name, value] of Object.entries(all)) body.append(name, value);
    } else if (method === "post") {
      body = new URLSearchParams(all);
    }
    return this.request(path, {
      method: method.toUpperCase(),
      body,
      headers: { accept: "text/html", ...headers },
    });
  }

  /** Sends a file of an organization; gives its receipt. */
  async send(path, organization, name, content) {
    const form = new FormData();
    form.append("form_token", this.token);
    form.append("organization", organization);
    form.append("file", new Blob([content]), name);
    const answer = await this.request(path, { method: "POST", body: form });
    assert.equal(answer.status, 303, `${name} is taken: ${await answer.text()}`);
    return answer.headers.get("location").match(/\/files\/([0-9a-f]{32})/)[1];
  }

  async request(path, options) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...options.headers, ...(cookie ? { cookie } : {}) };
    const answer = await fetch(this.registry.url + path, { ...options, headers, redirect: "manual" });
    for (const line of answer.headers.getSetCookie()) {
      const [name, value] = line.split(";")[0].split("=");
      this.cookies.set(name, value);
    }
    return answer;
  }
}
