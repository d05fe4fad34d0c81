/**
 * The normative statements of both standards (appendix B) that bind a client, and the test that holds each. `SERVER` lists those that
 * bind the server alone. `NEVER` lists those about what this client never does.
 */

/** `script`: a case of `cases.ts` has the number. Else: words of the name of a test or vector. */
export type Row = readonly [statements: string, held: string];

const SIMULATION = "keeps its promises in";
const DIFFERENTIAL = "both ways";

export const OLD_STATEMENTS: readonly Row[] = [
  ["1.5.3-1 1.5.3-2 1.5.3-3", "script"],
  ["2.2.2-1", DIFFERENTIAL],
  ["2.2.2-2", "script"],
  ["2.3.1-1", "use identifiers that nothing holds, and never 0"],
  ["2.3.1-2", "use identifiers that nothing holds, and never 0"],
  [
    "2.3.1-3",
    "are sent again after a reconnect: first, in order, same identifier, DUP where the broker kept the session",
  ],
  ["2.3.1-5", DIFFERENTIAL],
  ["2.3.1-6 2.3.1-7", "script"],
  [
    "3.1.0-1",
    "asks for a connection, sends CONNECT with clean session 0 and the will, and subscribes in a new session",
  ],
  ["3.1.2-5", "are on the store before they are sent, and gone when the broker has them"],
  ["3.1.2-11 3.1.2-13 3.1.2-15 3.1.2-18 3.1.2-20", "CONNECT as small as it can be"],
  ["3.1.2-12 3.1.2-14 3.1.2-19 3.1.2-21 3.1.2-22", "CONNECT with will, user name and password"],
  ["3.1.2-23", "pings after an idle interval and finds a half-open connection by the missing answer"],
  ["3.1.3-1 3.1.3-3 3.1.3-4 3.1.3-10 3.1.3-11", "CONNECT with will, user name and password"],
  ["3.2.2-4 3.2.2-5 3.2.2-6 3.2.0-1", "script"],
  [
    "3.3.1-1",
    "are sent again after a reconnect: first, in order, same identifier, DUP where the broker kept the session",
  ],
  ["3.3.1-2", "script"],
  ["3.3.1-3", SIMULATION],
  ["3.3.1-4", "script"],
  ["3.3.2-1", DIFFERENTIAL],
  ["3.3.2-2", "script"],
  ["3.3.4-1", "script"],
  ["3.6.1-1", "script"],
  ["3.8.1-1 3.8.3-1 3.8.3-3 3.8.3-4", DIFFERENTIAL],
  ["3.8.4-2", "script"],
  ["3.9.3-2", "script"],
  ["3.10.1-1 3.10.3-1 3.10.3-2", DIFFERENTIAL],
  ["3.14.1-1 3.14.4-1 3.14.4-2", "stops with DISCONNECT, stays away, and can start again"],
  ["4.1.0-1", "is recognised across a reconnect and a reboot, and new again where the broker lost the session"],
  [
    "4.3.1-1 4.3.2-1",
    "are sent again after a reconnect: first, in order, same identifier, DUP where the broker kept the session",
  ],
  ["4.3.2-2 4.3.3-1 4.3.3-2", "script"],
  ["4.4.0-1", "with QoS 1 are in flight until PUBACK and never sent again on a live connection"],
  ["4.5.0-2", "script"],
  [
    "4.6.0-1",
    "are sent again after a reconnect: first, in order, same identifier, DUP where the broker kept the session",
  ],
  ["4.6.0-2 4.6.0-3", "script"],
  ["4.6.0-4", SIMULATION],
  ["4.7.1-1", "script"],
  ["4.7.1-2 4.7.1-3", "refuses topics that are none"],
  ["4.7.3-1 4.7.3-2", "script"],
  ["4.7.3-3", "refuses topics that are none"],
  ["4.8.0-1", "script"],
  ["6.0.0-1 6.0.0-3", "asks for the subprotocol mqtt and refuses text"],
];

