/** Types of the directory's entries. Shared with the console. */

export interface Person {
  /** Name to log in with and to send to; also the uid of a client that this person runs. */
  readonly name: string;
  readonly fullName?: string;
  /** Names of people and uids of devices. This person's devices see their presence. */
  readonly contacts?: readonly string[];
}

export interface Device {
  readonly uid: string;
  /** Where it is or what it is, in words. */
  readonly label?: string;
  /** Name of the person who carries it. A pager on a wall has no owner. */
  readonly owner?: string;
  /** In addition to its owner's. */
  readonly contacts?: readonly string[];
}

export interface Group {
  readonly uid: string;
  readonly label?: string;
  /** Names of people and uids of devices. */
  readonly members: readonly string[];
}

export interface DirectoryData {
  readonly people: readonly Person[];
  readonly devices: readonly Device[];
  readonly groups: readonly Group[];
}
