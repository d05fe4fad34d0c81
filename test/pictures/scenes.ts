/** What the pictures show: each view at each size, nasty contents, and many languages. */
import type { DrawList, Size } from "../../src/pager/screen/draw-list.ts";
import { type Row, rowsOn } from "../../src/pager/screen/list-view.ts";
import { splitTitle, textBox } from "../../src/pager/screen/message-view.ts";
import { PagedText } from "../../src/pager/screen/paged-text.ts";
import { repliesTo, replyLabels, replyLines } from "../../src/pager/screen/replies.ts";
import { drawScreen, type ScreenModel } from "../../src/pager/screen/screen.ts";
import type { TextWidths } from "../../src/pager/screen/text-widths.ts";
import { printable } from "../../src/printable.ts";
import { laidOut } from "../pager/laid-out.ts";

export const SIZES: readonly Size[] = Object.freeze([
  { width: 320, height: 240 },
  { width: 240, height: 320 },
  { width: 135, height: 240 },
  { width: 128, height: 64 },
  { width: 540, height: 960 },
]);
const M5STACK = SIZES[0] as Size;

export interface Scene {
  readonly name: string;
  readonly group: "views" | "contents" | "languages";
  readonly size: Size;
  draw(widths: TextWidths): DrawList;
}

export interface Message {
  readonly from?: string;
  readonly title?: string;
  readonly text: string;
  readonly priority?: number;
  readonly choices?: readonly string[];
  readonly page?: number;
}

const IDLE: Omit<ScreenModel, "view"> = {
  time: "10:52",
  status: "online",
  unreadCount: 0,
  faults: "",
  labels: ["inbox", "people", "I am"],
};

const LONG_TEXT =
  "The bearing of pump 3 in hall 2 reached 92 °C at 10:41 and is still rising by 1 °C a minute. The standby pump has started; " +
  "pressure in the main line is 3.8 bar. Please inspect before noon: oil level, vibration, coupling. ";

const ROWS: readonly Row[] = [
  { text: "!! * station: Pump 3", right: "2m", isStrong: true },
  { text: "* ann: Can you take the late shift on Friday?", right: "14m", isStrong: true },
  { text: "bob: Tür in Halle 3 schließt nicht", right: "1h" },
  { text: "expired weather: Storm warning for the coast", right: "5h" },
  { text: "王芳: 明天的会议改到下午三点", right: "1d" },
  { text: "Ирина: Запчасти прибыли на склад", right: "2d" },
];

const PEOPLE: readonly Row[] = [
  { text: "me  online", dot: 0x5fd38d, isStrong: true },
  { text: "ann  online", dot: 0x5fd38d, isStrong: true },
  { text: "bob  busy: in hall 2 until noon", dot: 0xff8f8f },
  { text: "Łukasz  away", dot: 0xffc14d },
  { text: "王芳  offline", dot: 0xb8c4d0 },
];

const VIEWS: Readonly<Record<string, (size: Size, widths: TextWidths) => ScreenModel>> = {
  home: () => ({ ...IDLE, view: { kind: "home", lines: ["no new messages", "26 Nov 2026", "2 of 4 people online"] } }),
  faults: () => ({
    ...IDLE,
    status: "offline",
    faults: "2 bad, 1 too large",
    view: { kind: "home", lines: ["no connection", "26 Nov 2026"] },
  }),
  inbox: (size) => list("inbox", ROWS, size),
  people: (size) => list("people", PEOPLE, size),
  message: (size, widths) => message({ title: "Pump 3", text: LONG_TEXT }, size, widths),
  short: (size, widths) => message({ from: "ann", text: "Gate 4 is open" }, size, widths),
  urgent: (size, widths) =>
    message({ title: "Pump 3", text: "Bearing too hot and rising.", priority: 5 }, size, widths),
  reply: (size, widths) =>
    message({ from: "ann", text: "Who closes gate 4?", choices: ["I do", "Not me"] }, size, widths),
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

/** "The pump is too hot. Please inspect it before noon." */
const LANGUAGES: Readonly<Record<string, Message>> = {
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

export const SCENES: readonly Scene[] = [
  ...Object.entries(VIEWS).flatMap(([name, model]) =>
    SIZES.map(
      (size): Scene => ({
        name: `${name}-${size.width}x${size.height}`,
        group: "views",
        size,
        draw: (widths) => drawScreen(model(size, widths), size, widths),
      }),
    ),
  ),
  ...Object.entries(CONTENTS).map(([name, content]) => ofMessage(name, "contents", content)),
  ...Object.entries(LANGUAGES).map(([code, content]) => ofMessage(`language-${code}`, "languages", content)),
];

function ofMessage(name: string, group: Scene["group"], content: Message): Scene {
  return {
    name,
    group,
    size: M5STACK,
    draw: (widths) => drawScreen(message(content, M5STACK, widths), M5STACK, widths),
  };
}

function list(title: string, rows: readonly Row[], size: Size): ScreenModel {
  const shown = rows.slice(0, rowsOn(size));
  const view = { kind: "list", title, rows: shown, chosen: 0, position: 1, count: rows.length } as const;
  return { ...IDLE, unreadCount: 2, view, labels: ["up", "open", "down"] };
}

/** An unread message in the middle of an inbox. */
export function message(content: Message, size: Size, widths: TextWidths): ScreenModel {
  const { from = "station", title = "", priority = 3, choices = [], page: index = 0 } = content;
  const split = splitTitle(printable(title), printable(content.text), size, widths);
  const replies = choices.length > 0 ? repliesTo(choices) : [];
  const answers = replyLines(replies, 0);
  const box = textBox(size, false, split.title !== "", answers.length);
  const page = laidOut(new PagedText(split.text, widths), index, box);
  const more = page.to < page.length ? "more" : "home";
  return {
    ...IDLE,
    unreadCount: 2,
    labels: replies.length > 0 ? replyLabels(replies, 0) : ["older", "read", more],
    view: {
      kind: "message",
      from,
      title: split.title,
      page,
      time: "10:51",
      priority,
      mark: "*",
      position: 2,
      count: 3,
      answers,
    },
  };
}