export const NEW_STATEMENTS: readonly Row[] = [
  ["1.5.4-1 1.5.4-2 1.5.4-3 1.5.7-1", "script"],
  ["1.5.5-1", DIFFERENTIAL],
  ["2.1.3-1", "script"],
  ["2.2.1-2", DIFFERENTIAL],
  ["2.2.1-3", "use identifiers that nothing holds, and never 0"],
  ["2.2.1-4 2.2.1-5 2.2.1-6 2.2.2-1", "script"],
  ["3.1.0-1", "connects with what it can take, and subscribes"],
  ["3.1.2-9 3.1.2-12 3.1.2-17 3.1.2-19 3.1.3-1 3.1.3-3 3.1.3-4 3.1.3-11 3.1.3-12", DIFFERENTIAL],
  ["3.1.2-11 3.1.2-13 3.1.2-16 3.1.2-18", "CONNECT as small as it can be"],
  ["3.1.2-20", "pings after an idle interval and finds a half-open connection by the missing answer"],
  ["3.1.2-21 3.2.2-21", "pings as often as the broker says"],
  ["3.1.2-23", "are on the store before they are sent, and gone when the broker has them"],
  ["3.1.2-24", "ends the connection for one above what it announced"],
  ["3.1.2-26", "script"],
  ["3.1.3-2", "is recognised across a reconnect and a reboot, and new again where the broker lost the session"],
  ["3.2.0-1 3.2.0-2 3.2.2-1 3.2.2-6 3.2.2-7 3.2.2-8", "script"],
  ["3.2.2-5", "is recognised across a reconnect and a reboot, and new again where the broker lost the session"],
  ["3.2.2-11 3.2.2-14", "sends with the QoS and without the retain flag that the broker does not have"],
  ["3.2.2-15", "does not send what is too large for the broker, and says so"],
  ["3.2.2-17 3.2.2-18 3.3.2-7 3.3.2-9", "sends a topic once and then its alias, anew on each connection"],
  [
    "3.3.1-1",
    "are sent again after a reconnect: first, in order, same identifier, DUP where the broker kept the session",
  ],
  ["3.3.1-2 3.3.1-4 3.3.2-2 3.3.2-8 3.3.2-10 3.3.2-11", "script"],
  ["3.3.1-3", SIMULATION],
  ["3.3.2-14 3.14.2-2", "script"],
  ["4.3.3-7 4.3.3-13", "does not drop what was sent: it may be with the broker"],
  ["3.4.2-2 3.5.2-2", "can be refused with a reason in words, where the broker has room for it"],
  ["3.3.2-1 3.3.2-13 3.3.2-19 3.3.4-6", DIFFERENTIAL],
  ["3.3.4-1", "script"],
  ["3.3.4-7 4.9.0-1 4.9.0-2", "sends no more unanswered messages than the broker takes"],
  ["3.3.4-8 4.9.0-3", "does not let a message that waits for room keep back a PUBREL"],
  ["3.3.4-9", "does not take more unanswered messages than it announced"],
  ["3.4.2-1 3.5.2-1 3.6.1-1 3.6.2-1 3.7.2-1", "script"],
  ["3.8.1-1 3.8.3-1 3.8.3-2 3.8.3-5 3.10.1-1 3.10.3-1 3.10.3-2", DIFFERENTIAL],
  ["3.8.4-2 3.9.3-2 3.10.4-5", "script"],
  ["3.8.4-6", "a SUBACK with the wrong number of return codes"],
  ["3.14.0-1 3.14.1-1", "script"],
  ["3.14.4-1", "tells the broker why it goes"],
  ["3.14.4-2 3.15.1-1 3.15.2-1", "script"],
  ["4.1.0-1", "is recognised across a reconnect and a reboot, and new again where the broker lost the session"],
  ["4.3.1-1 4.3.2-1 4.3.2-2 4.3.2-3 4.3.3-1 4.3.3-2 4.3.3-3 4.3.3-5 4.3.3-6", SIMULATION],
  ["4.3.2-4 4.3.2-5 4.3.3-4 4.3.3-8 4.3.3-10 4.3.3-11 4.3.3-12", "script"],
  ["4.3.3-9", "can refuse a message with a reason"],
  ["4.4.0-1", "with QoS 1 are in flight until PUBACK and never sent again on a live connection"],
  ["4.4.0-2 4.5.0-2 4.6.0-2 4.6.0-3", "script"],
  [
    "4.6.0-1",
    "are sent again after a reconnect: first, in order, same identifier, DUP where the broker kept the session",
  ],
  ["4.6.0-4", SIMULATION],
  ["4.7.0-1 4.7.3-1 4.7.3-2", "script"],
  ["4.7.1-1 4.7.1-2 4.7.3-3", "refuses topics that are none"],
  ["4.12.0-6 4.13.2-1", "script"],
];

