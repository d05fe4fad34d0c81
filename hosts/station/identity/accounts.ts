/**
 * Who may log in: people, devices and programs with their passwords, and tokens for the HTTP interface. One file holds all of
 * them, as hashes only. The directory says who belongs to whom and who can be reached.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { isUid, UID_RULE } from "../../../src/payload/uid.ts";
import { JsonFile } from "../../common/json-file.ts";
import { localPassword, localToken } from "../../common/local-key.ts";
import {
  ACCOUNTS_MAX,
  PASSWORD_BYTES_MAX,
  PASSWORD_BYTES_MIN,
  TOKENS_MAX,
  TOKENS_PER_ACCOUNT_MAX,
} from "../shared/limits.ts";
import { AccessError } from "./access-error.ts";
import { CHOSEN_COST, GENERATED_COST, generatePassword, hashPassword, isPasswordOf } from "./password-hash.ts";
import { PasswordQueue } from "./password-queue.ts";

/** A `program` is for example Home Assistant, or a script with `mosquitto_pub`. */
export type AccountKind = "person" | "device" | "program";

export interface Account {
  /** The name at a login. That of a device is its uid. 1 to 64 bytes, as a uid. */
  readonly name: string;
  readonly kind: AccountKind;
  /** May change accounts and directory, send commands, and send to everyone. */
  readonly isAdmin: boolean;
  /** Milliseconds since 1970. */
  readonly createdAtMs: number;
  /** The account whose console page holds this pager. Only pagers in pages have one. */
  readonly owner?: string;
}

/** A token in a list. The token itself is shown once, when it is made. */
export interface TokenInfo {
  readonly id: string;
  /** The account that the token stands for. */
  readonly owner: string;
  readonly label: string;
  readonly createdAtMs: number;
}

export interface NewAccount {
  readonly name: string;
  readonly kind: AccountKind;
  readonly isAdmin?: boolean;
  readonly owner?: string;
  /** The user has chosen it. Without it the station generates one. */
  readonly password?: string;
}

interface StoredAccount extends Account {
  readonly password: string;
}
interface StoredToken extends TokenInfo {
  readonly hash: string;
}
interface Content {
  readonly version: 1;
  readonly accounts: readonly StoredAccount[];
  readonly tokens: readonly StoredToken[];
}

/** The account that the local key stands for, see `hosts/common/local-key.ts`. No account of the file may have this name. */
export const LOCAL_ACCOUNT: Account = Object.freeze({ name: "local", kind: "program", isAdmin: true, createdAtMs: 0 });

/** No account may have these names: they have a meaning already. */
export const RESERVED_NAMES: readonly string[] = Object.freeze(["everyone", "local", "presubscriber", "station"]);

const CHOSEN_PREFIX = `scrypt$${CHOSEN_COST.blocks}$`;
const TOKEN_PREFIX = "fp_";

export class Accounts {
  readonly #file: JsonFile<Content>;
  readonly #localKey: string;
  readonly #queue = new PasswordQueue();
  readonly #accounts = new Map<string, StoredAccount>();
  /** By hash. */
  readonly #tokens = new Map<string, StoredToken>();
  /** Digests of passwords that this process has verified, by stored hash. A device that comes back costs no scrypt. */
  readonly #verified = new Map<string, Buffer>();
  readonly #verifiedKey = randomBytes(32);
  readonly #listeners = new Set<(name: string) => void>();
  /** Computed at every refusal that would be cheaper otherwise: all refusals take equally long, also for unknown names. */
  readonly #nobody: Promise<string>;

  /**
   * Opens the accounts in a file. A missing file holds none. Throws for a damaged file.
   * @param localKey what `localPassword` and `localToken` derive from; empty: nothing of that kind is taken
   */
  constructor(path: string, localKey = "") {
    this.#file = new JsonFile(path);
    this.#localKey = localKey;
    this.#nobody = hashPassword(generatePassword(), CHOSEN_COST);
    this.reload();
  }

  /** Reads the file again, after another process has written it. */
  reload(): void {
    const content = this.#file.read();
    if (content && content.version !== 1)
      throw new Error(
        `${this.#file.path}: version ${content.version}, expected 1: it is of another version of the station`,
      );
    this.#accounts.clear();
    this.#tokens.clear();
    for (const account of content?.accounts ?? []) this.#accounts.set(account.name, account);
    for (const token of content?.tokens ?? []) this.#tokens.set(token.hash, token);
  }

  /** Calls back with each account whose former password and tokens are void: it has another password, or is gone. */
  listen(listener: (name: string) => void): void {
    this.#listeners.add(listener);
  }

  get isEmpty(): boolean {
    return this.#accounts.size === 0;
  }

  get(name: string): Account | undefined {
    const account = this.#accounts.get(name);
    return account && withoutHash(account);
  }

