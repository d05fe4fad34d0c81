/**
 * Makes a bundle take less flash. What the engine stores for a module that the linker has run is counted in slots of 16 bytes:
 * each function has three, and three more where it can be a constructor, and one for each variable outside of it that it names,
 * and two more when there is one. So constants stand for themselves, functions of the module become arrow functions, which cannot
 * be constructors, and the module's variables become properties of the global object, which takes no slot in the functions that
 * name them. What they do is the same. Names that only the program sees are shared: each name has a slot, too.
 */
import { transform } from "esbuild";
import { declaredBy, FILE_LINE, inlineConstants, withFiles } from "./constants.ts";
import { sharePrivateNames } from "./private-names.ts";
import {
  Edits,
  isDeclared,
  isKey,
  isMember,
  keyOf,
  type Node,
  nameOf,
  type Place,
  setAgain,
  statementsOf,
  visit,
} from "./syntax.ts";

export interface Compacted {
  readonly text: string;
  /** The file, from the root of the repository, in which each property of the global object was written. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * @param taken names that modules beside the bundle use: no variable of the program may have one on the global object
 * @param privateNames those of the TypeScript sources
 */
export async function compact(
  bundle: string,
  taken: ReadonlySet<string>,
  privateNames: ReadonlySet<string>,
): Promise<Compacted> {
  const small = inlineConstants(sharePrivateNames(bundle, privateNames, taken));
  // Inner variables make room: each of their names may be the best for one of the module.
  const { text, files } = withGlobals(await withShortNames(small), taken);
  const code = await withShortNames(text);
  return { text: shareOtherNames(code), files };
}

/** esbuild knows which variables are the same. It keeps what names the files. */
async function withShortNames(text: string): Promise<string> {
  const marked = text.replace(FILE_LINE, "//! $1");
  const { code } = await transform(marked, {
    format: "esm",
    target: "es2023",
    minifyIdentifiers: true,
    legalComments: "inline",
  });
  return code;
}

function withGlobals(text: string, taken: ReadonlySet<string>): Compacted {
  const statements = statementsOf(text);
  for (const { statement, file } of withFiles(text, statements)) {
    refusePatterns(statement, file);
    refuseOtherGlobals(statement, file);
  }
  const imports = importsOf(statements);
  const own = new Set(statements.flatMap(namesOf));
  // Those stay variables of the module.
  for (const name of setAgain(statements)) own.delete(name);
  const renamed = chooseNames([...own, ...new Set(imports.locals.values())], statements, taken);
  for (const [local, first] of imports.locals) renamed.set(local, renamed.get(first) as string);

  const edits = new Edits();
  const made = constructed(statements);
  for (const statement of statements) editUses(statement, renamed, edits);
  const functions: string[] = [];
  const others: string[] = [];
  const exported: string[] = [];
  const files = new Map<string, string>();
  for (const { statement, file } of withFiles(text, statements)) {
    for (const name of namesOf(statement)) files.set(renamed.get(name) ?? name, file);
    if (statement.type === "ImportDeclaration") continue;
    if (statement.type === "ExportNamedDeclaration")
      for (const { local, exported: outer } of statement.specifiers as { local: Node; exported: Node }[])
        exported.push(
          `const $${exported.length} = ${renamed.get(nameOf(local)) ?? nameOf(local)};\nexport { $${exported.length} as ${nameOf(outer)} };`,
        );
    else if (
      statement.type === "FunctionDeclaration" &&
      !made.has(nameOf(statement.id as Node)) &&
      !needsItself(statement)
    )
      functions.push(arrow(statement, renamed, edits, text));
    else if (statement.type === "FunctionDeclaration")
      functions.push(
        `globalThis.${renamed.get(nameOf(statement.id as Node))} = ${edits.apply(text, statement.start, statement.end)};`,
      );
    else if (statement.type === "VariableDeclaration") others.push(...variables(statement, renamed, edits, text));
    else others.push(edits.apply(text, statement.start, statement.end));
  }
  return { text: [...imports.lines(renamed), ...functions, ...others, ...exported].join("\n"), files };
}

/**
 * In SDK 8.2.3 each use of a pattern that lies in flash leaks memory and gives the garbage collector a wrong pointer:
 * xs/sources/xsre.c, fxAllocateRegExpData, lacks an else. Patterns inside of functions are made when these run, and are safe.
 */
function refusePatterns(statement: Node, file: string): void {
  visit(statement, (node, path) => {
    const isPattern =
      node.type === "RegExpLiteral" || (node.type === "NewExpression" && nameOf(node.callee as Node) === "RegExp");
    const isInside = path.some((place) => /Function|Method/.test(place.node.type));
    if (isPattern && !isInside)
      throw new Error(`${file}: a pattern at the top, where it would lie in flash, expected inside of a function`);
  });
}

/** What the global object is asked for must be known: no variable of the program may have that name. */
function refuseOtherGlobals(statement: Node, file: string): void {
  visit(statement, (node, [holder]) => {
    if (!isGlobalObject(node, holder)) return;
    const asked = askedOf(holder);
    if (asked.length === 0 || asked.includes(undefined))
      throw new Error(
        `${file}: the global object in another use, expected globalThis.name or const { name } = globalThis`,
      );
  });
}

/** Imports of the same thing under several names are one. */
function importsOf(statements: readonly Node[]) {
  const locals = new Map<string, string>();
  const first = new Map<string, { readonly local: string; readonly module: string; readonly name: string }>();
  for (const statement of statements)
    for (const specifier of statement.type === "ImportDeclaration" ? (statement.specifiers as readonly Node[]) : []) {
      const module = (statement.source as Node).value as string;
      const local = nameOf(specifier.local as Node);
      if (specifier.type === "ImportNamespaceSpecifier") throw new Error(`${module} is imported whole, expected names`);
      const name = specifier.type === "ImportDefaultSpecifier" ? "default" : nameOf(specifier.imported as Node);
      const key = `${name} of ${module}`;
      if (!first.has(key)) first.set(key, { local, module, name });
      locals.set(local, first.get(key)?.local as string);
    }
  const lines = (renamed: ReadonlyMap<string, string>) =>
    [...first.values()].map(
      ({ local, module, name }, at) =>
        `import { ${name} as $i${at} } from ${JSON.stringify(module)};\nglobalThis.${renamed.get(local)} = $i${at};`,
    );
  return { locals, lines };
}

/** Names after `new`, and those whose members are asked for: functions that may be more than called. */
function constructed(statements: readonly Node[]): Set<string> {
  const names = new Set<string>();
  for (const statement of statements)
    visit(statement, (node) => {
      const target = (node.type === "NewExpression" ? node.callee : isMember(node) ? node.object : undefined) as
        | Node
        | undefined;
      if (target?.type === "Identifier") names.add(nameOf(target));
    });
  return names;
}

/** The functions and variables of the module that a statement makes. */
function namesOf(statement: Node): string[] {
  return statement.type === "FunctionDeclaration" ? [nameOf(statement.id as Node)] : declaredBy(statement);
}

/** Whether a function can be no arrow function. */
function needsItself(statement: Node): boolean {
  let needs = statement.generator === true;
  visit(statement, (node) => {
    if (["ThisExpression", "MetaProperty", "Super"].includes(node.type)) needs = true;
    if (node.type === "Identifier" && nameOf(node) === "arguments") needs = true;
  });
  return needs;
}

function arrow(statement: Node, renamed: ReadonlyMap<string, string>, edits: Edits, text: string): string {
  const body = statement.body as Node;
  const parameters = statement.params as readonly Node[];
  const list = parameters.map(({ start, end }) => edits.apply(text, start, end)).join(", ");
  const [only, second] = body.body as readonly Node[];
  const result = only?.type === "ReturnStatement" && !second ? (only.argument as Node | null) : null;
  const inner = result ? `(${edits.apply(text, result.start, result.end)})` : edits.apply(text, body.start, body.end);
  const isAsync = statement.async === true ? "async " : "";
  return `globalThis.${renamed.get(nameOf(statement.id as Node))} = ${isAsync}(${list}) => ${inner};`;
}

function variables(statement: Node, renamed: ReadonlyMap<string, string>, edits: Edits, text: string): string[] {
  return (statement.declarations as readonly Node[]).map(({ id, init }) => {
    const value = init ? edits.apply(text, (init as Node).start, (init as Node).end) : "undefined";
    const name = nameOf(id as Node);
    return renamed.has(name) ? `globalThis.${renamed.get(name)} = ${value};` : `let ${name} = ${value};`;
  });
}

function editUses(statement: Node, renamed: ReadonlyMap<string, string>, edits: Edits): void {
  visit(statement, (node, path) => {
    const name = node.type === "Identifier" ? renamed.get(nameOf(node)) : undefined;
    const holder = path[0];
    if (name === undefined || !holder || isKey(holder) || isDeclared(path)) return;
    edits.replace(node.start, node.end, isShorthand(holder) ? `${nameOf(node)}: ${name}` : name);
  });
}

function isShorthand({ node, key }: Place): boolean {
  return node.type === "ObjectProperty" && node.shorthand === true && key === "value";
}

/** What the script calls its variables, its own and those of the engine, and what it asks the global object for. */
function variableNames(statements: readonly Node[]): Set<string> {
  const used = new Set<string>();
  for (const statement of statements)
    visit(statement, (node, [holder]) => {
      if (node.type !== "Identifier" || !holder || isKey(holder)) return;
      used.add(nameOf(node));
      if (isGlobalObject(node, holder)) for (const name of askedOf(holder)) if (name !== undefined) used.add(name);
    });
  return used;
}

function isGlobalObject(node: Node, holder: Place | undefined): holder is Place {
  if (node.type !== "Identifier" || !holder || isKey(holder)) return false;
  return nameOf(node) === "globalThis" || nameOf(node) === "global";
}

/** The names in `globalThis.name` and in `const { name } = globalThis`; undefined: one that is not known. */
function askedOf({ node, key }: Place): (string | undefined)[] {
  if (isMember(node) && key === "object") return [keyOf(node)];
  const pattern = node.type === "VariableDeclarator" ? (node.id as Node) : undefined;
  return pattern?.type === "ObjectPattern" ? (pattern.properties as readonly Node[]).map(keyOf) : [];
}

/**
 * Each gets the name of a property that the program has anyway. A name of the engine, of a module beside the bundle or of a
 * variable of the program is none of these. Where there are too few, a variable keeps its own name.
 */
function chooseNames(
  variables: readonly string[],
  statements: readonly Node[],
  taken: ReadonlySet<string>,
): Map<string, string> {
  const used = variableNames(statements);
  const free = [...keysOf(statements)].filter((key) => !used.has(key) && !taken.has(key) && !isOfEngine(key)).sort();
  return new Map(variables.map((name, at) => [name, free[at] ?? name]));
}

function keysOf(statements: readonly Node[]): Set<string> {
  const keys = new Set<string>();
  for (const statement of statements)
    visit(statement, (node) => {
      const key = keyOf(node);
      if (key !== undefined) keys.add(key);
    });
  return keys;
}

/** The other variables get names of properties, too, where theirs is none. What is imported or exported under its own name keeps it. */
function shareOtherNames(text: string): string {
  const statements = statementsOf(text);
  const keys = keysOf(statements);
  const uses: Node[] = [];
  const made = new Set<string>();
  for (const statement of statements)
    visit(statement, (node, path) => {
      const [holder] = path;
      if (node.type !== "Identifier" || (holder && isKey(holder))) return;
      if (holder?.node.type === "ImportSpecifier" || holder?.node.type === "ExportSpecifier") {
        const [inner, outer] = [holder.node.local as Node, (holder.node.imported ?? holder.node.exported) as Node];
        if (inner.start === outer.start) keys.add(nameOf(node));
        if (holder.key !== "local") return;
      }
      uses.push(node);
      if (isDeclared(path) || holder?.node.type === "ImportSpecifier") made.add(nameOf(node));
    });
  const used = new Set(uses.map(nameOf));
  const free = [...keys].filter((key) => !used.has(key) && !isOfEngine(key)).sort();
  const lonely = [...made].filter((name) => !keys.has(name));
  const renamed = new Map(lonely.map((name, at) => [name, free[at] ?? name]));
  const edits = new Edits();
  for (const node of uses) {
    const name = renamed.get(nameOf(node));
    if (name !== undefined) edits.replace(node.start, node.end, name);
  }
  return edits.apply(text);
}

/** Constructors and namespaces begin with a capital. Words of the language are no names of variables. */
function isOfEngine(name: string): boolean {
  if (/^[A-Z_]/.test(name) || name in globalThis || WORDS.includes(name)) return true;
  try {
    new Function(`"use strict"; let ${name};`);
    return false;
  } catch {
    return true;
  }
}

/** Words that are no names of variables in some places. */
const WORDS = Object.freeze(["as", "async", "from", "get", "of", "set"]);
