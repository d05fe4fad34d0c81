/**
 * Reads the C source that the SDK's linker writes: everything that the engine finds in flash. Preloaded modules are
 * slots, with the byte code of their functions as literals. The other modules are arrays of byte code.
 */

/**
 * Size of a slot in flash, in bytes. Slots are the objects, functions and names that exist when the program is built.
 */
export const SLOT_BYTES = 16;

export interface FlashSize {
  readonly romSlots: number;
  readonly byteCode: number;
}

/** One slot. References are indices of slots. */
interface Slot {
  readonly kind: string;
  readonly id: string;
  /** Index of the next slot in its list. undefined: there is none. */
  readonly next: number | undefined;
  readonly references: readonly number[];
  readonly value: string;
}

/** Slots and byte code of the whole program. */
export function flashSize(source: string): FlashSize {
  let byteCode = 0;
  for (const [, length] of source.matchAll(/^static const txU1 gxCode\d+\[(\d+)\];$/gm)) byteCode += Number(length);
  for (const [, literal = ""] of source.matchAll(CODE_LITERAL)) byteCode += literal.length / LITERAL_CHARACTERS;
  const romSlots = Number(/^#define mxHeapCount (\d+)$/m.exec(source)?.[1] ?? 0);
  if (romSlots === 0 || byteCode === 0) throw new Error("the linked code has no sizes");
  return { romSlots, byteCode };
}

/**
 * The same by folder of the files that they were written in; `SDK` for those of the SDK, `names` for the table of names, `engine` for
 * what belongs to none.
 * @param files the file of each property of the global object that the program makes
 */
export function flashByFolder(source: string, files: ReadonlyMap<string, string>): ReadonlyMap<string, FlashSize> {
  const slots = readSlots(source);
  const owners = ownersOf(slots, files);
  const sizes = new Map<string, FlashSize>();
  slots.forEach((slot, index) => {
    const owner = owners.get(index);
    const folder = owner === undefined ? (slot.kind === "KEY_X" ? "names" : "engine") : folderOf(owner);
    const { romSlots, byteCode } = sizes.get(folder) ?? { romSlots: 0, byteCode: 0 };
    const literal = slot.kind === "CODE_X" ? (CODE_LITERAL_ONE.exec(slot.value)?.[1] ?? "") : "";
    sizes.set(folder, { romSlots: romSlots + 1, byteCode: byteCode + literal.length / LITERAL_CHARACTERS });
  });
  return sizes;
}

/** A byte is written as `\x1f`, which is four characters. */
const CODE_LITERAL = /\(txByte\*\)"((?:\\x[0-9a-f]{2})*)"/g;
const CODE_LITERAL_ONE = /\(txByte\*\)"((?:\\x[0-9a-f]{2})*)"/;
const LITERAL_CHARACTERS = 4;

const SLOT =
  /^\/\* (\d+) \*\/\t\{ (?:NULL|\(txSlot\*\)(?:&gxHeap\[(\d+)\]|\d+)), \{\.ID = ([^,]+), .*?\.kind = XS_(\w+)_KIND\}, \.value = (.*)$/gm;

function readSlots(source: string): readonly Slot[] {
  const slots: Slot[] = [];
  for (const [, index, next, id = "", kind = "", value = ""] of source.matchAll(SLOT)) {
    const references = [...value.matchAll(/&gxHeap\[(\d+)\]/g)].map(([, reference]) => Number(reference));
    slots[Number(index)] = { kind, id, next: next === undefined ? undefined : Number(next), references, value };
  }
  if (slots.length === 0) throw new Error("the linked code has no slots");
  return slots;
}

/**
 * The file or the module to which each slot belongs. What a property of the global object holds was written in the file that made
 * it. Modules beside the program own their functions, by the homes of these. What is held belongs to who holds it.
 */
function ownersOf(slots: readonly Slot[], files: ReadonlyMap<string, string>): ReadonlyMap<number, string> {
  const names = new Map<string, string>();
  for (const { kind, id, value } of slots) if (kind === "KEY_X") names.set(id, /"([^"]*)"/.exec(value)?.[1] ?? "");
  const nameOf = ({ id }: Slot) => /^xsID_(.*)$/.exec(id)?.[1] ?? names.get(id) ?? "";
  const owners = new Map<number, string>();
  for (const index of globalProperties(slots, nameOf)) {
    const property = slots[index] as Slot;
    const file = files.get(nameOf(property));
    if (file === undefined) continue;
    for (const owned of [index, ...property.references]) owners.set(owned, file);
  }
  const modules = new Map<number, string>();
  slots.forEach(({ kind, next }, index) => {
    const property = next === undefined ? undefined : slots[next];
    if (kind !== "INSTANCE" || property?.kind !== "MODULE") return;
    const name = names.get(/, (\d+) \}/.exec(property.value)?.[1] ?? "") ?? "";
    if (!name.startsWith("fieldpager/")) modules.set(index, name);
  });
  for (const [index, module] of modules) owners.set(index, module);
  for (const { kind, references } of slots) {
    const module = modules.get(references.at(-1) ?? -1);
    if (module === undefined || (kind !== "HOME" && kind !== "EXPORT")) continue;
    for (const reference of references) if (!owners.has(reference)) owners.set(reference, module);
  }
  slots.forEach((slot, index) => {
    const home = slot.kind === "INSTANCE" ? homeOf(slots, slot) : undefined;
    const module = modules.get(home?.references.at(-1) ?? -1);
    if (module !== undefined) owners.set(index, module);
  });
  const globals = new Set(globalProperties(slots, nameOf));
  const reached = [...owners.keys()];
  for (let at = 0; at < reached.length; at += 1) {
    const index = reached[at] as number;
    const { kind, next, references } = slots[index] as Slot;
    // What an instance refers to by itself is what it inherits.
    const own = kind === "INSTANCE" ? [] : references;
    for (const held of next === undefined || globals.has(index) ? own : [...own, next]) {
      if (owners.has(held) || !slots[held] || slots[held].kind === "KEY_X") continue;
      owners.set(held, owners.get(index) as string);
      reached.push(held);
    }
  }
  return owners;
}

/** The slots of the properties of the global object, and of the one like it that the engine has for compartments. */
function globalProperties(slots: readonly Slot[], nameOf: (slot: Slot) => string): number[] {
  return slots.flatMap(({ kind, next }) => {
    const properties: number[] = [];
    if (kind === "INSTANCE")
      for (let at = next; at !== undefined && slots[at]; at = slots[at]?.next) properties.push(at);
    return properties.some((at) => nameOf(slots[at] as Slot) === "Math") ? properties : [];
  });
}

/** A function is an instance, its code behind it, then its home, which names the module. */
function homeOf(slots: readonly Slot[], instance: Slot): Slot | undefined {
  let slot = instance.next === undefined ? undefined : slots[instance.next];
  if (!slot?.kind.startsWith("CODE")) return undefined;
  while (slot && slot.kind !== "HOME") slot = slot.next === undefined ? undefined : slots[slot.next];
  return slot;
}

function folderOf(path: string): string {
  return /^((?:src|hosts)(?:\/[^/]+)?)\/[^/]+/.exec(path)?.[1] ?? "SDK";
}
