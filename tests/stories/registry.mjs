// A demonstration registry of a story's own, on a free port and a database of its own; and people who sign in.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startPostgres } from "./postgres.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"), "debug/bluebonnet");
/** People of the demonstration: enough for lists, few enough to start in seconds. */
const PEOPLE = 60;

/** Starts a registry on "sqlite" or "postgres"; `close` stops it, removes what it left, and fails if it logged an error. */
export async function startRegistry(database) {
  const home = mkdtempSync(join(tmpdir(), "bluebonnet-stories-"));
  const credentials = join(home, "credentials.json");
  const postgres = database === "postgres" ? await startPostgres(home) : undefined;
  const place = postgres ? ["--database", postgres.url] : ["--data", join(home, "data")];
  const process_ = spawn(
    PROGRAM,
    ["demo", ...place, "--people", String(PEOPLE), "--http", "127.0.0.1:0", "--credentials", credentials,
      "--profile", join(ROOT, "profiles/texas.toml")],
    { cwd: home, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, RUST_LOG: "warn" } },
  );
  const faults = [];
  createInterface({ input: process_.stderr }).on("line", (line) => {
    console.error(line);
    if (line.includes(" ERROR ")) faults.push(line);
  });
  const leave = async () => {
    await postgres?.close();
    rmSync(home, { recursive: true, force: true });
  };
  const url = await listening(process_).catch(async (error) => {
    await leave();
    throw error;
  });
  const { web_users: users, web_service_accounts: programs } = JSON.parse(readFileSync(credentials, "utf8"));
  return {
    url,
    users,
    programs,
    async close() {
      const ended = new Promise((resolve) => process_.once("exit", resolve));
      process_.kill("SIGTERM");
      await ended;
      await leave();
      assert.deepEqual(faults, [], "the program logs no error");
    },
  };
}

function listening(process_) {
  return new Promise((resolve, reject) => {
    createInterface({ input: process_.stdout }).on("line", (line) => {
      if (line.startsWith("listening ")) resolve(line.slice("listening ".length));
    });
    process_.once("exit", (code) => reject(new Error(`the program ended with ${code} before it listened`)));
  });
}

/** Signs a person in, or the first of a role, with password and authenticator app, as a person does it. */
export async function signIn(page, registry, who) {
  const user = registry.users.find((known) => known === who || known.role === who);
  await page.goto(`${registry.url}/sign-in`);
  await page.fill("#username", user.user);
  await page.fill("#password", user.password);
  await page.click("main button[type=submit]");
  await page.fill("#code", authenticatorCode(user.authenticator_key, await unusedInstant(user)));
  await page.click("main button[type=submit]");
  return user;
}

const STEP = 30_000;

/** An instant whose code the user has not shown yet: each counts once, and the next one counts a step early. */
export async function unusedInstant(user) {
  const step = Math.max(Math.floor(Date.now() / STEP), (user.last_step ?? 0) + 1);
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, (step - 1) * STEP - Date.now() + 100)));
  user.last_step = step;
  return step * STEP;
}

/** The six digits of an authenticator app at an instant (RFC 6238). */
export function authenticatorCode(key, milliseconds) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(milliseconds / 30_000)));
  const digest = createHmac("sha1", base32(key)).update(counter).digest();
  const offset = digest[19] & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

function base32(text) {
  const letters = [...text.toUpperCase()].filter((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".includes(letter));
  const bits = letters.map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"));
  const bytes = bits.join("").match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => parseInt(byte, 2)));
}
