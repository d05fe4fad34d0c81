/**
 * Private members of different classes share names: the engine keeps a slot for each name. A name is renamed when the source
 * declares it private, and all uses of it in the whole program are on `this`. So nothing but the class and its heirs can ask for it.
 * `#name` becomes a plain name, too: a function has a slot for each such name that it uses.
 */
import { withFiles } from "./constants.ts";
import { Edits, isMember, keyOf, type Node, nameOf, type Place, statementsOf, visit } from "./syntax.ts";

/** The names that TypeScript sources declare `private` or `protected`, and never in another way. */
export function privateNamesOf(sources: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>();
  const open = new Set<string>();
  for (const source of sources)
    for (const statement of statementsOf(source, "ts"))
      visit(statement, (node) => {
        const name = DECLARES.test(node.type) ? (keyOf(node) ?? parameterOf(node)) : undefined;
        const isPrivate = ["private", "protected"].includes(node.accessibility as string) && node.static !== true;
        if (name !== undefined) (isPrivate ? names : open).add(name);
      });
  for (const name of open) names.delete(name);
  return names;
}

const DECLARES =
  /^(Class\w*(Method|Property)|TSDeclareMethod|TSParameterProperty|TSPropertySignature|TSMethodSignature)$/;

/** The name of `private name` among the parameters of a constructor. */
function parameterOf(node: Node): string | undefined {
  const parameter = node.parameter as Node | undefined;
  return parameter && nameOf((parameter.left ?? parameter) as Node);
}

interface Use {
  readonly name: string;
  /** Uses of the same member have the same one: its name, or what declares `#name`. */
  readonly member: string | Node;
  readonly family: Node;
  readonly key: Node;
  readonly isShorthand: boolean;
}

/** @param taken words of what is beside the bundle: names that are asked for there, maybe */
export function sharePrivateNames(text: string, names: ReadonlySet<string>, taken: ReadonlySet<string>): string {
  const uses: Use[] = [];
  const open = new Set(taken);
  const statements = statementsOf(text);
  const familyOf = families(statements);
  for (const { statement, file } of withFiles(text, statements))
    visit(statement, (node, path) => {
      if (node.type === "StringLiteral") open.add(node.value as string);
      const isHash = node.type === "PrivateName";
      const name = isHash ? `#${nameOf(node.id as Node)}` : keyOf(node);
      if (name === undefined) return;
      const [declares, declarer] = isHash ? declarationOf(node, path) : [];
      const isNamed = file.endsWith(".ts") && names.has(name);
      const family = familyOf(isHash ? declarer : isNamed ? ownerOf(node, path) : undefined);
      const key = isHash ? node : ((node.property ?? node.key) as Node);
      if (family) uses.push({ name, member: declares ?? name, family, key, isShorthand: node.shorthand === true });
      else open.add(name);
    });
  const free = uses.filter(({ name }) => !open.has(name));
  const shared = [...new Set(free.map(({ name }) => name))].filter((name) => !name.startsWith("#")).sort(byLength);
  const renamedIn = new Map<Node, Map<string | Node, string>>();
  const edits = new Edits();
  for (const { member, family, key, isShorthand } of free) {
    const renamed = renamedIn.get(family) ?? new Map<string | Node, string>();
    renamedIn.set(family, renamed);
    const name = renamed.get(member) ?? shared[renamed.size];
    if (name === undefined) continue;
    renamed.set(member, name);
    edits.replace(key.start, isShorthand ? key.start : key.end, isShorthand ? `${name}: ` : name);
  }
  return edits.apply(text);
}

function byLength(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : 1);
}

/** The class whose instance has this member, where that is sure: it declares it, or asks `this` for it. */
function ownerOf(node: Node, path: readonly Place[]): Node | undefined {
  const [holder, outer] = path;
  if (/^Class(Method|Property)$/.test(node.type)) return node.static === true ? undefined : outer?.node;
  if (isMember(node)) return isOwn(node.object as Node) ? instanceOf(path) : undefined;
  const isPattern = holder?.node.type === "ObjectPattern" && outer?.node.type === "VariableDeclarator";
  const value = isPattern && outer.key === "id" ? (outer.node.init as Node | null) : undefined;
  return value && isOwn(value) ? instanceOf(path) : undefined;
}

function isOwn({ type }: Node): boolean {
  return type === "ThisExpression" || type === "Super";
}

/** The class of what `this` is at this place. */
function instanceOf(path: readonly Place[]): Node | undefined {
  const at = path.findIndex(
    ({ node }) =>
      node.type !== "ArrowFunctionExpression" &&
      /Function|Method|Property$|StaticBlock/.test(node.type) &&
      node.type !== "ObjectProperty",
  );
  const { node, key } = path[at] ?? {};
  const isMemberOfClass = node?.type.startsWith("Class") && key !== "key" && node.static !== true;
  return isMemberOfClass ? path[at + 2]?.node : undefined;
}

/** What declares `#name`, and its class, where it is used as a member and not in another way, as in `#name in value`. */
function declarationOf(
  privateName: Node,
  path: readonly Place[],
): [declares?: Node | undefined, declarer?: Node | undefined] {
  const [holder] = path;
  if (!holder || !(isMember(holder.node) || holder.key === "key")) return [];
  for (const { node } of path)
    for (const item of node.type === "ClassBody" ? (node.body as readonly Node[]) : []) {
      const key = item.key as Node | undefined;
      if (key?.type === "PrivateName" && nameOf(key.id as Node) === nameOf(privateName.id as Node))
        return [item, path.find((place) => place.node.body === node)?.node];
    }
  return [];
}

/** Gives the class that a class comes from in the end. Classes with the same one must not share names. */
function families(statements: readonly Node[]): (one: Node | undefined) => Node | undefined {
  const classes = new Map<string, Node>();
  for (const statement of statements) {
    if (statement.type === "ClassDeclaration") classes.set(nameOf(statement.id as Node), statement);
    for (const { id, init } of statement.type === "VariableDeclaration" ? (statement.declarations as Node[]) : [])
      if ((init as Node | null)?.type === "ClassExpression") classes.set(nameOf(id as Node), init as Node);
  }
  const familyOf = (one: Node | undefined): Node | undefined => {
    const parent = one?.superClass as Node | null | undefined;
    if (!parent) return one;
    return parent.type === "Identifier" ? familyOf(classes.get(nameOf(parent))) : undefined;
  };
  return familyOf;
}