  /** Another one after each change of the password. Nothing can be learned from it. undefined: there is no such account. */
  credentialOf(name: string): string | undefined {
    return this.#accounts.get(name)?.password;
  }

  list(): readonly Account[] {
    return [...this.#accounts.values()].map(withoutHash);
  }

  /** Names of the pagers in the pages of an account, the oldest first. */
  ownedBy(owner: string): readonly string[] {
    return [...this.#accounts.values()].filter((account) => account.owner === owner).map(({ name }) => name);
  }

  /**
   * The account with this name and password, or undefined. The time that it takes does not tell whether the name exists. Few
   * passwords are computed at once. Rejects with an `AccessError` of status 503 when too many wait.
   * @param mayCompute is asked right before the computation. A client that is over its limit by then costs nothing.
   */
  async verify(name: string, password: string, mayCompute: () => boolean = () => true): Promise<Account | undefined> {
    if (Buffer.byteLength(password) > PASSWORD_BYTES_MAX) return undefined;
    const account = this.#accounts.get(name);
    const hash = account?.password;
    if (account && this.isVerified(name, password)) return withoutHash(account);
    if (!mayCompute()) return undefined;
    const isRight = await this.#queue.run(async () => {
      if (!mayCompute()) return false;
      const isRight = hash !== undefined && (await isPasswordOf(password, hash));
      if (!isRight && !hash?.startsWith(CHOSEN_PREFIX)) await isPasswordOf(password, await this.#nobody);
      return isRight;
    });
    if (!isRight || this.#accounts.get(name)?.password !== hash) return undefined;
    if (hash !== undefined) this.#verified.set(hash, this.#digest(password));
    return this.get(name);
  }

  /** Whether this process has verified this password before, and the account still has it. Computes no scrypt. */
  isVerified(name: string, password: string): boolean {
    const known = this.#verified.get(this.#accounts.get(name)?.password ?? "");
    return known !== undefined && timingSafeEqual(known, this.#digest(password));
  }

  /** Whether `password` is derived from the local key for `name`. The caller checks that the connection is local. */
  isLocalPassword(name: string, password: string): boolean {
    return this.#localKey !== "" && isSame(password, localPassword(this.#localKey, name));
  }

  /**
   * The account that a token of `Authorization: Bearer` stands for, or undefined.
   * @param isLocal the request came over loopback: the token of the local key is valid too
   */
  verifyToken(token: string, isLocal: boolean): Account | undefined {
    if (isLocal && this.#localKey !== "" && isSame(token, localToken(this.#localKey))) return LOCAL_ACCOUNT;
    const found = this.#tokens.get(tokenHash(token));
    return found && this.get(found.owner);
  }

  /**
   * Adds an account and gives its password, which nobody can read again. On disk when it resolves. Rejects with an `AccessError`
   * for a name that is taken (409), an invalid name (400), and a password that is too short (400).
   */
  async create(wanted: NewAccount): Promise<{ readonly account: Account; readonly password: string }> {
    const { account, password, takeBack } = await this.#add(wanted);
    await this.#save(takeBack);
    return { account, password };
  }

  /** Adds an administrator and a token for it, both or neither. Gives password and token this once. On disk when it resolves. */
  async createAdmin(name: string, tokenLabel: string): Promise<{ readonly password: string; readonly token: string }> {
    const { password, takeBack } = await this.#add({ name, kind: "person", isAdmin: true });
    const { token, hash } = this.#addToken(name, tokenLabel);
    await this.#save(() => {
      takeBack();
      this.#tokens.delete(hash);
    });
    return { password, token };
  }

  /** In memory only. */
  async #add(wanted: NewAccount) {
    const { name, kind, isAdmin = false, owner, password = generatePassword() } = wanted;
    this.#checkName(name);
    const stored: StoredAccount = {
      name,
      kind,
      isAdmin,
      createdAtMs: Date.now(),
      ...(owner === undefined ? {} : { owner }),
      password: await this.#hash(password, wanted.password !== undefined),
    };
    this.#checkName(name);
    this.#accounts.set(name, stored);
    return { account: withoutHash(stored), password, takeBack: () => void this.#accounts.delete(name) };
  }

  /** Gives an account another password, a given or a generated one. The former one, and all tokens of the account, are void at once. */
  async setPassword(name: string, password?: string): Promise<string> {
    const text = password ?? generatePassword();
    const hash = await this.#hash(text, password !== undefined);
    const former = this.#accounts.get(name);
    if (!former) throw new AccessError(404, `there is no account ${JSON.stringify(name)}`);
    this.#accounts.set(name, { ...former, password: hash });
    this.#verified.delete(former.password);
    const tokens = this.#dropTokens(name);
    await this.#save(() => {
      this.#accounts.set(name, former);
      for (const token of tokens) this.#tokens.set(token.hash, token);
    });
    this.#tell([name]);
    return text;
  }

