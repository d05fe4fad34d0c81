/** The device as an access point with the page of set-up, or at its serial line alone, in place of the pager. */
import Resource from "Resource";
import type { Store } from "../../../src/seams.ts";
import type { Board, SetupNetwork } from "../board.ts";
import { OneTimer } from "../clock.ts";
import type { DeviceSettings } from "../device-settings.ts";
import { Network } from "../transport.ts";
import { serveDns } from "./dns-server.ts";
import type { HttpRequest } from "./http.ts";
import { HttpServer } from "./http-server.ts";
import { PAGE_SETTINGS } from "./page-settings.ts";
import { Portal } from "./portal.ts";
import { listenToSetup } from "./serial-device.ts";
import { SetUp } from "./set-up.ts";
import { setupPassword } from "./setup-password.ts";
import { trialPlatform } from "./trial-platform.ts";

/** How long the page can still ask what became of the trial, in milliseconds. Then the device starts as a pager. */
const DONE_MS = 4_000;

/** How long set-up waits for a request, in milliseconds, where the device can start without it. */
const IDLE_MS = 600_000;

const HTTP_PORT = 80;

/** What a person needs to come to the page. */
export interface SetupPlace {
  readonly ssid: string;
  readonly password: string;
  readonly page: string;
}

/**
 * Opens the access point and serves the page. A network without access points leaves the serial line.
 * @param problems why set-up began, one sentence each
 * @param onReady is told where the page is; undefined: there is none
 * @param onEnd is called when the device is to start again: settings have been kept and the page has learned of it, or nobody came
 */
export function startSetupMode(
  board: Board,
  network: SetupNetwork,
  { settings, store }: { readonly settings: DeviceSettings; readonly store: Store },
  problems: readonly string[],
  onReady: (place: SetupPlace | undefined) => void,
  onEnd: () => void,
): void {
  const { guards } = board;
  const guard = guards.of("set-up");
  const end = new OneTimer(guard);
  const connections = new Network(guards, () => board.certificateClock());
  const platform = trialPlatform(board, guard, connections, network);
  const setUp = new SetUp(settings, platform, () => end.set(DONE_MS, onEnd));
  const { accessPoints } = network;
  listenToSetup(board, () => ({ settings, setUp, ...(accessPoints && { scan: (done) => accessPoints.scan(done) }) }));
  // A device that is set up, and that nobody sets up anew, is a pager again.
  const isUsable = "settings" in settings.check();
  const awaitRequest = () => {
    if (isUsable) end.set(IDLE_MS, onEnd);
  };
  awaitRequest();
  if (!accessPoints) {
    onReady(undefined);
    return;
  }
  // The radio runs by now, so the numbers are random.
  const password = setupPassword(store, Math.random);
  const ssid = `Fieldpager-${(board.defaultUid() ?? "").slice(-6)}`;
  const { address, httpPort, dnsPort } = accessPoints.openAccessPoint(ssid, password);
  const handle = (request: HttpRequest) => {
    if (!setUp.isDone) awaitRequest();
    return portal.handleRequest(request);
  };
  const server = new HttpServer(httpPort, handle, guards);
  const host = server.port === HTTP_PORT ? address : `${address}:${server.port}`;
  const portal = new Portal(
    {
      values: () => settings.describe(PAGE_SETTINGS),
      scan: (done) => accessPoints.scan(done),
      tryOut: (changes, onStep, done) => setUp.tryOut(changes, onStep, done),
    },
    new Resource("setup-page.html"),
    host,
    problems,
  );
  serveDns(dnsPort, address, guards);
  portal.scan();
  onReady({ ssid, password, page: `http://${host}/` });
}
