/** Who may import whom. Each rule returns one sentence for each violation. */
import { posix } from "node:path";
import { importsOf, type SourceFile } from "./source-text.ts";

/** What both lines share. */
const SHARED = "connection";
const LINES = ["mqtt", "xmpp"];
const SEPARATE = [...LINES, "payload", "sensor", "pager", "power", "update"];
/** The parts of src that any host may import, and those that only the station may. */
const FOR_HOSTS =
  /^src\/(gateway\/|sensor\/|update\/|pager\/screen\/|payload\/setup-code\.ts$|(seams|pem|utf8|errors|limits|melodies)\.ts$)/;
const FOR_STATION = /^src\/(payload|xmpp)\//;

/** The imports that break the rules of the architecture, one sentence each. */
export function importViolations(files: readonly SourceFile[]): string[] {
  const paths = new Set(files.map((file) => file.path));
  const violations: string[] = [];
  for (const file of files) {
    for (const { specifier, typeOnly, dynamic } of importsOf(file.text)) {
      const problem = specifier.startsWith(".")
        ? relativeProblem(file.path, specifier, typeOnly, paths)
        : packageProblem(file.path, specifier);
      if (problem) violations.push(`${file.path}: import of ${specifier}: ${problem}`);
      if (dynamic && file.path.startsWith("src/")) violations.push(`${file.path}: dynamic import in src`);
    }
  }
  return violations;
}

/** Cycles of imports that exist at run time, each as a path. */
export function importCycles(files: readonly SourceFile[]): string[] {
  const graph = new Map<string, string[]>();
  for (const { path, text } of files) graph.set(path, valueImportsOf(path, text));
  return cyclesOf(graph);
}

/** Cycles of imports at run time between folders that stand side by side, each as a path. */
export function folderCycles(files: readonly SourceFile[]): string[] {
  const graph = new Map<string, string[]>();
  for (const { path, text } of files) {
    for (const to of valueImportsOf(path, text)) {
      const [from, folder] = neighbours(path, to);
      if (from === undefined || folder === undefined) continue;
      const known = graph.get(from) ?? [];
      if (!known.includes(folder)) graph.set(from, [...known, folder]);
    }
  }
  return cyclesOf(graph);
}

function valueImportsOf(path: string, text: string): string[] {
  const values = importsOf(text).filter((each) => !each.typeOnly && each.specifier.startsWith("."));
  return values.map(({ specifier }) => resolve(path, specifier));
}

/** The folders of two files below the last folder that holds both. undefined for a file that lies in that folder itself. */
function neighbours(a: string, b: string): (string | undefined)[] {
  const [left, right] = [a.split("/"), b.split("/")];
  let shared = 0;
  while (left[shared] === right[shared]) shared += 1;
  return [left, right].map((parts) => (parts.length > shared + 1 ? parts.slice(0, shared + 1).join("/") : undefined));
}

function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const cycles: string[] = [];
  const done = new Set<string>();
  const walk = (path: string, trail: readonly string[]): void => {
    const seenAt = trail.indexOf(path);
    if (seenAt >= 0) {
      cycles.push([...trail.slice(seenAt), path].join(" → "));
      return;
    }
    if (done.has(path)) return;
    for (const next of graph.get(path) ?? []) walk(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) walk(path, []);
  return cycles;
}

function resolve(from: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(from), specifier));
}

function packageProblem(from: string, specifier: string): string | undefined {
  return from.startsWith("src/") ? `src uses no package and nothing of a platform (${specifier})` : undefined;
}

function relativeProblem(
  from: string,
  specifier: string,
  typeOnly: boolean,
  paths: ReadonlySet<string>,
): string | undefined {
  const to = resolve(from, specifier);
  if (!paths.has(to)) return "there is no such file";
  if (from.startsWith("src/")) return to.startsWith("src/") ? coreProblem(from, to, typeOnly) : "src imports only src";
  if (from.startsWith("hosts/")) return hostProblem(from, to);
  return undefined;
}

function coreProblem(from: string, to: string, typeOnly: boolean): string | undefined {
  const fromFolder = from.split("/").length > 2 ? (from.split("/")[1] as string) : "";
  const toFolder = to.split("/").length > 2 ? (to.split("/")[1] as string) : "";
  if (toFolder === "") {
    if (to === "src/seams.ts" && !typeOnly) return "seams holds types only: import type";
    return undefined;
  }
  if (fromFolder === toFolder) return undefined;
  if (fromFolder === "") {
    if (from === "src/seams.ts" && to === "src/pager/screen/fonts.ts" && typeOnly) return undefined;
    return "a root file of src imports only root files";
  }
  if (fromFolder === "gateway" && SEPARATE.includes(toFolder)) return undefined;
  if (toFolder === SHARED && (LINES.includes(fromFolder) || (fromFolder === "gateway" && typeOnly))) return undefined;
  return `${fromFolder} may not know of ${toFolder}: only gateway joins them`;
}

function hostProblem(from: string, to: string): string | undefined {
  if (to.startsWith("hosts/")) return undefined;
  if (to.startsWith("test/")) return "a host does not import tests";
  if (!to.startsWith("src/") || FOR_HOSTS.test(to)) return undefined;
  if (from.startsWith("hosts/station/") && FOR_STATION.test(to)) return undefined;
  return "a host sees of src only gateway, update, pager/screen, the set-up code, seams, errors, limits, melodies, pem and utf8 (the station payload and xmpp too)";
}
