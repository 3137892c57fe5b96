// The two tables of who may do what, as the program has them: routes and the rights that open them, rights and the roles
// that have them.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const lines = (path) => readFileSync(`${ROOT}/${path}`, "utf8").split("\n");

/** Words of the table of routes that are no rights. */
export const VISITORS = ["everybody", "begun"];

/** path -> { get: [right], post: [right] } */
export const ACCESS = (() => {
  const routes = {};
  let forms;
  for (const line of lines("crates/web/access.toml")) {
    const path = line.match(/^\["(.+)"\]$/);
    const open = line.match(/^(get|post) = \[(.+)\]$/);
    if (path) forms = routes[path[1]] = {};
    else if (open) forms[open[1]] = open[2].split(",").map((word) => word.trim().replaceAll('"', ""));
  }
  return routes;
})();

/** right -> role -> how far it reaches */
export const RIGHTS = (() => {
  const rights = {};
  let right;
  for (const line of lines("crates/model/roles.toml")) {
    const section = line.match(/^\[rights\.(\w+)\.may\]$/);
    const grant = line.match(/^(\w+) = "(own|below|family|all)"$/);
    if (section) right = rights[section[1]] = {};
    else if (line.startsWith("[")) right = undefined;
    else if (grant && right) right[grant[1]] = grant[2];
  }
  return rights;
})();

/** All roles. */
export const ROLES = [...new Set(Object.values(RIGHTS).flatMap((row) => Object.keys(row)))];

/** The relations to which a reach extends. */
export const COVERS = {
  own: ["own"],
  below: ["own", "below"],
  family: ["own", "below", "above"],
  all: ["own", "below", "above", "other"],
};
