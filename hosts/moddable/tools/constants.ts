/** What a script calls by a name and always has the same value stands in each place by itself: a name takes slots, a number none. */
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

type Value = number | string;

/** A text that is used again is worth a name when it takes more bytes than its slots and the byte code that reads them. */
const NAMED_TEXT_BYTES = 32;
const READ_BYTES = 6;

/** Puts numbers, short texts and the members of frozen tables in the place of their names, in the script of a bundle. */
export function inlineConstants(text: string): string {
  const statements = statementsOf(text);
  const declared = declarations(statements);
  const uses = usesOf(statements, declared);
  const values = new Map<string, Value>();
  const tables = new Map<string, ReadonlyMap<string, Value>>();
  for (const [name, init] of declared) {
    const value = constantOf(init, declared);
    if (value !== undefined && isWorthwhile(value, uses.get(name)?.length ?? 0)) values.set(name, value);
    const table = tableOf(init, declared);
    if (table) tables.set(name, table);
  }
  const edits = new Edits();
  const needed = new Set<string>();
  for (const [name, places] of uses)
    for (const [node, [holder, outer] = []] of places) {
      const value = values.get(name);
      const member = holder && isMember(holder.node) && holder.key === "object" ? holder.node : undefined;
      const item = member && tables.get(name)?.get(keyOf(member) ?? "");
      if (holder?.node.type === "ExportSpecifier") needed.add(name);
      else if (value !== undefined) edits.replace(node.start, node.end, written(value, node, holder));
      else if (member && item !== undefined && !(outer?.node.type === "AssignmentExpression" && outer.key === "left"))
        edits.replace(member.start, member.end, written(item, member, outer));
      else needed.add(name);
    }
  const isWhole = (name: string) => tables.has(name) && tables.get(name)?.size === sizeOf(declared.get(name));
  const isGone = (name: string) => !needed.has(name) && (values.has(name) || isWhole(name));
  return statements
    .map((statement) => {
      const names = declaredBy(statement);
      const rest = names.length > 0 && names.every(isGone) ? "" : edits.apply(text, statement.start, statement.end);
      return leading(text, statements, statement) + rest;
    })
    .join("");
}

/** What stands between the former statement and this one: esbuild names the file there. */
function leading(text: string, statements: readonly Node[], statement: Node): string {
  const former = statements[statements.indexOf(statement) - 1];
  return text.slice(former?.end ?? 0, statement.start);
}

/** esbuild writes the name of each file above what comes from it. */
export const FILE_LINE = /^\/\/!? (\S+\.[jt]s)$/gm;

/** Each statement with the file that it comes from. */
export function* withFiles(text: string, statements: readonly Node[]): Generator<{ statement: Node; file: string }> {
  let file = "";
  for (const statement of statements) {
    for (const [, name = ""] of leading(text, statements, statement).matchAll(FILE_LINE)) file = name;
    yield { statement, file };
  }
}

/** The variables that a statement of the module makes, each with its value. */
export function declaredBy(statement: Node): string[] {
  if (statement.type !== "VariableDeclaration") return [];
  return (statement.declarations as readonly Node[]).map(({ id }) => nameOf(id as Node));
}

/** The values of the variables of the module. Those that are set again have none. */
function declarations(statements: readonly Node[]): Map<string, Node> {
  const found = new Map<string, Node>();
  for (const statement of statements)
    for (const { id, init } of statement.type === "VariableDeclaration" ? (statement.declarations as Node[]) : [])
      if ((id as Node).type === "Identifier" && init) found.set(nameOf(id as Node), init as Node);
  for (const name of setAgain(statements)) found.delete(name);
  return found;
}

/** Where each of these variables is used. esbuild gives no other variable of a bundle a name of the module's. */
function usesOf(statements: readonly Node[], declared: ReadonlyMap<string, Node>) {
  const uses = new Map<string, [node: Node, path: readonly Place[]][]>();
  for (const statement of statements)
    visit(statement, (node, path) => {
      if (node.type !== "Identifier" || !declared.has(nameOf(node)) || (path[0] && isKey(path[0]))) return;
      if (isDeclared(path)) {
        if (path.length > 2)
          throw new Error(`${nameOf(node)}: a variable of the module and an inner one have the same name`);
        return;
      }
      const name = nameOf(node);
      uses.set(name, [...(uses.get(name) ?? []), [node, path]]);
    });
  return uses;
}

function isWorthwhile(value: Value, uses: number): boolean {
  if (typeof value === "number") return true;
  return uses * (value.length + 3) <= NAMED_TEXT_BYTES + value.length + uses * READ_BYTES;
}

function written(value: Value, node: Node, holder: Place | undefined): string {
  const text = typeof value === "string" ? JSON.stringify(value) : `(${value})`;
  const isShorthand = holder?.node.type === "ObjectProperty" && holder.node.shorthand === true;
  return isShorthand ? `${nameOf(node)}: ${text}` : text;
}

const BINARY: Readonly<Record<string, (a: number, b: number) => number>> = Object.freeze({
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "**": (a, b) => a ** b,
  "<<": (a, b) => a << b,
  ">>": (a, b) => a >> b,
  ">>>": (a, b) => a >>> b,
  "&": (a, b) => a & b,
  "|": (a, b) => a | b,
  "^": (a, b) => a ^ b,
});

/** The value of an expression of literals, operators and constants, or undefined. */
function constantOf(node: Node, declared: ReadonlyMap<string, Node>): Value | undefined {
  switch (node.type) {
    case "NumericLiteral":
    case "StringLiteral":
      return node.value as Value;
    case "Identifier": {
      const init = declared.get(nameOf(node));
      return init && constantOf(init, declared);
    }
    case "UnaryExpression": {
      const value = constantOf(node.argument as Node, declared);
      return node.operator === "-" && typeof value === "number" ? -value : undefined;
    }
    case "BinaryExpression": {
      const operate = BINARY[node.operator as string];
      const [left, right] = [constantOf(node.left as Node, declared), constantOf(node.right as Node, declared)];
      if (!operate || typeof left !== "number" || typeof right !== "number") return undefined;
      const value = operate(left, right);
      return Number.isFinite(value) ? value : undefined;
    }
    default:
      return undefined;
  }
}

/** The values of `Object.freeze({…})`, by their keys, or undefined. */
function tableOf(node: Node, declared: ReadonlyMap<string, Node>): Map<string, Value> | undefined {
  const properties = frozen(node)?.properties as readonly Node[] | undefined;
  if (!properties) return undefined;
  const values = new Map<string, Value>();
  for (const property of properties) {
    const key = property.type === "ObjectProperty" ? keyOf(property) : undefined;
    const value = key === undefined ? undefined : constantOf(property.value as Node, declared);
    if (key !== undefined && value !== undefined && isWorthwhile(value, 1)) values.set(key, value);
  }
  return values;
}

function sizeOf(node: Node | undefined): number | undefined {
  return node && (frozen(node)?.properties as readonly Node[] | undefined)?.length;
}

/** The object in `Object.freeze({…})`. */
function frozen(node: Node): Node | undefined {
  const callee = node.callee as Node | undefined;
  const isFreeze = node.type === "CallExpression" && callee && isMember(callee) && keyOf(callee) === "freeze";
  const [object] = (isFreeze ? node.arguments : []) as readonly Node[];
  return object?.type === "ObjectExpression" ? object : undefined;
}
