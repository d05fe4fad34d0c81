/** Reads what our declarations say about modules of the SDK, to compare it with the SDK. */
import { codeOf } from "../../architecture/source-text.ts";

export interface Declared {
  /** The names of its exports at run time, including `default`. */
  readonly exports: readonly string[];
  /** The names of methods and properties of its exports. */
  readonly members: readonly string[];
}

/** The modules that a file declares by `declare module "name" { … }`. */
export function declaredModules(text: string): Map<string, Declared> {
  const code = codeOf(text);
  const modules = new Map<string, Declared>();
  for (const match of code.matchAll(/^declare module "/gm)) {
    const quote = match.index + match[0].length;
    const name = text.slice(quote, text.indexOf('"', quote));
    const open = code.indexOf("{", quote);
    modules.set(name, declaredIn(code.slice(open + 1, endOfBlock(code, open))));
  }
  return modules;
}

/** What a file or a block with one module declares. */
export function declaredIn(text: string): Declared {
  const code = codeOf(text);
  const exports = [...code.matchAll(/\bexport\s+(?:declare\s+)?(?:const|function|class)\s+(\w+)/g)].map((at) => at[1]);
  if (/\bexport\s+default\b/.test(code)) exports.push("default");
  const members: string[] = [];
  for (const match of code.matchAll(/\b(?:(?:class|interface)\s+\w+[^{]*|const\s+\w+\s*:\s*)\{/g)) {
    const open = match.index + match[0].length - 1;
    const body = withoutInner(code.slice(open + 1, endOfBlock(code, open)));
    for (const [, name = ""] of body.matchAll(/(?:^|[;}])\s*(?:(?:static|readonly|get|set)\s+)*(\w+)\??\s*[(:=]/g))
      if (name !== "constructor" && name !== "new") members.push(name);
  }
  return { exports: exports as string[], members };
}

/** The names that a file declares as globals: `declare const name`. */
export function declaredGlobals(text: string): string[] {
  return [...codeOf(text).matchAll(/^declare const (\w+)/gm)].map((match) => match[1] as string);
}

function endOfBlock(code: string, open: number): number {
  let depth = 0;
  for (let at = open; at < code.length; at += 1) {
    if (code[at] === "{") depth += 1;
    else if (code[at] === "}") depth -= 1;
    if (depth === 0) return at;
  }
  return code.length;
}

/** The code without the content of inner brackets: parameters and the types of options are not members. */
function withoutInner(code: string): string {
  let depth = 0;
  let out = "";
  for (const character of code) {
    if (")}]".includes(character)) depth -= 1;
    if (depth === 0) out += character;
    // The opening bracket stays: it marks a method.
    if ("({[".includes(character)) depth += 1;
  }
  return out;
}
