/**
 * People, devices, groups and contacts, and who belongs to whom. Everything is in memory; it comes from a source (a JSON file, an
 * LDAP server). Names of people, uids of devices and uids of groups are one space: no two are the same. Passwords stand in
 * `identity/accounts.ts`.
 */
import { isUid, UID_RULE } from "../../../src/payload/uid.ts";
import { AccessError } from "../identity/access-error.ts";
import { RESERVED_NAMES } from "../identity/accounts.ts";
import type { Device, DirectoryData, Group, Person } from "../shared/entries.ts";
import { DIRECTORY_ENTRIES_MAX, DIRECTORY_LIST_MAX } from "../shared/limits.ts";

/** The recipients of a push. `devices` holds uids, each once, in the order of the directory. It may be empty. */
export interface Recipient {
  readonly kind: "person" | "device" | "group" | "everyone";
  readonly devices: readonly string[];
}

/** The source of a directory. */
export interface DirectorySource {
  /** In words, for logs and the console. */
  readonly name: string;
  load(): Promise<DirectoryData>;
  /** Saves the directory; durable when it resolves. A source without this is read-only here. */
  save?(data: DirectoryData): Promise<void>;
  /** Whether somebody else has changed it since it was last loaded or saved. */
  hasChanged?(): boolean;
  close?(): Promise<void>;
}

/** The recipient that means every device. */
export const EVERYONE = "everyone";

export class Directory {
  readonly #source: DirectorySource;
  readonly #people = new Map<string, Person>();
  readonly #devices = new Map<string, Device>();
  readonly #groups = new Map<string, Group>();
  readonly #devicesByOwner = new Map<string, string[]>();
  readonly #groupsByMember = new Map<string, string[]>();
  /** Results of `isContact` since the last change. */
  readonly #contacts = new Map<string, ReadonlySet<string>>();
  readonly #listeners = new Set<() => void>();

  /** Loads the directory. Rejects where its source cannot be read. */
  static async open(source: DirectorySource): Promise<Directory> {
    const directory = new Directory(source);
    await directory.refresh();
    return directory;
  }

  private constructor(source: DirectorySource) {
    this.#source = source;
  }

  get sourceName(): string {
    return this.#source.name;
  }

  /** Whether the directory can be changed here. If not, the methods that change it reject with status 409. */
  get isWritable(): boolean {
    return this.#source.save !== undefined;
  }

  /** Throws an `AccessError` of status 409 if the directory is read-only here. */
  requireWritable(): void {
    if (!this.isWritable) throw new AccessError(409, `the directory is kept in ${this.sourceName}: change it there`);
  }

