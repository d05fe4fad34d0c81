/** What the carrier sees and does: the screen, the buttons, and the choices made with them. */
import type { Roster } from "../pager/roster.ts";
import type { Button } from "../pager/screen/buttons.ts";
import type { DrawList, Size } from "../pager/screen/draw-list.ts";
import type { Gesture } from "../pager/screen/gesture.ts";
import { rowsOn } from "../pager/screen/list-view.ts";
import type { RunPictures } from "../pager/screen/runs.ts";
import { buttonAt } from "../pager/screen/screen.ts";
import type { ScreenKind } from "../pager/screen/theme.ts";
import { type Choice, Viewer } from "../pager/viewer.ts";
import { PRESENCE_STATUS } from "../payload/presence.ts";
import type { MakeQrCode, MeasureText } from "../seams.ts";
import type { Sampler } from "../sensor/sampler.ts";
import type { Counters } from "./counters.ts";
import { describePresence } from "./describe.ts";
import { type Device, keeping } from "./device.ts";
import type { Diagnostics } from "./diagnostics.ts";
import { type BatteryWords, Display, type Link } from "./display.ts";
import type { MessagePictures } from "./message-pictures.ts";
import type { MessageSource } from "./message-source.ts";
import { BUSY, ONLINE, type PresenceSource } from "./presence-source.ts";
import type { QuietHours } from "./quiet-hours.ts";
import type { ScreenLight } from "./screen-light.ts";

/** The parts that the panel shows and changes. */
export interface PanelParts {
  readonly roster: Roster;
  readonly presence: PresenceSource;
  readonly messages: MessageSource;
  readonly diagnostics: Diagnostics;
  readonly sampler: Sampler;
  readonly quietHours: QuietHours;
  /** Size of the screen, in pixels. 0 by 0 for a board without a screen. */
  readonly size: Size;
  readonly screenKind: ScreenKind;
  /** undefined: the light of the screen cannot be changed. */
  readonly light: ScreenLight | undefined;
  readonly measureText: MeasureText;
  readonly makeQrCode: MakeQrCode | undefined;
  readonly pictures: RunPictures;
  readonly messagePictures: MessagePictures | undefined;
}

export class Panel {
  private readonly device: Device;
  private readonly parts: PanelParts;
  private readonly viewer: Viewer;
  private readonly display: Display;

  constructor(device: Device, parts: PanelParts) {
    this.device = device;
    this.parts = parts;
    const { screen, cannedTexts, presence } = device.settings;
    const presenceTexts = [describePresence(ONLINE), describePresence(BUSY), ...presence.custom];
    this.viewer = new Viewer(device.inbox, parts.roster, {
      dwellMs: screen.dwellMs,
      textCount: cannedTexts.length,
      presenceCount: presenceTexts.length,
      figureCount: parts.diagnostics.rowCount,
    });
    this.display = new Display(device, { ...parts, viewer: this.viewer, presenceTexts });
  }

  /** False on a board without a screen. */
  get exists(): boolean {
    return this.display.exists;
  }

  /**
   * Whether to take another message. The message waits at the broker when it would push an older one off the full inbox before
   * a person can have seen it. It does not wait for the carrier to act, since nobody knows how long that takes. So it does not wait
   * while the screen is dark.
   */
  hasRoom(nowMs: number): boolean {
    const { inbox } = this.device;
    const wouldPush = inbox.isFull && inbox.unshownCount >= inbox.length - 1;
    return !this.display.exists || !wouldPush || this.isDark || this.viewer.isHolding(nowMs);
  }

  /** Nobody can see what is on the screen. Then nothing is painted. */
  get isDark(): boolean {
    return this.parts.light?.isOff === true;
  }

  press(button: Button, nowMs: number): void {
    if (this.lightUp(nowMs)) return;
    if (this.exists) this.display.finishLayout();
    const choice = keeping(this.device, () => this.viewer.press(button, nowMs));
    if (choice) this.choose(choice);
  }

