/** What the pictures show: each view at each size, nasty contents, and many languages. */
import type { DrawList, Size } from "../../src/pager/screen/draw-list.ts";
import { type Row, rowsOn } from "../../src/pager/screen/list-view.ts";
import { fitsBelow, heightBelow, pictureRoom } from "../../src/pager/screen/message-picture.ts";
import { rowsLeft, type ScreenMessage, splitTitle, textBox } from "../../src/pager/screen/message-view.ts";
import { PagedText, type TextPage } from "../../src/pager/screen/paged-text.ts";
import { repliesTo, replyLabels, replyLines } from "../../src/pager/screen/replies.ts";
import { drawScreen, type ScreenModel } from "../../src/pager/screen/screen.ts";
import type { ScreenStatus } from "../../src/pager/screen/status-bar.ts";
import type { TextWidths } from "../../src/pager/screen/text-widths.ts";
import type { ScreenKind } from "../../src/pager/screen/theme.ts";
import { printable } from "../../src/printable.ts";
import { laidOut } from "../pager/laid-out.ts";
import { shownPhoto } from "./shown-photo.ts";

/** A size, and what kind of screen has it. */
export interface Screen extends Size {
  readonly kind: ScreenKind;
}

export const SCREENS: readonly Screen[] = Object.freeze([
  { width: 320, height: 240, kind: "color" },
  { width: 240, height: 320, kind: "color" },
  { width: 135, height: 240, kind: "color" },
  { width: 128, height: 64, kind: "one bit" },
  { width: 540, height: 960, kind: "grey" },
  { width: 240, height: 135, kind: "color" },
  { width: 960, height: 540, kind: "grey" },
]);
const M5STACK = SCREENS[0] as Screen;

export interface Scene {
  readonly name: string;
  readonly screen: Screen;
  readonly group: "views" | "contents" | "languages" | "runs";
  draw(widths: TextWidths): DrawList;
}

export interface Message {
  readonly from?: string;
  readonly title?: string;
  readonly text: string;
  readonly priority?: number;
  readonly choices?: readonly string[];
  readonly page?: number;
  /** It has a picture, of which this part has come, from 0 to 1. */
  readonly picture?: number;
}

/** A calm device. */
export const STATUS: ScreenStatus = {
  time: "10:52",
  trouble: "",
  isBrokerAway: false,
  bars: 3,
  presence: 1,
  presenceWords: "online",
  isQuiet: false,
  battery: "",
  unreadCount: 0,
};

const IDLE: Omit<ScreenModel, "view"> = { status: STATUS, faults: "", labels: ["last", "list", "people"] };
const READING: Omit<ScreenModel, "view"> = {
  ...IDLE,
  status: { ...STATUS, battery: "80%", unreadCount: 2 },
  labels: ["up", "open", "down"],
};

const LONG_TEXT =
  "The bearing of pump 3 in hall 2 reached 92 °C at 10:41 and is still rising by 1 °C a minute. The standby pump has started; " +
  "pressure in the main line is 3.8 bar. Please inspect before noon: oil level, vibration, coupling. ";

const ROWS: readonly Row[] = [
  { name: "station", text: "Pump 3: bearing too hot", right: "2m", isStrong: true, priority: 5 },
  { name: "ann", text: "Can you take the late shift on Friday?", right: "14m", isStrong: true },
  { name: "bob", text: "Tür in Halle 3 schließt nicht", right: "1h" },
  { name: "weather", text: "expired: Storm warning for the coast", right: "5h", priority: 4 },
  { name: "王芳", text: "明天的会议改到下午三点", right: "1d" },
  { name: "Ирина", text: "Запчасти прибыли на склад", right: "2d" },
  { name: "Łukasz", text: "Dziękuję!", right: "3d" },
  { name: "ann", text: "The keys are with the porter", right: "3d" },
];

const PEOPLE: readonly Row[] = [
  { name: "me", text: "online", status: 1, isStrong: true },
  { name: "ann", text: "online", status: 1, isStrong: true },
  { name: "bob", text: "busy: in hall 2 until noon", status: 3 },
  { name: "Łukasz", text: "away", status: 4 },
  { name: "王芳", text: "offline", status: 2 },
  { name: "zoe", text: "asleep until 06:00", status: 5 },
  { name: "max", text: "no news", status: 0 },
  { text: "this device" },
];