  get people(): readonly Person[] {
    return [...this.#people.values()];
  }

  get devices(): readonly Device[] {
    return [...this.#devices.values()];
  }

  get groups(): readonly Group[] {
    return [...this.#groups.values()];
  }

  person(name: string): Person | undefined {
    return this.#people.get(name);
  }

  device(uid: string): Device | undefined {
    return this.#devices.get(uid);
  }

  group(uid: string): Group | undefined {
    return this.#groups.get(uid);
  }

  /** The devices that a person carries. */
  devicesOf(person: string): readonly string[] {
    return this.#devicesByOwner.get(person) ?? [];
  }

  /** The devices of a person, a device, a group or `everyone`; undefined for a name that the directory does not know. */
  resolve(recipient: string): Recipient | undefined {
    if (recipient === EVERYONE) return { kind: "everyone", devices: [...this.#devices.keys()] };
    if (this.#devices.has(recipient)) return { kind: "device", devices: [recipient] };
    if (this.#people.has(recipient)) return { kind: "person", devices: this.devicesOf(recipient) };
    const group = this.#groups.get(recipient);
    return group && { kind: "group", devices: this.#devicesAmong(group.members) };
  }

  /** The groups whose messages a client gets: its own groups, and for a device those of its owner too. */
  groupsOf(uid: string): readonly string[] {
    const owner = this.#devices.get(uid)?.owner;
    const own = this.#groupsByMember.get(uid) ?? [];
    return owner === undefined ? own : unique([...own, ...(this.#groupsByMember.get(owner) ?? [])]);
  }

  /**
   * The clients whose presence a client may see: its contacts, and for a device those of its owner too. A person among the contacts
   * stands for their devices and for the client of their own name. The client itself is never among them.
   */
  contactsOf(uid: string): readonly string[] {
    const device = this.#devices.get(uid);
    const person = this.#people.get(device?.owner ?? uid);
    const names = [...(device?.contacts ?? []), ...(person?.contacts ?? [])];
    const clients = names.flatMap((name) => (this.#people.has(name) ? [name, ...this.devicesOf(name)] : [name]));
    return unique(clients).filter((client) => client !== uid);
  }

  /** Whether a client may see the presence of another one. The time does not grow with the number of contacts. */
  isContact(uid: string, other: string): boolean {
    const known = this.#contacts.get(uid) ?? new Set(this.contactsOf(uid));
    this.#contacts.set(uid, known);
    return known.has(other);
  }

  /** Adds a person. Rejects with an `AccessError`: 400 for what is no name, 409 for one that is taken. */
  async addPerson(person: Person): Promise<void> {
    await this.catchUp();
    this.#checkNew(person.name);
    this.#checkList("contacts", person.contacts);
    return this.#change({ ...this.#data, people: [...this.people, person] });
  }

  /** Adds a device. Rejects as `addPerson`, and with 400 for an owner whom the directory does not know. */
  async addDevice(device: Device): Promise<void> {
    await this.catchUp();
    this.#checkNew(device.uid);
    this.#checkList("contacts", device.contacts);
    this.#checkOwner(device);
    return this.#change({ ...this.#data, devices: [...this.devices, device] });
  }

  /** Adds a group. Rejects as `addPerson`. */
  async addGroup(group: Group): Promise<void> {
    await this.catchUp();
    this.#checkNew(group.uid);
    this.#checkList("members", group.members);
    return this.#change({ ...this.#data, groups: [...this.groups, group] });
  }

  /** Replaces the person of the same name. Rejects with status 404 where there is none. */
  async updatePerson(person: Person): Promise<void> {
    await this.catchUp();
    if (!this.#people.has(person.name)) throw unknownName(person.name);
    this.#checkList("contacts", person.contacts);
    return this.#change({
      ...this.#data,
      people: this.people.map((each) => (each.name === person.name ? person : each)),
    });
  }

  /** Replaces the device of the same uid. Rejects with status 404 where there is none. */
  async updateDevice(device: Device): Promise<void> {
    await this.catchUp();
    if (!this.#devices.has(device.uid)) throw unknownName(device.uid);
    this.#checkList("contacts", device.contacts);
    this.#checkOwner(device);
    return this.#change({
      ...this.#data,
      devices: this.devices.map((each) => (each.uid === device.uid ? device : each)),
    });
  }

  /** Replaces the group of the same uid. Rejects with status 404 where there is none. */
  async updateGroup(group: Group): Promise<void> {
    await this.catchUp();
    if (!this.#groups.has(group.uid)) throw unknownName(group.uid);
    this.#checkList("members", group.members);
    return this.#change({ ...this.#data, groups: this.groups.map((each) => (each.uid === group.uid ? group : each)) });
  }

  /** Removes a person, a device or a group, and its name wherever it stands. Rejects with status 404 where there is none. */
  async remove(name: string): Promise<void> {
    await this.catchUp();
    if (!this.#isTaken(name)) throw unknownName(name);
    const without = (names: readonly string[]) => names.filter((each) => each !== name);
    const people = this.people.filter((person) => person.name !== name);
    const devices = this.devices.filter((device) => device.uid !== name);
    const groups = this.groups.filter((group) => group.uid !== name);
    return this.#change({
      people: people.map((person) => (person.contacts ? { ...person, contacts: without(person.contacts) } : person)),
      devices: devices.map(({ owner, ...device }) => ({
        ...device,
        ...(owner === undefined || owner === name ? {} : { owner }),
        ...(device.contacts ? { contacts: without(device.contacts) } : {}),
      })),
      groups: groups.map((group) => ({ ...group, members: without(group.members) })),
    });
  }

  /** Reads the source again. Rejects where it cannot be read; what was known then stays. */
  async refresh(): Promise<void> {
    this.#take(await this.#source.load());
  }

  /** As `refresh`, if somebody else has changed the source. Rejects with status 409 if what they wrote is not right. */
  async catchUp(): Promise<void> {
    if (!this.#source.hasChanged?.()) return;
    try {
      await this.refresh();
    } catch (error) {
      throw new AccessError(409, `somebody has written a mistake: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** Calls back after each change. Returns a function that ends it. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    await this.#source.close?.();
  }

  get #data(): DirectoryData {
    return { people: this.people, devices: this.devices, groups: this.groups };
  }

  /** Changes the memory at once, so that two changes at the same time are both kept. Undoes the change if it cannot be saved. */
  async #change(data: DirectoryData): Promise<void> {
    this.requireWritable();
    const former = this.#data;
    this.#take(data);
    try {
      await this.#source.save?.(data);
    } catch (error) {
      this.#take(former);
      throw error;
    }
  }

  #take({ people, devices, groups }: DirectoryData): void {
    for (const map of [
      this.#people,
      this.#devices,
      this.#groups,
      this.#devicesByOwner,
      this.#groupsByMember,
      this.#contacts,
    ])
      map.clear();
    for (const person of people) this.#people.set(person.name, person);
    for (const device of devices) {
      this.#devices.set(device.uid, device);
      if (device.owner !== undefined) addTo(this.#devicesByOwner, device.owner, device.uid);
    }
    for (const group of groups) {
      this.#groups.set(group.uid, group);
      for (const member of new Set(group.members)) addTo(this.#groupsByMember, member, group.uid);
    }
    for (const listener of this.#listeners) listener();
  }

  #devicesAmong(names: readonly string[]): readonly string[] {
    return unique(names.flatMap((name) => (this.#devices.has(name) ? [name] : this.devicesOf(name))));
  }

  #isTaken(name: string): boolean {
    return this.#people.has(name) || this.#devices.has(name) || this.#groups.has(name);
  }

  #checkNew(name: string): void {
    const problem = whyNoName(name);
    if (problem) throw new AccessError(400, `name: ${problem}`);
    if (this.#isTaken(name)) throw new AccessError(409, `name: ${JSON.stringify(name)} is taken`);
    if (this.#people.size + this.#devices.size + this.#groups.size >= DIRECTORY_ENTRIES_MAX)
      throw new AccessError(409, `the directory holds ${DIRECTORY_ENTRIES_MAX} entries, as many as it can`);
  }

  #checkOwner({ owner }: Device): void {
    if (owner !== undefined && !this.#people.has(owner))
      throw new AccessError(400, `owner: the directory knows no person ${JSON.stringify(owner)}`);
  }

  #checkList(field: string, names: readonly string[] = []): void {
    if (names.length > DIRECTORY_LIST_MAX)
      throw new AccessError(400, `${field}: expected at most ${DIRECTORY_LIST_MAX}`);
    const unknown = names.find((name) => !this.#people.has(name) && !this.#devices.has(name));
    if (unknown !== undefined)
      throw new AccessError(400, `${field}: the directory knows no ${JSON.stringify(unknown)}`);
  }
}

/** Why this cannot be a name in a directory; undefined if it can. */
export function whyNoName(name: string): string | undefined {
  if (!isUid(name)) return `expected ${UID_RULE}`;
  // A pre-subscription is one line of text in which these have a meaning.
  if (/,|-<sub>-/.test(name)) return "a comma and -<sub>- cannot stand in it";
  return RESERVED_NAMES.includes(name) ? `${name} has a meaning of its own` : undefined;
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}

function addTo(map: Map<string, string[]>, key: string, value: string): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}

function unknownName(name: string): AccessError {
  return new AccessError(404, `the directory knows no ${JSON.stringify(name)}`);
}