  /**
   * Does what a finger asks for. A tap opens a row, gives a reply or presses the button whose label it is on. A swipe goes on or back: in
   * a list by a screen of rows. A hold leaves the view. On the home view a tap opens what is new.
   */
  touch(gesture: Gesture, nowMs: number): void {
    if (this.lightUp(nowMs) || !this.exists) return;
    this.display.finishLayout();
    const choice = keeping(this.device, () => this.actOn(gesture, nowMs));
    if (choice) this.choose(choice);
  }

  /** Returns whether it was dark. What the carrier did then was not meant for a view. */
  private lightUp(nowMs: number): boolean {
    const { isDark } = this;
    this.parts.presence.handleTouched(nowMs);
    this.parts.light?.handleUsed(nowMs);
    return isDark;
  }

  private actOn(gesture: Gesture, nowMs: number): Choice | undefined {
    const { viewer, display } = this;
    const { size } = this.parts;
    if (gesture.kind === "hold") viewer.goHome(nowMs);
    else if (gesture.kind === "swipe") {
      const { isOn, isFlat } = gesture;
      const rows = rowsOn(size);
      if (isFlat || !viewer.scroll(isOn ? rows : -rows, nowMs)) return viewer.press(isOn ? "c" : "a", nowMs);
    } else {
      const { x, y } = gesture;
      const button = buttonAt(size, x, y) ?? (viewer.view.kind === "home" ? "b" : undefined);
      const below = display.rowsBelowChosen(y);
      const reply = display.replyAt(y);
      if (button) return viewer.press(button, nowMs);
      if (below !== undefined) return viewer.openRow(below, nowMs);
      if (reply !== undefined) viewer.giveReply(reply, nowMs);
    }
    return undefined;
  }

  /** Lists what there is to read, if that is more than one message. */
  showUnread(nowMs: number): void {
    this.viewer.showUnread(nowMs);
  }

  /** Sequence of the message that is on the screen for the first time, or undefined. */
  get newOnScreen(): number | undefined {
    const { current } = this.viewer;
    return current === undefined || this.device.inbox.isShown(current) ? undefined : current;
  }

  /** Returns the screen when it has changed since the last call. */
  poll(link: Link, counters: Readonly<Counters>, nowMs: number, battery?: BatteryWords): DrawList | undefined {
    if (!this.display.exists || this.isDark) return undefined;
    const { presence, messages, quietHours } = this.parts;
    this.viewer.update(nowMs);
    return this.display.poll(
      { link, presence: presence.current(nowMs), isQuiet: quietHours.isQuiet, counters, news: messages.news, battery },
      nowMs,
    );
  }

  handlePainted(): void {
    this.display.handlePainted();
  }

  handlePaintFailed(nowMs: number): void {
    this.display.handlePaintFailed(nowMs);
    if (!this.display.exists) this.device.events.log("screen: given up, the device goes on without one");
  }

  /** When the screen changes by itself next. */
  timeoutsMs(nowMs: number): readonly (number | undefined)[] {
    if (!this.display.exists || this.isDark) return NEVER;
    return [this.viewer.timeoutMs(nowMs), this.display.timeoutMs(nowMs), this.parts.light?.timeoutMs];
  }

  private choose({ uid, index }: Choice): void {
    const { cannedTexts, presence } = this.device.settings;
    if (uid !== undefined) {
      const text = cannedTexts[index];
      if (text !== undefined) keeping(this.device, () => this.parts.messages.sendChosen(uid, text));
      return;
    }
    // The first choice is automatic presence, the second is busy. The texts of the settings follow.
    const context = presence.custom[index - 2];
    const custom = context === undefined ? undefined : { status: PRESENCE_STATUS.custom, context };
    keeping(this.device, () => this.parts.presence.choose(index === 1 ? BUSY : custom));
  }
}

const NEVER: readonly undefined[] = Object.freeze([]);
