/** What the directory holds. Shared with the console: types only. */

export interface Person {
  /** Name to log in with and to send to; also the uid of a client that this person runs. */
  readonly name: string;
  readonly fullName?: string;
  /** Names of people and uids of devices whose presence this person's devices are told. */
  readonly contacts?: readonly string[];
}

export interface Device {
  readonly uid: string;
  /** Where it is or what it is, in words. */
  readonly label?: string;
  /** Name of the person who carries it; one without is nobody's, such as the pager on a wall. */
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