const FIGURES: readonly Row[] = [
  { text: "power on", right: "last-reset" },
  { text: "heap-free", right: "41200 B" },
  { text: "signal", right: "-61 dBm" },
  { text: "uptime", right: "86400 s" },
  { text: "received", right: "312" },
];

const CALM = { kind: "home", date: "Thu 26 Nov", lines: ["nothing new", "21.5 °C   48 %", "2 of 4 online"] } as const;

const VIEWS: Readonly<Record<string, (screen: Screen, widths: TextWidths) => ScreenModel>> = {
  home: () => ({ ...IDLE, view: { ...CALM, isCalm: true } }),
  news: () => ({
    ...IDLE,
    status: { ...READING.status, isQuiet: true, presence: 3, presenceWords: "busy: quiet hours" },
    labels: ["last", "open", "people"],
    view: { ...CALM, isCalm: false, lines: ["to bob: shown", "2 to read: station", "21.5 °C   48 %"] },
  }),
  faults: () => ({
    ...IDLE,
    status: { ...STATUS, trouble: "no broker", isBrokerAway: true, battery: "9%" },
    faults: "2 bad, 1 too large",
    view: { ...CALM, isCalm: false, lines: ["no connection to 10.0.0.2:1883: no route to host", "to bob: waiting"] },
  }),
  "no-network": () => ({
    ...IDLE,
    status: { ...STATUS, trouble: "no Wi-Fi" },
    view: { ...CALM, isCalm: false, lines: ["workshop: wrong password", "2 of 4 online"] },
  }),
  inbox: (size) => list("inbox", ROWS, size),
  people: (size) => list("people", PEOPLE, size),
  device: (size) => list("this device", FIGURES, size),
  message: (size, widths) => message({ title: "Pump 3", text: LONG_TEXT }, size, widths),
  short: (size, widths) => message({ from: "ann", text: "Gate 4 is open" }, size, widths),
  important: (size, widths) =>
    message({ title: "Pump 3 in hall 2 stands still", text: "Who is near?", priority: 4 }, size, widths),
  urgent: (size, widths) =>
    message({ title: "Pump 3", text: "Bearing too hot and rising.", priority: 5 }, size, widths),
  reply: (size, widths) =>
    message({ from: "ann", text: "Who closes gate 4?", choices: ["I do", "Not me"] }, size, widths),
  picture: (size, widths) => message({ from: "ann", text: "The view from gate 4", picture: 1 }, size, widths),
  "picture-coming": (size, widths) =>
    message({ title: "Pump 3", text: LONG_TEXT.repeat(6), picture: 0.4, page: 99 }, size, widths),
  "second-page": (size, widths) => message({ title: "Pump 3", text: LONG_TEXT.repeat(6), page: 1 }, size, widths),
};

const CONTENTS: Readonly<Record<string, Message>> = {
  empty: { text: "" },
  "one-word": { text: "Donaudampfschifffahrtsgesellschaftskapitän".repeat(4) },
  "long-names": {
    from: "x".repeat(64),
    title: "The boiler room of hall 3 is on fire and nobody is there",
    text: "Go!",
  },
  digits: { title: "Readings", text: "0123456789 +49 (0)351 462-0\n−12.5 °C … 38 %\n1 234 567,89 €\n½ ⅓ ¼ x² CO₂" },
  signs: { text: "← ↑ → ↓ ↔ ⇒ ✓ ✗ ★ ☆ ☎ ⚠ ⚡ ♥ ☀ ☂ ☺ ■ □ ● ○ ▲ ▼ ① ② ③ № ™ © ® § ¶ † • … „“ «» ‹› – —" },
  currencies: { text: "€5 £5 $5 ¥5 ₩5 ₫5 ₴5 ₹5 ₽5 ₺5 ₿5 ₪5 ₱5 ₦5 ₡5 ₵5 ¢5 ƒ5 zł Kč" },
  mixed: {
    title: "Pump 水泵 3",
    text: "The 水泵 (ポンプ, 펌프) is at 92 °C: 请检查 before noon. Спасибо, ευχαριστώ, cảm ơn!",
  },
  accents: { text: "e\u0301 o\u0308 s\u030c n\u0303 a\u030a — é ö š ñ å" },
  emoji: { text: "Done 👍 in hall 2 👩‍🚀🔥 ❤️ 🇩🇪🇫🇷 😀😀😀 ok" },
  "right-to-left": { text: "שלום עולם! المضخة ساخنة جدا" },
  unheld: { text: "ปั๊มร้อนเกินไป पंप बहुत गर्म है ポンプ 龘" },
  hostile: {
    from: "\u202eevil",
    title: "\u0000\u001b[2J",
    text: `\u202egpj.exe \u2066x\u2069 a${"\u0301".repeat(60)} \ud800 \uffff \u200b${"\u200d".repeat(20)}end\ttab\r\n\r\nline`,
  },
  newlines: { text: "\n\n\na\n\n\nb" },
};

