// A private PostgreSQL cluster, on a socket in the story's own folder.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

/** Where initdb and pg_ctl are. */
function binaries() {
  const versions = "/usr/lib/postgresql";
  if (!existsSync(versions)) return "";
  const newest = readdirSync(versions).sort((left, right) => Number(right) - Number(left))[0];
  return join(versions, newest, "bin") + "/";
}

/** A port that is free now. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts a cluster in a folder; it ends with `close`. */
export async function startPostgres(home) {
  const data = join(home, "cluster");
  mkdirSync(data, { mode: 0o700 });
  // The server refuses to run as root; then it runs as the account of the system's packages.
  const isRoot = process.getuid() === 0;
  if (isRoot) execFileSync("chown", ["-R", "postgres", home]);
  const run = (program, ...words) => {
    const command = [binaries() + program, ...words];
    const [first, ...rest] = isRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", ...command] : command;
    execFileSync(first, rest, { stdio: "ignore", cwd: data });
  };
  const port = await freePort();
  run("initdb", "-D", data, "-U", "registry", "-A", "trust", "-E", "UTF8", "--no-sync");
  run("pg_ctl", "-D", data, "-w", "-o", `-p ${port} -h 127.0.0.1 -k ${data} -F`, "-l", join(data, "log"), "start");
  return {
    url: `postgres://registry@127.0.0.1:${port}/postgres`,
    close: async () => run("pg_ctl", "-D", data, "-m", "immediate", "stop"),
  };
}
