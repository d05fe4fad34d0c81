/**
 * Values under topic filters, found by a topic name. One level of a topic is one step, so a hundred thousand filters cost a search no
 * more than those that match. A level that holds nothing any more is removed.
 */
import { levelsOf } from "./topic.ts";

interface Level<Value> {
  readonly children: Map<string, Level<Value>>;
  /** By key. */
  values: Map<string, Value> | undefined;
}

const newLevel = <Value>(): Level<Value> => ({ children: new Map(), values: undefined });

export class TopicTree<Value> {
  readonly #root: Level<Value> = newLevel();

  /** Sets or replaces the value of this key. @param filter a topic filter that is one */
  set(filter: string, key: string, value: Value): void {
    let level = this.#root;
    for (const name of levelsOf(filter)) {
      let child = level.children.get(name);
      if (!child) {
        child = newLevel();
        level.children.set(name, child);
      }
      level = child;
    }
    level.values ??= new Map();
    level.values.set(key, value);
  }

  get(filter: string, key: string): Value | undefined {
    return this.#levelOf(filter)?.values?.get(key);
  }

  /** The values of this very filter. */
  valuesOf(filter: string): Value[] {
    return [...(this.#levelOf(filter)?.values?.values() ?? [])];
  }

  delete(filter: string, key: string): void {
    const names = levelsOf(filter);
    const path: Level<Value>[] = [this.#root];
    for (const name of names) {
      const child = path[path.length - 1]?.children.get(name);
      if (!child) return;
      path.push(child);
    }
    const last = path[names.length] as Level<Value>;
    last.values?.delete(key);
    if (last.values?.size === 0) last.values = undefined;
    for (let depth = names.length; depth > 0; depth -= 1) {
      const level = path[depth] as Level<Value>;
      if (level.values || level.children.size > 0) return;
      path[depth - 1]?.children.delete(names[depth - 1] as string);
    }
  }

  /** Calls `visit` for each value whose filter matches. A wildcard at the beginning does not match `$…` [MQTT-4.7.2-1]. */
  match(topic: string, visit: (value: Value) => void): void {
    const names = levelsOf(topic);
    const walk = (level: Level<Value>, depth: number): void => {
      const takesWildcards = depth > 0 || !topic.startsWith("$");
      // `#` stands for its parent, too.
      if (takesWildcards) visitAll(level.children.get("#"), visit);
      if (depth === names.length) {
        visitAll(level, visit);
        return;
      }
      const exact = level.children.get(names[depth] as string);
      if (exact) walk(exact, depth + 1);
      const any = takesWildcards ? level.children.get("+") : undefined;
      if (any) walk(any, depth + 1);
    };
    walk(this.#root, 0);
  }

  get isEmpty(): boolean {
    return this.#root.children.size === 0;
  }

  #levelOf(filter: string): Level<Value> | undefined {
    let level: Level<Value> | undefined = this.#root;
    for (const name of levelsOf(filter)) level = level?.children.get(name);
    return level;
  }
}

function visitAll<Value>(level: Level<Value> | undefined, visit: (value: Value) => void): void {
  if (level?.values) for (const value of level.values.values()) visit(value);
}
