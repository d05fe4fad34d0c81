/**
 * Which Wi-Fi network is tried next, and when a better one is looked for. It only decides. `wifi.ts` does it.
 *
 * Without a connection it goes in rounds. A round tries each network once. The strongest that was heard goes first. Networks that were
 * not heard may be hidden, and go last. Two that are about equally strong, and those that were not heard, go in the order of the
 * settings. After a round comes a wait, which doubles from round to round.
 *
 * The first round of a board with one network does not listen first: there is nothing to choose.
 */

/** A network of the settings. */
export interface KnownNetwork {
  readonly ssid: string;
  /** Empty: the network is open. */
  readonly password: string;
}

/** An access point that was heard. */
export interface HeardNetwork {
  readonly ssid: string;
  /** Of the access point. */
  readonly bssid: string;
  /** Strength of its signal, in dBm. */
  readonly rssi: number;
  /** It asks for no password. */
  readonly isOpen: boolean;
}

/** The access point to which the board is connected. */
export type JoinedNetwork = Pick<HeardNetwork, "ssid" | "bssid" | "rssi">;

export type WifiStep =
  /** Listen to what is there, then call `handleHeard`. */
  | { readonly kind: "listen" }
  /** Join this network, then call `handleJoined` or `handleFailed`. */
  | { readonly kind: "join"; readonly network: KnownNetwork }
  /** Do nothing for so long. */
  | { readonly kind: "wait"; readonly delayMs: number };

/** Wait after the first round, in milliseconds. It doubles after each round that fails. */
const WAIT_BASE_MS = 1_000;

/** Longest wait after a round, in milliseconds. */
const WAIT_MAX_MS = 60_000;

/** Signals that differ by less are taken as equal, in decibels. */
const EQUAL_DB = 8;

/** Below the rank of every signal. */
const UNHEARD_RANK = -100;

/** A signal below this is weak, in dBm. */
const WEAK_DBM = -75;

/** So many readings in a row must be weak before a better access point is looked for. */
const WEAK_READINGS = 2;

/** A better access point is stronger by this, in decibels. The change costs the connection to the broker. */
const BETTER_DB = 12;

/** Wait before a better access point is looked for again, in milliseconds. It doubles where there was none. */
const ROAM_BASE_MS = 300_000;
const ROAM_MAX_MS = 3_600_000;

export class WifiPlan {
  private readonly networks: readonly KnownNetwork[];
  private readonly random: () => number;
  /** What this round still has to try. undefined: the round has not begun. */
  private round: KnownNetwork[] | undefined;
  private failedRounds = 0;
  private heard: readonly HeardNetwork[] | undefined;
  private reasons: string[] = [];
  private weakReadings = 0;
  private roamMs = 0;
  private roamWaitMs = ROAM_BASE_MS;

  /** @param networks one or more, in the order of the settings */
  constructor(networks: readonly KnownNetwork[], random: () => number) {
    this.networks = networks;
    this.random = random;
  }

  knows(ssid: string): boolean {
    return this.networks.some((network) => network.ssid === ssid);
  }

  /** What to do now, without a connection. */
  next(): WifiStep {
    if (!this.round) {
      if (this.networks.length > 1 || this.failedRounds > 0) return { kind: "listen" };
      this.round = [...this.networks];
    }
    const [network] = this.round;
    return network ? { kind: "join", network } : this.wait();
  }

  /** Why there is no connection, in a few words. Empty: nothing has failed yet. */
  get why(): string {
    return this.reasons.join(", ");
  }

  /** @param heard in any order; undefined if the board could not listen */
  handleHeard(heard: readonly HeardNetwork[] | undefined): void {
    this.heard = heard;
    this.reasons = [];
    const ranks = new Map(this.networks.map((network) => [network, this.rankOf(network)]));
    // The sort keeps the order of what is equal.
    this.round = [...this.networks].sort((a, b) => (ranks.get(b) as number) - (ranks.get(a) as number));
  }

  /** The network of the last step could not be joined. */
  handleFailed(): void {
    const network = this.round?.shift();
    if (!network) return;
    const wasHeard = this.heard?.some((each) => isOf(each, network));
    const reason =
      this.heard === undefined ? "not joined" : wasHeard ? "not let in, is the password right?" : "not there";
    this.reasons.push(`${network.ssid}: ${reason}`);
  }

  /** The network of the last step let the board in and gave it no address. */
  handleNoAddress(): void {
    const network = this.round?.shift();
    if (network) this.reasons.push(`${network.ssid}: gives no address`);
  }

  handleJoined(nowMs: number): void {
    this.failedRounds = 0;
    this.reasons = [];
    this.weakReadings = 0;
    this.roamMs = nowMs + this.roamWaitMs;
  }

  /** The connection is lost. */
  handleLost(): void {
    this.round = [];
  }

  /** Takes a reading of the signal of a connection. Returns whether to listen for a better access point, and to call `roams` then. */
  handleSignal(rssi: number, nowMs: number): boolean {
    this.weakReadings = rssi < WEAK_DBM ? this.weakReadings + 1 : 0;
    if (rssi >= WEAK_DBM) this.roamWaitMs = ROAM_BASE_MS;
    return this.weakReadings >= WEAK_READINGS && nowMs >= this.roamMs;
  }

  /** Whether to leave the connection for what was heard. Then `next` begins with the best. */
  roams(heard: readonly HeardNetwork[], { bssid, rssi }: JoinedNetwork, nowMs: number): boolean {
    const known = heard.filter((each) => each.bssid !== bssid && this.networks.some((network) => isOf(each, network)));
    const isBetter = known.some((each) => each.rssi >= rssi + BETTER_DB);
    this.roamMs = nowMs + this.roamWaitMs;
    this.roamWaitMs = isBetter ? ROAM_BASE_MS : Math.min(2 * this.roamWaitMs, ROAM_MAX_MS);
    if (isBetter) this.handleHeard(known);
    return isBetter;
  }

  private wait(): WifiStep {
    this.round = undefined;
    const ceilingMs = Math.min(WAIT_MAX_MS, WAIT_BASE_MS * 2 ** this.failedRounds);
    this.failedRounds = Math.min(this.failedRounds + 1, 16);
    // The wait is at least half of the limit, so that an access point that refuses is not asked without pause.
    return { kind: "wait", delayMs: ceilingMs * (0.5 + this.random() / 2) };
  }

  /** The strength of the strongest access point of this network, in steps. */
  private rankOf(network: KnownNetwork): number {
    let rank = UNHEARD_RANK;
    for (const each of this.heard ?? [])
      if (isOf(each, network)) rank = Math.max(rank, Math.round(each.rssi / EQUAL_DB));
    return rank;
  }
}

/** An open access point with the name of a network that has a password is somebody else's. */
function isOf({ ssid, isOpen }: HeardNetwork, network: KnownNetwork): boolean {
  return ssid === network.ssid && isOpen === (network.password === "");
}
