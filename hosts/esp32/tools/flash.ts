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
 * Slots and byte code by the folder of the module that owns them. `SDK`: modules of the SDK. `names`: the table of
 * names. `engine`: what no module owns.
 */
export function flashByFolder(source: string): ReadonlyMap<string, FlashSize> {
  const slots = readSlots(source);
  const owners = ownersOf(slots);
  const sizes = new Map<string, FlashSize>();
  slots.forEach((slot, index) => {
    const module = owners.get(index);
    const folder = module === undefined ? (slot.kind === "KEY_X" ? "names" : "engine") : folderOf(module);
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
 * Which module owns each slot. A module owns its functions, their homes and closures, and then everything that these
 * hold.
 */
function ownersOf(slots: readonly Slot[]): ReadonlyMap<number, string> {
  const names = new Map<string, string>();
  for (const { kind, id, value } of slots) if (kind === "KEY_X") names.set(id, /"([^"]*)"/.exec(value)?.[1] ?? "");
  const modules = new Map<number, string>();
  slots.forEach(({ kind, next }, index) => {
    const property = next === undefined ? undefined : slots[next];
    if (kind !== "INSTANCE" || property?.kind !== "MODULE") return;
    modules.set(index, names.get(/, (\d+) \}/.exec(property.value)?.[1] ?? "") ?? "");
  });
  const owners = new Map<number, string>(modules);
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
  // A slot that another slot holds has the same owner.
  const reached = [...owners.keys()];
  for (let at = 0; at < reached.length; at += 1) {
    const index = reached[at] as number;
    const { next, references } = slots[index] as Slot;
    for (const held of next === undefined ? references : [...references, next]) {
      if (owners.has(held) || !slots[held] || slots[held].kind === "KEY_X") continue;
      owners.set(held, owners.get(index) as string);
      reached.push(held);
    }
  }
  return owners;
}

/** A function is a list of slots: the instance, its code, later its home, which names the module. */
function homeOf(slots: readonly Slot[], instance: Slot): Slot | undefined {
  let slot = instance.next === undefined ? undefined : slots[instance.next];
  if (!slot?.kind.startsWith("CODE")) return undefined;
  while (slot && slot.kind !== "HOME") slot = slot.next === undefined ? undefined : slots[slot.next];
  return slot;
}

function folderOf(module: string): string {
  const path = /^fieldpager\/((?:src|hosts)(?:\/[^/]+)?)\/[^/]+/.exec(module)?.[1];
  return path ?? "SDK";
}
