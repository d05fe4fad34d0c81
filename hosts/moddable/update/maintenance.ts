/**
 * What a board does in the place of being a pager. It loads an update, for which it needs all of its memory. Or it is in safe mode,
 * because the pager has ended early again and again. Only network, log and update run.
 */
import type { BrokerSettings } from "../../../src/gateway/settings.ts";
import { countTry, type WantedUpdate, writeUpdate } from "../../../src/gateway/update-record.ts";
import type { Store } from "../../../src/seams.ts";
import type { Board, Pager } from "../board.ts";
import { OneTimer } from "../clock.ts";
import type { Network } from "../transport.ts";
import type { BoardUpdates } from "./board-updates.ts";
import type { EarlyEnds } from "./early-ends.ts";
import { type UpdateHandlers, UpdateRun } from "./update-run.ts";

/** How long safe mode lasts before the pager is tried again, in milliseconds. */
const SAFE_MODE_MS = 600_000;

export interface MaintenanceParts {
  readonly board: Board;
  readonly updates: BoardUpdates | undefined;
  readonly network: Network;
  readonly store: Store;
  readonly broker: BrokerSettings;
  /** The settings that the board reads. */
  readonly own: Readonly<Record<string, unknown>>;
  /** Shows it, and writes it to the log. */
  show(title: string, lines: readonly string[]): void;
  /** Ends the program, which starts again. */
  restart(): void;
}

/** Loads the update and restarts, whether there is a new program or not. */
export function loadUpdate(parts: MaintenanceParts, wanted: WantedUpdate): void {
  const { store, restart } = parts;
  const { id } = wanted;
  const onFailed = (error: string) => {
    writeUpdate(store, { stage: "ended", id, error });
    restart();
  };
  if (!countTry(store, wanted)) {
    parts.show("Update failed", [`${wanted.tries} starts did not end it`]);
    onFailed(`${wanted.tries} starts did not end it`);
    return;
  }
  const onLoaded = installer(parts, id);
  const guard = parts.board.guards.of("update", { handleFailure: () => onFailed("an error inside the update") });
  guard.run(() => {
    const run = new UpdateRun(parts, wanted, { onLoaded, onFailed });
    startBoard(parts, { press: () => {}, networkChanged: () => run.networkChanged() });
    run.start();
  });
}

/** Waits for somebody to help: an update at the address of the settings, or a button, or time. Then the pager is tried again. */
export function beSafe(parts: MaintenanceParts, earlyEnds: EarlyEnds, updateUrl: string): void {
  const { board, restart } = parts;
  const leave = () => {
    earlyEnds.handleSafeModeEnd();
    restart();
  };
  const guard = board.guards.of("safe mode");
  new OneTimer(guard).set(SAFE_MODE_MS, leave);
  let run: UpdateRun | undefined;
  guard.run(() => {
    const handlers = { onLoaded: installer(parts, ""), onFailed: () => {} };
    if (updateUrl !== "") run = new UpdateRun(parts, { url: updateUrl, mayBeOlder: false }, handlers);
  });
  startBoard(parts, { press: leave, networkChanged: () => run?.networkChanged() });
  run?.start();
}

function installer({ store, restart }: MaintenanceParts, id: string): UpdateHandlers["onLoaded"] {
  return (version, slot) => {
    // A power cut between both leaves the former program, which then says that there is no new one.
    writeUpdate(store, { stage: "trial", id, version });
    slot.activate();
    restart();
  };
}

function startBoard(
  { board, network, own }: MaintenanceParts,
  { press, networkChanged }: { press(): void; networkChanged(): void },
): void {
  const timeChanged = () => {
    network.handleTimeChanged();
    networkChanged();
  };
  const nothing = () => {};
  const pager: Pager = {
    press,
    touch: press,
    networkChanged,
    networkLost: nothing,
    timeChanged,
    sensed: nothing,
    send: nothing,
    stop: (done) => done(),
  };
  board.guards.of("start").run(() => board.start(pager, own));
}
