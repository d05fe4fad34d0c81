/**
 * Holds Moddable's manifests against the folders. A wildcard in a manifest does not recurse, a file must get one module
 * name, and a name that is wrong aborts the program only when it is launched: so all of it is checked here.
 */
import { posix } from "node:path";
import { importsOf, type SourceFile } from "./source-text.ts";

export interface Manifest {
  /** Of the manifest file, from the root of the repository. */
  readonly path: string;
  readonly modules: Readonly<Record<string, string | readonly string[]>>;
  readonly preload: readonly string[];
}

/** The memory of an engine: bytes of chunks and of all together, slots of heap and stack. */
interface Creation {
  readonly static?: unknown;
  readonly stack?: unknown;
  readonly chunk?: Area;
  readonly heap?: Area;
}

interface Area {
  readonly initial?: unknown;
  readonly incremental?: unknown;
}

/** Reads what is checked from the text of a manifest; all else in it is left to mcconfig. */
export function parseManifest(path: string, text: string): Manifest {
  const raw = JSON.parse(text) as { modules?: Manifest["modules"]; preload?: string | string[] };
  const preload = raw.preload ?? [];
  return { path, modules: raw.modules ?? {}, preload: typeof preload === "string" ? [preload] : preload };
}

/**
 * What is wrong in the root manifest together with the manifest of one platform. `folders` are those of which every one
 * that holds TypeScript must have its wildcard line.
 */
export function manifestViolations(
  manifests: readonly Manifest[],
  files: readonly SourceFile[],
  folders: readonly string[],
): string[] {
  const violations: string[] = [];
  const names = new Map<string, Set<string>>();
  const wildcards = new Set<string>();
  for (const manifest of manifests) {
    for (const { key, target } of lines(manifest)) {
      const matched = match(key, target, files);
      if (target.endsWith("/*")) wildcards.add(posix.dirname(target));
      if (matched.length === 0) violations.push(`${manifest.path}: modules ${key}: nothing at ${target}`);
      for (const { path, name } of matched) names.set(path, (names.get(path) ?? new Set()).add(name));
    }
  }
  for (const [path, own] of names)
    if (own.size > 1) violations.push(`${path}: has ${own.size} module names: ${[...own].join(", ")}`);
  for (const folder of new Set(files.map((file) => posix.dirname(file.path)))) {
    const wanted = folders.some((root) => folder === root || folder.startsWith(`${root}/`));
    if (wanted && !wildcards.has(folder)) violations.push(`${folder}: has no wildcard line in a manifest`);
  }
  return [...violations, ...preloadViolations(manifests, names), ...relativeViolations(files, names)];
}

/**
 * What of the memory of these boards is not stated in the manifest, one sentence each. What is left out would come from the
 * SDK, whose values are other ones for each board, too small for some, and may change with its version.
 */
export function creationViolations(text: string, boards: readonly string[]): string[] {
  const { platforms = {} } = JSON.parse(text) as { platforms?: Record<string, { creation?: Creation }> };
  const isCount = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;
  return boards.flatMap((board) => {
    const { static: whole, stack, chunk, heap } = platforms[`esp32/${board}`]?.creation ?? {};
    const stated = {
      static: whole,
      stack,
      "chunk.initial": chunk?.initial,
      "chunk.incremental": chunk?.incremental,
      "heap.initial": heap?.initial,
      "heap.incremental": heap?.incremental,
    };
    return Object.entries(stated)
      .filter(([, value]) => !isCount(value))
      .map(([name, value]) => `${board}: creation ${name}: ${value}, expected a whole number`);
  });
}

/** The lines of `modules` that name files of this repository, targets from its root. */
function* lines(manifest: Manifest): Generator<{ key: string; target: string }> {
  for (const [key, value] of Object.entries(manifest.modules)) {
    if (key === "~") continue;
    for (const target of typeof value === "string" ? [value] : value)
      if (target.startsWith(".")) yield { key, target: posix.join(posix.dirname(manifest.path), target) };
  }
}

function match(key: string, target: string, files: readonly SourceFile[]): { path: string; name: string }[] {
  const found: { path: string; name: string }[] = [];
  for (const { path } of files) {
    const bare = path.replace(/\.ts$/, "");
    if (target.endsWith("/*")) {
      if (posix.dirname(path) === posix.dirname(target))
        found.push({ path, name: key.replace("*", posix.basename(bare)) });
    } else if (bare === target.replace(/\.ts$/, "")) {
      found.push({ path, name: key === "*" ? posix.basename(bare) : key });
    }
  }
  return found;
}

function preloadViolations(manifests: readonly Manifest[], names: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const all = new Set([...names.values()].flatMap((own) => [...own]));
  const prefixes = new Set([...all].map((name) => name.split("/")[0]));
  const violations: string[] = [];
  for (const manifest of manifests) {
    for (const name of manifest.preload) {
      if (name.includes("*")) violations.push(`${manifest.path}: preload ${name}: wildcards ignore TypeScript`);
      else if (prefixes.has(name.split("/")[0]) && !all.has(name))
        violations.push(`${manifest.path}: preload ${name}: there is no such module`);
    }
  }
  return violations;
}

/** A relative import is resolved between module names on the device: it must lead to the same file as on disk. */
function relativeViolations(files: readonly SourceFile[], names: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const violations: string[] = [];
  for (const file of files) {
    const [own] = names.get(file.path) ?? [];
    if (own === undefined) continue;
    for (const { specifier, typeOnly } of importsOf(file.text)) {
      if (typeOnly || !specifier.startsWith(".")) continue;
      const target = posix.join(posix.dirname(file.path), specifier);
      const reached = posix.join(posix.dirname(own), specifier).replace(/\.ts$/, "");
      const [wanted] = names.get(target) ?? [];
      if (wanted !== reached)
        violations.push(
          `${file.path}: import of ${specifier} looks for module ${reached}, the file is ${wanted ?? "no module"}`,
        );
    }
  }
  return violations;
}