/** "Pump 3 is too hot", in twelve scripts, and signs that anybody reads. */
export const TOUR: Message = {
  text: [
    "Pump 3 zu heiß! 🔥 · Насос 3: 92 °C · Η αντλία",
    "水泵过热 · ポンプが熱い · 펌프 과열 👩‍🚒",
    "משאבה 3 חמה מדי (92 °C)!",
    "المضخة 3 ساخنة جدا، افحصها الآن",
    "पंप बहुत गर्म है · পাম্প গরম",
    "ปั๊มร้อนเกินไป · பம்ப் சூடு 👍🏽 🇪🇺",
  ].join("\n"),
};

/** What the faces lack, with the pictures that a station draws. */
const RUNS: Readonly<Record<string, Message>> = {
  tour: TOUR,
  "runs-emoji": CONTENTS.emoji as Message,
  "runs-right-to-left": CONTENTS["right-to-left"] as Message,
  "runs-paragraph": {
    from: "דנה",
    title: "עדכון מהתחנה",
    text: "משאבה 3 (Pump 3) התחממה ל־92.5 °C בשעה 10:41, ועדיין עולה ב־1 °C לדקה. נא לבדוק לפני הצהריים: שמן, רעידות, מצמד. טלפון: +49 351 462-0.",
  },
  "runs-unheld": CONTENTS.unheld as Message,
};

/** "The pump is too hot. Please inspect it before noon." */
export const LANGUAGES: Readonly<Record<string, Message>> = {
  cs: { from: "Čeština", text: "Čerpadlo je příliš horké. Zkontrolujte ho prosím před polednem." },
  de: { from: "Deutsch", text: "Die Pumpe ist zu heiß. Bitte vor zwölf Uhr prüfen: Ölstand, Lager, Kühlung." },
  el: { from: "Ελληνικά", text: "Η αντλία είναι πολύ ζεστή. Παρακαλώ ελέγξτε την πριν το μεσημέρι." },
  en: { from: "English", text: "The pump is too hot. Please inspect it before noon." },
  es: { from: "Español", text: "La bomba está demasiado caliente. ¡Revísela antes del mediodía! ¿Quién puede?" },
  fr: { from: "Français", text: "La pompe est trop chaude. Veuillez la vérifier avant midi. Ça presse, garçon !" },
  hu: { from: "Magyar", text: "A szivattyú túl forró. Kérjük, ellenőrizze dél előtt. Őrült tűz!" },
  ja: { from: "日本語", text: "ポンプが熱すぎます。正午までに点検してください。「水位」も上がっています。" },
  ko: { from: "한국어", text: "펌프가 너무 뜨겁습니다. 정오 전에 점검해 주세요. 수위도 올라갑니다." },
  pl: { from: "Polski", text: "Pompa jest zbyt gorąca. Proszę sprawdzić ją przed południem. Zażółć gęślą jaźń." },
  ro: { from: "Română", text: "Pompa este prea fierbinte. Vă rugăm să o verificați înainte de prânz. Știți?" },
  ru: { from: "Русский", text: "Насос слишком горячий. Пожалуйста, проверьте его до полудня. Ещё подъём!" },
  sv: { from: "Svenska", text: "Pumpen är för varm. Kontrollera den före klockan tolv. Ålen är på ön." },
  tr: { from: "Türkçe", text: "Pompa çok sıcak. Lütfen öğleden önce kontrol edin. İğne, ışık, şişe." },
  uk: { from: "Українська", text: "Насос занадто гарячий. Будь ласка, перевірте його до полудня. Ґанок, їжак." },
  vi: { from: "Tiếng Việt", text: "Máy bơm quá nóng. Vui lòng kiểm tra trước buổi trưa. Ắt hẳn, ngữ, Ệ, Ỗ." },
  zh: { from: "中文", text: "水泵温度过高，请在中午之前检查：油位、振动、联轴器。备用泵已启动。" },
};

