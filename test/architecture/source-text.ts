/** Just enough of a TypeScript scanner to read imports and names without being misled by comments, strings and patterns. */

export interface SourceFile {
  /** From the root of the repository, with `/`. */
  readonly path: string;
  readonly text: string;
}

export interface Import {
  readonly specifier: string;
  /** `import type` or `export type`: gone at run time. */
  readonly typeOnly: boolean;
  readonly dynamic: boolean;
}

/** `source` with spaces in place of comments and the insides of strings, templates and patterns. The length stays the same. */
export function codeOf(source: string): string {
  const out = source.split("");
  const blank = (start: number, end: number) => {
    for (let index = start; index < end; index += 1) if (out[index] !== "\n") out[index] = " ";
  };
  /** The depth of braces in each open `${`. */
  const templates: number[] = [];
  let offset = 0;
  const skipTemplate = () => {
    const start = offset;
    while (offset < source.length && source[offset] !== "`" && !source.startsWith("${", offset))
      offset += source[offset] === "\\" ? 2 : 1;
    blank(start, Math.min(offset, source.length));
    if (source[offset] === "`") offset += 1;
    else {
      offset += 2;
      templates.push(0);
    }
  };
  while (offset < source.length) {
    const character = source[offset] as string;
    if (source.startsWith("//", offset) || source.startsWith("/*", offset)) {
      const line = source[offset + 1] === "/";
      const found = source.indexOf(line ? "\n" : "*/", offset + 2);
      const end = found < 0 ? source.length : found + (line ? 0 : 2);
      blank(offset, end);
      offset = end;
    } else if (character === '"' || character === "'") {
      const end = endOfQuoted(source, offset, character);
      blank(offset + 1, end - 1);
      offset = end;
    } else if (character === "`") {
      offset += 1;
      skipTemplate();
    } else if (character === "/" && isPattern(out, offset)) {
      const end = endOfPattern(source, offset);
      blank(offset + 1, end - 1);
      offset = end;
    } else {
      offset += 1;
      const top = templates.length - 1;
      if (top < 0) continue;
      if (character === "{") templates[top] = (templates[top] as number) + 1;
      else if (character === "}") {
        if (templates[top] === 0) {
          templates.pop();
          skipTemplate();
        } else templates[top] = (templates[top] as number) - 1;
      }
    }
  }
  return out.join("");
}

function endOfQuoted(source: string, start: number, quote: string): number {
  let offset = start + 1;
  while (offset < source.length && source[offset] !== quote) offset += source[offset] === "\\" ? 2 : 1;
  return offset + 1;
}

function endOfPattern(source: string, start: number): number {
  let offset = start + 1;
  let inClass = false;
  while (offset < source.length && (inClass || source[offset] !== "/")) {
    if (source[offset] === "[") inClass = true;
    else if (source[offset] === "]") inClass = false;
    offset += source[offset] === "\\" ? 2 : 1;
  }
  return offset + 1;
}

/** Whether a slash begins a regular expression. It is a division unless a value can begin here. */
function isPattern(code: readonly string[], slash: number): boolean {
  const before = code
    .slice(Math.max(0, slash - 80), slash)
    .join("")
    .trimEnd();
  return (
    before === "" || /[(,=:[!&|?{};+\-*%<>~^]$/.test(before) || /\b(return|typeof|case|in|of|do|else)$/.test(before)
  );
}

const STATIC_IMPORT =
  /(?<![.\w$])(import|export)(\s+type(?=[\s{*]))?(\s*(?:[\w$*{][\w$\s,*{}]*?)\bfrom|(?<=import))\s*(["'])/g;
const DYNAMIC_IMPORT = /(?<![.\w$])import\s*\(\s*(["'`]?)/g;

/** All imports and re-exports of a file. A dynamic import of a computed name has the specifier `?`. */
export function importsOf(source: string): Import[] {
  const code = codeOf(source);
  const imports: Import[] = [];
  for (const match of code.matchAll(STATIC_IMPORT)) {
    const quote = match.index + match[0].length - 1;
    const specifier = source.slice(quote + 1, endOfQuoted(source, quote, match[4] as string) - 1);
    imports.push({ specifier, typeOnly: match[2] !== undefined, dynamic: false });
  }
  for (const match of code.matchAll(DYNAMIC_IMPORT)) {
    const quote = match.index + match[0].length - 1;
    const specifier = match[1] ? source.slice(quote + 1, endOfQuoted(source, quote, match[1]) - 1) : "?";
    imports.push({ specifier, typeOnly: false, dynamic: true });
  }
  return imports;
}

/** The line of an offset, from 1. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
