/** The firmware in a page: the same gateway and runner, with a canvas and three buttons. */

import { Gateway } from "../../src/gateway/gateway.ts";
import { type HostAbilities, TLS_SETTINGS } from "../../src/gateway/settings.ts";
import { StoredSettings } from "../../src/gateway/stored-settings.ts";
import type { Button } from "../../src/pager/screen/buttons.ts";
import type { Size } from "../../src/pager/screen/draw-list.ts";
import { Gestures } from "../gestures.ts";
import { machineZone } from "../machine-zone.ts";
import { type Platform, Runner } from "../runner.ts";
import { CanvasPainter } from "./canvas-painter.ts";
import { fetchFaces, measureIn } from "./faces.ts";
import { type Identity, takeIdentity } from "./identity.ts";
import { LocalStore } from "./local-store.ts";
import { makeQrCode } from "./qr-code.ts";
import { TextCopy } from "./screen-reader.ts";
import { Sound } from "./sound.ts";
import { openWebSocket } from "./ws-transport.ts";

/** The longest time of a browser's timer, in milliseconds. */
const TIMER_MS_MAX = 2 ** 31 - 1;
const ABILITIES: HostAbilities = {
  transports: ["ws", "wss"],
  hasXmpp: false,
  lacks: TLS_SETTINGS,
  reason: "a page has only WebSocket, and the browser alone decides which certificates it believes",
};
const SCREEN: Size = Object.freeze({ width: 320, height: 240 });
const BUTTONS = Object.freeze([
  { button: "a", label: "A", name: "Button A: back or older", keys: ["a", "ArrowLeft"] },
  { button: "b", label: "B", name: "Button B: open, acknowledge or choose", keys: ["b"] },
  { button: "c", label: "C", name: "Button C: next or newer", keys: ["c", "ArrowRight"] },
] as const);

export interface PagerOptions {
  /** Settings by name, over those that the page's address gives. Without `uid` the first free one of this browser. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The user of the pager, if the browser has several. */
  readonly owner?: string;
  /** Gives the pager's login for its uid. */
  readonly login?: (uid: string) => Promise<{ readonly userName: string; readonly password: string }>;
  readonly size?: Size;
  readonly onLog?: (line: string) => void;
}

export interface MountedPager {
  readonly uid: string;
  press(button: Button): void;
  /** Publishes presence offline, disconnects and empties the element. */
  unmount(): void;
}

/**
 * Puts a pager into an element: canvas, text copy, buttons. It connects to `/mqtt` of the page's own address unless the settings name
 * another broker. Rejects for wrong settings, and if the browser lacks something that a pager needs.
 */
export async function mountPager(element: HTMLElement, options: PagerOptions = {}): Promise<MountedPager> {
  const given = options.settings?.uid;
  const identity: Identity =
    given === undefined ? await takeIdentity(options.owner) : { uid: String(given), release: () => {} };
  try {
    return await mount(element, options, identity);
  } catch (error) {
    identity.release();
    throw error;
  }
}

async function mount(element: HTMLElement, options: PagerOptions, identity: Identity): Promise<MountedPager> {
  const size = options.size ?? SCREEN;
  const [faces, login] = await Promise.all([fetchFaces(), options.login?.(identity.uid)]);
  const raw = {
    ...(login && { "broker.userName": login.userName, "broker.password": login.password }),
    "broker.transport": location.protocol === "https:" ? "wss" : "ws",
    "broker.host": location.hostname,
    "broker.port": location.port || (location.protocol === "https:" ? 443 : 80),
    ...machineZone(),
    ...options.settings,
    uid: identity.uid,
  };
  const store = new LocalStore(localStorage, identity.uid);
  const storedSettings = new StoredSettings(store, raw, ABILITIES);
  const { result } = storedSettings;
  if ("errors" in result) throw new Error(result.errors.join("\n"));
  const view = buildView(size, identity.uid);
  const painter = new CanvasPainter(view.canvas, size, faces);
  const textCopy = new TextCopy(view.status, view.lines);
  const sound = new Sound();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const platform: Platform = {
    nowMs: () => performance.now(),
    setTimer(delayMs, callback) {
      clearTimeout(timer);
      timer = delayMs === undefined ? undefined : setTimeout(callback, Math.min(Math.ceil(delayMs), TIMER_MS_MAX));
    },
    openTransport: openWebSocket,
    paint(drawList) {
      painter.paint(drawList);
      textCopy.update(drawList);
      return true;
    },
    alert: (priority, melody) => sound.play(priority, melody),
    restart: () =>
      setTimeout(() => {
        runner.stop();
        location.reload();
      }),
    log: (line) => (options.onLog ?? console.info)(`${identity.uid}: ${line}`),
  };
  const gateway = new Gateway({
    settings: result.settings,
    storedSettings,
    store,
    random: Math.random,
    wallClock: () => Date.now() / 1000,
    measureText: measureIn(faces),
    makeQrCode,
    size,
    sensors: [],
  });
  painter.pictures = gateway.pictures;
  const runner = new Runner(gateway, platform);
  const press = (button: Button) => runner.press(button);
  element.replaceChildren(view.root);
  const stopListening = listenToPage(view, size, runner, painter, press);
  runner.start();
  return {
    uid: identity.uid,
    press,
    unmount() {
      stopListening();
      runner.stop();
      sound.close();
      element.replaceChildren();
      identity.release();
    },
  };
}