/** What a test cannot hold here, and why. */
export const NEVER: readonly Row[] = [
  ["3.1.1: 3.1.2-6 3.1.3-7 3.1.3-8", "CONNECT never asks for a clean session, and a client identifier is never empty"],
  ["3.1.1: 4.7.3-4 4.8.0-2", "matching is the server's; a transient error ends the connection like any other"],
  ["3.1.1: 6.0.0-2 6.0.0-4", "frames are the WebSocket library's; the subprotocol of the answer is the server's"],
  ["5: 3.1.2-4", "CONNECT never asks for a clean start"],
  ["5: 3.1.2-28 3.1.2-29", "CONNECT asks for neither; what comes is read"],
  ["5: 3.1.2-30 4.12.0-3 4.12.0-5 4.12.0-7 4.12.1-1 4.12.1-2", "authentication.test.ts holds them"],
  [
    "5: 3.2.2-4",
    "not held: a device without state takes a session that the broker has kept, and subscribes; it may have lost its flash",
  ],
  [
    "5: 3.4.2-3 3.5.2-3 3.6.2-2 3.6.2-3 3.7.2-2 3.7.2-3 3.14.2-3 3.14.2-4 3.15.2-2 3.15.2-3",
    "never sent: no user property of ours, and a reason string with PUBACK and PUBREC alone",
  ],
  ["5: 3.8.3-3 3.8.3-4 4.8.2-1 4.8.2-2", "the firmware uses no shared subscription; a filter is the caller's"],
  ["5: 4.2-1", "the transport's"],
];

/** Numbers of the statements that bind the server alone. */
export const SERVER: Readonly<Record<"3.1.1" | "5", string>> = {
  "3.1.1":
    "2.3.1-4 3.1.0-2 3.1.2-1 3.1.2-2 3.1.2-3 3.1.2-4 3.1.2-7 3.1.2-8 3.1.2-9 3.1.2-10 3.1.2-16 3.1.2-17 3.1.2-24 3.1.3-2 3.1.3-5 3.1.3-6 3.1.3-9 3.1.4-1 3.1.4-2 3.1.4-3 3.1.4-4 3.1.4-5 3.2.2-1 3.2.2-2 3.2.2-3 3.3.1-5 3.3.1-6 3.3.1-7 3.3.1-8 3.3.1-9 3.3.1-10 3.3.1-11 3.3.1-12 3.3.2-3 3.3.5-1 3.3.5-2 3.8.3-2 3.8.4-1 3.8.4-3 3.8.4-4 3.8.4-5 3.8.4-6 3.9.3-1 3.10.4-1 3.10.4-2 3.10.4-3 3.10.4-4 3.10.4-5 3.10.4-6 3.12.4-1 3.14.4-3 4.1.0-2 4.5.0-1 4.6.0-5 4.6.0-6 4.7.2-1",
  "5": "3.1.0-2 3.1.2-1 3.1.2-2 3.1.2-3 3.1.2-5 3.1.2-6 3.1.2-7 3.1.2-8 3.1.2-10 3.1.2-14 3.1.2-15 3.1.2-22 3.1.2-25 3.1.2-27 3.1.3-5 3.1.3-6 3.1.3-7 3.1.3-8 3.1.3-9 3.1.4-1 3.1.4-2 3.1.4-3 3.1.4-4 3.1.4-5 3.1.4-6 3.2.2-2 3.2.2-3 3.2.2-9 3.2.2-10 3.2.2-12 3.2.2-13 3.2.2-16 3.2.2-19 3.2.2-20 3.2.2-22 3.3.1-5 3.3.1-6 3.3.1-7 3.3.1-8 3.3.1-9 3.3.1-10 3.3.1-11 3.3.1-12 3.3.1-13 3.3.2-3 3.3.2-4 3.3.2-5 3.3.2-6 3.3.2-12 3.3.2-15 3.3.2-16 3.3.2-17 3.3.2-18 3.3.2-20 3.3.4-2 3.3.4-3 3.3.4-4 3.3.4-10 3.8.4-1 3.8.4-3 3.8.4-4 3.8.4-5 3.8.4-7 3.8.4-8 3.9.2-1 3.9.2-2 3.9.3-1 3.10.4-1 3.10.4-2 3.10.4-3 3.10.4-4 3.10.4-6 3.11.2-1 3.11.2-2 3.11.3-1 3.11.3-2 3.12.4-1 3.14.4-3 4.1.0-2 4.5.0-1 4.6.0-5 4.6.0-6 4.7.2-1 4.7.3-4 4.8.2-3 4.8.2-4 4.8.2-6 4.12.0-1 4.12.0-2 4.12.0-4 4.13.1-1",
};
