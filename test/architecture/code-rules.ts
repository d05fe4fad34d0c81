/** What may not be written in `src`, and what may lie at the top of the repository. */
import { codeOf, lineAt, type SourceFile } from "./source-text.ts";

/** Names that belong to a platform. The core gets bytes and times, and needs nothing else. */
const PLATFORM_NAMES = [
  ..."setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate queueMicrotask console process".split(
    " ",
  ),
  ..."Buffer TextEncoder TextDecoder performance crypto fetch URL URLSearchParams structuredClone Intl".split(" "),
  ..."window document navigator localStorage globalThis trace require Promise async await WebSocket atob btoa".split(
    " ",
  ),
];

interface Forbidden {
  readonly pattern: RegExp;
  readonly why: string;
}

const FORBIDDEN: readonly Forbidden[] = [
  {
    // A private member may have such a name.
    pattern: new RegExp(`(?<![.\\w$#]|private )(?:${PLATFORM_NAMES.join("|")})(?![\\w$])`, "g"),
    why: "belongs to a platform; the core does no I/O",
  },
  { pattern: /(?<![.\w$#])Date\s*\.\s*now\b/g, why: "time comes in through the seams" },
  { pattern: /(?<![.\w$#])new\s+Date\s*(?:\(\s*\)|(?![\s(]))/g, why: "time comes in through the seams" },
  { pattern: /(?<![.\w$#])Math\s*\.\s*random\b/g, why: "random numbers come in through the seams" },
  { pattern: /(?<![.\w$#])export\s+default\b/g, why: "exports are named" },
  { pattern: /(?<![.\w$#])enum\s+[\w$]+\s*\{/g, why: "a frozen object is used instead of an enum" },
  { pattern: /(?<![.\w$#])any(?![\w$])/g, why: "nothing is of type any" },
];

/** Where a file in `src` breaks the rules of the core, one sentence each. */
export function coreCodeViolations(file: SourceFile): string[] {
  const violations = violationsOf(file, FORBIDDEN);
  if (/(^|\/)index\.tsx?$/.test(file.path)) violations.push(`${file.path}: there are no barrel files`);
  return violations;
}

function violationsOf(file: SourceFile, forbidden: readonly Forbidden[]): string[] {
  const code = codeOf(file.text);
  return forbidden.flatMap(({ pattern, why }) =>
    [...code.matchAll(pattern)].map((match) => `${file.path}:${lineAt(code, match.index)}: ${match[0].trim()}: ${why}`),
  );
}

/** The files of a device's program, and those of the simulator, which run in the same engine. */
const FLASHED = /^(src|hosts\/(moddable|esp32|simulator)(?!\/tools\/)|hosts\/[^/]+\.ts$)/;

/** Only these files may call `trace`: the board's log leaves there, and the simulator writes its own log. */
const TRACES = /^hosts\/(simulator\/|esp32\/serial-line\.ts$)/;

const FORBIDDEN_ON_BOARDS: readonly Forbidden[] = [
  { pattern: /(?<![.\w$])trace\s*\(/g, why: "says nothing in a release build; the board has a log" },
  {
    pattern: /^(?:export )?(?:const|let) [^;\n]*=\s*\(?globalThis\b/gm,
    why: "at the top of a preloaded module this is the global object of the linker, not of the board",
  },
];

const FORBIDDEN_IN_FLASH: readonly Forbidden[] = [
  {
    // `this.sort()` calls a method of ours.
    pattern: /(?<!(?<![.\w$])this)\s*\??\.\s*(?:sort|toSorted)\s*\(\s*\)/g,
    why: "without a comparison XS on ESP sorts a typed array by a loop that never ends for length 0",
  },
];

/** Where a flashed file would fail on a board, although it runs on a computer. One sentence each. */
export function flashedCodeViolations(file: SourceFile): string[] {
  if (!FLASHED.test(file.path) || file.path.endsWith(".d.ts")) return [];
  return violationsOf(file, [...FORBIDDEN_IN_FLASH, ...(TRACES.test(file.path) ? [] : FORBIDDEN_ON_BOARDS)]);
}

const TOP_LEVEL = new Set(
  "package.json package-lock.json tsconfig.json manifest.json README.md LICENSE src hosts test".split(" "),
);

/** Tracked paths whose first part the architecture does not list. Dotfiles are free. */
export function topLevelViolations(trackedPaths: readonly string[]): string[] {
  const tops = new Set(trackedPaths.map((path) => path.split("/")[0] as string));
  return [...tops]
    .filter((name) => !name.startsWith(".") && !TOP_LEVEL.has(name))
    .map((name) => `${name}: not a part of the tree of architecture.md`);
}