/** Some rows run from right to left. Those that are too long end with dots at the left. */
const ROWS_IN_BOTH_DIRECTIONS: readonly Row[] = [
  { name: "דנה", text: "משאבה 3 חמה מדי", right: "2m", isStrong: true, priority: 4 },
  { name: "station", text: "המיסב של משאבה 3 (Pump 3) חם מדי ועדיין עולה", right: "9m", isStrong: true },
  { name: "ليلى", text: "المضخة 3 ساخنة جدا، افحصها الآن قبل الظهر", right: "1h" },
  { name: "ann", text: "Pump 3: משאבה חמה", right: "5h" },
  { name: "bob", text: "92 °C בשעה 10:41", right: "1d" },
];

export const SCENES: readonly Scene[] = [
  ...Object.entries(VIEWS).flatMap(([name, model]) =>
    SCREENS.map(
      (screen): Scene => ({
        name: `${name}-${screen.width}x${screen.height}`,
        group: "views",
        screen,
        draw: (widths) => drawScreen(model(screen, widths), screen, widths, screen.kind),
      }),
    ),
  ),
  ...Object.entries(CONTENTS).map(([name, content]) => ofMessage(name, "contents", content)),
  ofMessage("tour-boxes", "contents", TOUR),
  {
    name: "runs-inbox",
    group: "runs",
    screen: M5STACK,
    draw: (widths) => drawScreen(list("inbox", ROWS_IN_BOTH_DIRECTIONS, M5STACK), M5STACK, widths, M5STACK.kind),
  },
  ...Object.entries(RUNS).map(([name, content]) => ofMessage(name, "runs", content)),
  ...Object.entries(LANGUAGES).map(([code, content]) => ofMessage(`language-${code}`, "languages", content)),
];

function ofMessage(name: string, group: Scene["group"], content: Message): Scene {
  return {
    name,
    group,
    screen: M5STACK,
    draw: (widths) => drawScreen(message(content, M5STACK, widths), M5STACK, widths, M5STACK.kind),
  };
}

function list(title: string, rows: readonly Row[], size: Size): ScreenModel {
  const shown = rows.slice(0, rowsOn(size));
  return { ...READING, view: { kind: "list", title, rows: shown, chosen: 0, position: 1, count: rows.length } };
}

/** An unread message in the middle of an inbox. */
export function message(
  content: Message,
  size: Size & { readonly kind?: ScreenKind },
  widths: TextWidths,
): ScreenModel {
  const { from = "station", title = "", priority = 3, choices = [], page: index = 0 } = content;
  const split = splitTitle(printable(title), printable(content.text), size, widths);
  const replies = choices.length > 0 ? repliesTo(choices) : [];
  const answers = replyLines(replies, 0);
  const box = textBox(size, false, split.title.length, answers.length, content.picture !== undefined);
  const page = laidOut(new PagedText(split.text, widths), index, box);
  const shown = content.picture === undefined ? {} : placed(content.picture, page, rowsLeft(box, page), size);
  const more = page.to < page.length ? "more" : "home";
  return {
    ...READING,
    labels: replies.length > 0 ? replyLabels(replies, 0) : ["older", "read", more],
    view: {
      kind: "message",
      from,
      title: split.title,
      page,
      time: "26 Nov 10:51",
      priority,
      mark: "*",
      answers,
      ...shown,
    },
  };
}

/** The picture of a message: below its text, or by itself where that has no room for it. @param rows what the text leaves */
function placed(
  part: number,
  page: TextPage,
  rows: number,
  size: Size & { readonly kind?: ScreenKind },
): Pick<ScreenMessage, "picture" | "isTextHidden"> {
  const whole = pictureRoom(size);
  const isWhole = page.from === 0 && page.to === page.length;
  const height = (isWhole && heightBelow(size, rows)) || whole.height;
  const picture = shownPhoto({ width: whole.width, height }, size.kind ?? "color", part);
  return { picture, isTextHidden: !isWhole || !fitsBelow(picture, rows) };
}