function buildView(size: Size, uid: string) {
  const create = <Tag extends keyof HTMLElementTagNameMap>(tag: Tag, className: string) => {
    const element = document.createElement(tag);
    element.className = className;
    return element;
  };
  const root = create("section", "pager");
  root.setAttribute("aria-label", `Pager ${uid}`);
  root.dataset.uid = uid;
  const canvas = create("canvas", "pager-screen");
  canvas.style.aspectRatio = `${size.width} / ${size.height}`;
  // The text copy holds its words.
  canvas.setAttribute("aria-hidden", "true");
  // A swipe is for the pager and does not move the page.
  canvas.style.touchAction = "none";
  const status = create("p", "pager-text");
  const lines = create("div", "pager-text");
  lines.setAttribute("role", "status");
  lines.setAttribute("aria-live", "polite");
  lines.setAttribute("aria-atomic", "false");
  const buttons = create("div", "pager-buttons");
  for (const { button, label, name } of BUTTONS) {
    const element = create("button", "pager-button");
    element.type = "button";
    element.textContent = label;
    element.title = name;
    element.setAttribute("aria-label", name);
    element.dataset.button = button;
    buttons.append(element);
  }
  root.append(canvas, status, lines, buttons);
  return { root, canvas, status, lines };
}

/** Listens for buttons, for keys while the pager has the focus, for the network and for the end of the page. Returns a function that ends it. */
function listenToPage(
  { root, canvas }: ReturnType<typeof buildView>,
  size: Size,
  runner: Runner,
  painter: CanvasPainter,
  press: (button: Button) => void,
) {
  const ending = new AbortController();
  const { signal } = ending;
  root.addEventListener(
    "click",
    (event) => {
      const target = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-button]") : null;
      const found = BUTTONS.find(({ button }) => button === target?.dataset.button);
      if (found) press(found.button);
    },
    { signal },
  );
  root.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const found = BUTTONS.find(({ keys }) => (keys as readonly string[]).includes(event.key));
      if (!found) return;
      event.preventDefault();
      press(found.button);
    },
    { signal },
  );
  listenToPointer(canvas, size, runner, signal);
  addEventListener("online", () => runner.networkChanged(), { signal });
  addEventListener("resize", () => painter.repaint(), { signal });
  // A pager says goodbye when its page is left. It goes on when the browser takes the page out of its cache again.
  addEventListener("pagehide", () => runner.stop(), { signal });
  addEventListener(
    "pageshow",
    (event) => {
      if (event.persisted) runner.start();
    },
    { signal },
  );
  return () => ending.abort();
}

/** A finger, a pen or the mouse on the canvas is a finger on the screen. */
function listenToPointer(canvas: HTMLCanvasElement, size: Size, runner: Runner, signal: AbortSignal): void {
  const gestures = new Gestures((gesture) => runner.touch(gesture), Number.NEGATIVE_INFINITY);
  const move = (event: PointerEvent) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const x = ((event.clientX - left) * size.width) / width;
    const y = ((event.clientY - top) * size.height) / height;
    gestures.handleTouch(Math.floor(x), Math.floor(y), event.timeStamp);
  };
  const listen = (type: "pointerdown" | "pointermove" | "pointerup", handle: (event: PointerEvent) => void) =>
    canvas.addEventListener(type, (event) => event.isPrimary && handle(event), { signal });
  listen("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    move(event);
  });
  listen("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) move(event);
  });
  listen("pointerup", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    move(event);
    gestures.handleRelease(event.timeStamp);
  });
}
