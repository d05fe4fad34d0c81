/** Reads a script as a tree, and changes its text at places of that tree. */
import { parse } from "@babel/parser";

/** A node of the tree. What it has beside type and place depends on the type. */
export interface Node {
  readonly type: string;
  /** In characters of the text, end excluded. */
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** The statements of a module. */
export function statementsOf(text: string, language: "js" | "ts" = "js"): readonly Node[] {
  const plugins = language === "ts" ? (["typescript"] as const) : [];
  const { program } = parse(text, { sourceType: "module", plugins: [...plugins] });
  return program.body as unknown as readonly Node[];
}

/** A node and where it stands: `path` begins with the node that holds it. */
export type Visit = (node: Node, path: readonly Place[]) => void;

export interface Place {
  readonly node: Node;
  /** The member of the node in which the visited one is. */
  readonly key: string;
}

/** Visits a node and all in it, outer ones first. */
export function visit(root: Node, visitor: Visit, path: readonly Place[] = []): void {
  visitor(root, path);
  for (const [key, value] of Object.entries(root)) {
    if (key === "loc" || key === "extra" || key.endsWith("Comments")) continue;
    for (const item of Array.isArray(value) ? value : [value])
      if (isNode(item)) visit(item, visitor, [{ node: root, key }, ...path]);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Partial<Node>).type === "string";
}

/** Of an identifier. */
export function nameOf(node: Node): string {
  return node.name as string;
}

/** The name of a member, a property or a method where it is written as an identifier and not in brackets. */
export function keyOf(node: Node): string | undefined {
  const key = (node.property ?? node.key) as Node | undefined;
  return key?.type === "Identifier" && node.computed !== true ? nameOf(key) : undefined;
}

const MEMBERS = Object.freeze(["MemberExpression", "OptionalMemberExpression"]);
const KEYED = Object.freeze(["ObjectProperty", "ObjectMethod", "ClassMethod", "ClassProperty"]);

export function isMember(node: Node): boolean {
  return MEMBERS.includes(node.type);
}

/** Whether this identifier is the name of a member, a property or a label, and not of a variable. */
export function isKey({ node, key }: Place): boolean {
  if (isMember(node)) return key === "property" && node.computed !== true;
  if (KEYED.includes(node.type)) return key === "key" && node.computed !== true;
  return ["LabeledStatement", "BreakStatement", "ContinueStatement", "MetaProperty"].includes(node.type);
}

/** Whether this identifier makes a variable: it stands in a declaration, among parameters, or is the name of a function or class. */
export function isDeclared(path: readonly Place[]): boolean {
  for (const { node, key } of path) {
    if (node.type === "VariableDeclarator") return key === "id";
    if (node.type === "CatchClause") return key === "param";
    if (/Function|Method/.test(node.type)) return key === "params" || key === "id";
    if (/^Class(Declaration|Expression)$/.test(node.type)) return key === "id";
    const isPattern = /Pattern$|^RestElement$/.test(node.type) && key !== "right";
    const isOfPattern = node.type === "ObjectProperty" && key === "value";
    if (!isPattern && !isOfPattern) return false;
  }
  return false;
}

/** Names of variables that are set after they were made. */
export function setAgain(statements: readonly Node[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const statement of statements)
    visit(statement, (node) => {
      const target = node[SETS[node.type] ?? ""] as Node | undefined;
      // What is set may be a pattern, as in `[one, other] = values`.
      if (target && !isMember(target) && target.type !== "VariableDeclaration")
        visit(target, (one, [holder]) => {
          if (one.type === "Identifier" && !(holder && isKey(holder))) names.add(nameOf(one));
        });
    });
  return names;
}

/** In which member each kind of statement has what it sets. */
const SETS: Readonly<Record<string, string>> = Object.freeze({
  AssignmentExpression: "left",
  UpdateExpression: "argument",
  ForOfStatement: "left",
  ForInStatement: "left",
});

/** Changes of a text, gathered in any order. They must not overlap. */
export class Edits {
  readonly #edits: { readonly start: number; readonly end: number; readonly text: string }[] = [];

  replace(start: number, end: number, text: string): void {
    this.#edits.push({ start, end, text });
  }

  /** The part of the text between two places, changed. */
  apply(source: string, start = 0, end = source.length): string {
    let at = start;
    let changed = "";
    for (const edit of this.#edits.filter((each) => each.start >= start && each.end <= end).sort(byPlace)) {
      if (edit.start < at) throw new Error(`two changes at ${edit.start}: ${source.slice(edit.start, edit.end)}`);
      changed += source.slice(at, edit.start) + edit.text;
      at = edit.end;
    }
    return changed + source.slice(at, end);
  }
}

function byPlace(a: { readonly start: number; readonly end: number }, b: typeof a): number {
  return a.start - b.start || a.end - b.end;
}