  /** Removes an account with its tokens and the pagers in its pages. Rejects with status 409 for the last administrator. */
  async remove(name: string): Promise<void> {
    const former = this.#accounts.get(name);
    if (!former) throw new AccessError(404, `there is no account ${JSON.stringify(name)}`);
    const admins = [...this.#accounts.values()].filter((account) => account.isAdmin);
    if (former.isAdmin && admins.length === 1)
      throw new AccessError(409, `${name} is the only administrator: make another one first`);
    const gone = [former, ...[...this.#accounts.values()].filter(({ owner }) => owner === name)];
    for (const account of gone) {
      this.#accounts.delete(account.name);
      this.#verified.delete(account.password);
    }
    const tokens = this.#dropTokens(name);
    await this.#save(() => {
      for (const account of gone) this.#accounts.set(account.name, account);
      for (const token of tokens) this.#tokens.set(token.hash, token);
    });
    this.#tell(gone.map((account) => account.name));
  }

  /** In memory only. */
  #dropTokens(owner: string): readonly StoredToken[] {
    const tokens = [...this.#tokens.values()].filter((token) => token.owner === owner);
    for (const token of tokens) this.#tokens.delete(token.hash);
    return tokens;
  }

  #tell(names: readonly string[]): void {
    for (const listener of this.#listeners) for (const name of names) listener(name);
  }

  /** Makes a token that stands for an account at the HTTP interface. Nobody can read it again. */
  async issueToken(owner: string, label: string): Promise<string> {
    if (!this.#accounts.has(owner)) throw new AccessError(404, `there is no account ${JSON.stringify(owner)}`);
    const own = this.listTokens().filter((token) => token.owner === owner).length;
    if (own >= TOKENS_PER_ACCOUNT_MAX)
      throw new AccessError(409, `there are ${own} tokens of ${owner}: revoke one first`);
    if (this.#tokens.size >= TOKENS_MAX) throw new AccessError(409, `there are ${TOKENS_MAX} tokens: revoke one first`);
    const { token, hash } = this.#addToken(owner, label);
    await this.#save(() => this.#tokens.delete(hash));
    return token;
  }

  /** In memory only. */
  #addToken(owner: string, label: string): { readonly token: string; readonly hash: string } {
    const token = TOKEN_PREFIX + randomBytes(24).toString("base64url");
    const hash = tokenHash(token);
    const id = randomBytes(6).toString("hex");
    this.#tokens.set(hash, { id, owner, label, createdAtMs: Date.now(), hash });
    return { token, hash };
  }

  listTokens(): readonly TokenInfo[] {
    return [...this.#tokens.values()].map(({ hash: _, ...info }) => info);
  }

  /** Revokes a token. Rejects with status 404 for an unknown id. */
  async revokeToken(id: string): Promise<void> {
    const token = [...this.#tokens.values()].find((each) => each.id === id);
    if (!token) throw new AccessError(404, `there is no token ${JSON.stringify(id)}`);
    this.#tokens.delete(token.hash);
    await this.#save(() => this.#tokens.set(token.hash, token));
  }

  #checkName(name: string): void {
    if (!isUid(name)) throw new AccessError(400, `name: expected ${UID_RULE}`);
    if (RESERVED_NAMES.includes(name)) throw new AccessError(400, `name: ${name} has a meaning of its own`);
    if (this.#accounts.has(name)) throw new AccessError(409, `name: ${JSON.stringify(name)} is taken`);
    if (this.#accounts.size >= ACCOUNTS_MAX) throw new AccessError(409, `there are ${ACCOUNTS_MAX} accounts`);
  }

  async #hash(password: string, isChosen: boolean): Promise<string> {
    const bytes = Buffer.byteLength(password);
    if (bytes < PASSWORD_BYTES_MIN || bytes > PASSWORD_BYTES_MAX)
      throw new AccessError(400, `password: expected ${PASSWORD_BYTES_MIN} to ${PASSWORD_BYTES_MAX} bytes`);
    return this.#queue.run(() => hashPassword(password, isChosen ? CHOSEN_COST : GENERATED_COST));
  }

  #digest(password: string): Buffer {
    return createHmac("sha256", this.#verifiedKey).update(password).digest();
  }

  /** Writes the file. If that fails, the change is undone. */
  async #save(takeBack: () => unknown): Promise<void> {
    try {
      await this.#file.write({
        version: 1,
        accounts: [...this.#accounts.values()],
        tokens: [...this.#tokens.values()],
      });
    } catch (error) {
      takeBack();
      throw error;
    }
  }
}

function withoutHash({ password: _, ...account }: StoredAccount): Account {
  return account;
}

/** A token has 192 random bits. Nobody can guess it, so one round of SHA-256 is enough. */
function tokenHash(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}

/** Compares in constant time. */
function isSame(a: string, b: string): boolean {
  return timingSafeEqual(createHash("sha256").update(a).digest(), createHash("sha256").update(b).digest());
}
