/**
 * The normative statements of both standards (appendix B) that bind a server alone, and the test that holds each. Those that bind both
 * sides stand in the names of the scripted cases. `test/mqtt/scripted/statements.ts` says which bind the server.
 */
import type { Row } from "../../../../mqtt/scripted/statements.ts";

const KEPT = "a kept session gets what came while it was away, in order, and again with DUP until it acknowledges";
const PASSES_ON = "accepts a client, and passes on what it publishes";
const RETAINS = "retains the last message of a topic, for those who subscribe later";
const RETAIN_FLAG = "the retain flag stands on what was kept, and not on what comes live";
const WILL = "publishes the will of a client that is cut off, and not of one that says goodbye";
const WILL_RETAINED = "publishes the wills of those who were connected when the power failed";
const SILENT = "drops a client that is silent for one and a half keep alives";
const TAKEN_OVER = "another connection takes the session over";
const CLEAN = "a clean start forgets the session";
const OVERLAP = "subscriptions that overlap give one copy, with the highest QoS";
const OWN = "keeps topics that begin with $ from wildcards, and from clients";
const OUTLIVES = "a retained message outlives the session of its publisher";
const UNSUBSCRIBED = "UNSUBSCRIBE ends what comes, but not what is on its way";
const SIMULATION = "keeps every promise in";
const WINDOW = "leave within the receive maximum of the client, and within its largest packet";
const SAYS = "says what this server takes, and what it gives instead of what was asked for";
const ALIASES = "use topic aliases in both directions";
const EXPIRE = "expire, and carry what is left of their time";
const PROPERTIES = "go on with their properties as they were sent, in their order";
const IDENTIFIERS = "name all their identifiers with a message";
const SHARED = "that are shared give each message to one, in turn, and to one who is there";
const SHARED_REFUSED = "a shared message that a client refuses goes to nobody else";
const STEPS = "authenticates in steps, and again on a connection that stands";
const DELAYED_WILL = "wait for their delay, and are not published if the client is back";
const PROBLEM = "says no reason in words where the client does not want that, or has no room for it";

export const OLD_SERVER_STATEMENTS: readonly Row[] = [
  ["2.3.1-4", "script"],
  ["3.1.0-2 3.1.2-1 3.1.2-2 3.1.2-3", "script"],
  ["3.1.2-4", KEPT],
  ["3.1.2-7", OUTLIVES],
  ["3.1.2-8 3.1.2-9 3.1.2-10", WILL],
  ["3.1.2-16", WILL],
  ["3.1.2-17", WILL_RETAINED],
  ["3.1.2-24", SILENT],
  ["3.1.3-2", KEPT],
  ["3.1.3-5 3.1.3-6 3.1.3-9 3.1.4-1 3.1.4-4 3.1.4-5", "script"],
  ["3.1.4-2", TAKEN_OVER],
  ["3.1.4-3", CLEAN],
  ["3.2.2-1", CLEAN],
  ["3.2.2-2 3.2.2-3", KEPT],
  ["3.3.1-5 3.3.1-6 3.3.1-7 3.3.1-10 3.3.1-11", RETAINS],
  ["3.3.1-8 3.3.1-9 3.3.1-12", RETAIN_FLAG],
  ["3.3.2-3", PASSES_ON],
  ["3.3.5-1", OVERLAP],
  ["3.3.5-2", OWN],
  ["3.8.4-1 3.8.4-3 3.8.4-4 3.8.4-5 3.8.4-6 3.9.3-1", "script"],
  ["3.10.4-1 3.10.4-4 3.10.4-5 3.10.4-6", "script"],
  ["3.10.4-2 3.10.4-3", UNSUBSCRIBED],
  ["3.12.4-1", "script"],
  ["3.14.4-3", WILL],
  ["4.1.0-2", KEPT],
  ["4.5.0-1", PASSES_ON],
  ["4.6.0-5 4.6.0-6", SIMULATION],
  ["4.7.2-1", OWN],
];

export const NEW_SERVER_STATEMENTS: readonly Row[] = [
  ["3.1.0-2 3.1.2-1 3.1.2-2 3.1.2-3", "script"],
  ["3.1.2-5", KEPT],
  ["3.1.2-6", CLEAN],
  ["3.1.2-7 3.1.2-8 3.1.2-10 3.1.2-14", WILL],
  ["3.1.2-15", WILL_RETAINED],
  ["3.1.2-22", SILENT],
  ["3.1.2-25", WINDOW],
  ["3.1.2-27", ALIASES],
  ["3.1.3-5 3.1.3-6 3.1.3-7 3.1.3-8", "script"],
  ["3.1.3-9", DELAYED_WILL],
  ["3.1.4-1", "script"],
  ["3.1.4-2", "asks the host, later, and keeps what the client sends meanwhile"],
  ["3.1.4-3", TAKEN_OVER],
  ["3.1.4-4", CLEAN],
  ["3.1.4-5", PASSES_ON],
  ["3.1.4-6", "refuses a client, and takes nothing of what it sends behind CONNECT"],
  ["3.2.2-2", CLEAN],
  ["3.2.2-3", KEPT],
  ["3.2.2-16", SAYS],
  ["3.2.2-19 3.2.2-20", PROBLEM],
  ["3.2.2-22", "drops a client by the keep alive that it was told"],
  ["3.3.1-5 3.3.1-6 3.3.1-7", RETAINS],
  ["3.3.1-8 3.3.1-12", RETAIN_FLAG],
  ["3.3.1-9 3.3.1-10 3.3.1-11", "gives the retained message %d times of two"],
  ["3.3.1-13", "keep the retain flag as it was published, if the client wants that"],
  ["3.3.2-3", PASSES_ON],
  ["3.3.2-4 3.3.2-15 3.3.2-16 3.3.2-17 3.3.2-18 3.3.2-20", PROPERTIES],
  ["3.3.2-5 3.3.2-6", EXPIRE],
  ["3.3.2-12", ALIASES],
  ["3.3.4-2", OVERLAP],
  ["3.3.4-3 3.3.4-4", IDENTIFIERS],
  ["3.3.4-10", "does not let a message that waits for room keep back an answer"],
  ["3.8.4-1 3.8.4-5 3.8.4-7", "script"],
  ["3.8.4-3", "subscribes anew with a lower QoS, and loses nothing"],
  ["3.8.4-4", "gives the retained message %d times of two"],
  ["3.8.4-8", PASSES_ON],
  ["3.9.2-1 3.9.2-2", PROBLEM],
  ["3.9.3-1", "script"],
  ["3.10.4-1 3.10.4-4 3.10.4-6", "script"],
  ["3.10.4-2 3.10.4-3", UNSUBSCRIBED],
  ["3.11.2-1 3.11.2-2", PROBLEM],
  ["3.11.3-1 3.11.3-2", "script"],
  ["3.12.4-1", "script"],
  ["3.14.4-3", WILL],
  ["4.1.0-2", KEPT],
  ["4.5.0-1", PASSES_ON],
  ["4.6.0-5 4.6.0-6", SIMULATION],
  ["4.7.2-1", OWN],
  ["4.7.3-4", "topics are compared character by character, and not made alike"],
  ["4.8.2-3 4.8.2-4", SHARED],
  ["4.8.2-6", SHARED_REFUSED],
  ["4.12.0-1 4.12.0-2 4.12.0-4", STEPS],
  ["4.13.1-1", "script"],
];

/** What a test cannot hold here, and why. */
export const NEVER_SERVER: readonly Row[] = [
  ["3.1.1: 3.8.3-2", "wildcards are supported"],
  ["5: 3.2.2-9 3.2.2-10 3.2.2-12", "maximum QoS is 2"],
  ["5: 3.2.2-13", "retained messages are supported"],
];
