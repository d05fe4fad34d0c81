import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { describeDay, describeTime } from "../../../../src/gateway/describe.ts";
import type { Size } from "../../../../src/pager/screen/draw-list.ts";
import { fitsBelow, heightBelow, pictureRoom } from "../../../../src/pager/screen/message-picture.ts";
import { rowsLeft, splitTitle, textBox } from "../../../../src/pager/screen/message-view.ts";
import { PagedText } from "../../../../src/pager/screen/paged-text.ts";
import { repliesTo, replyLabels, replyLines } from "../../../../src/pager/screen/replies.ts";
import { drawScreen } from "../../../../src/pager/screen/screen.ts";
import type { ScreenStatus } from "../../../../src/pager/screen/status-bar.ts";
import { type TextWidths, textWidths } from "../../../../src/pager/screen/text-widths.ts";
import { CanvasPainter } from "../../../browser/canvas-painter.ts";
import type { Sheet } from "../../../browser/face-pictures.ts";
import { fetchFaces, measureIn } from "../../../browser/faces.ts";
import type { Faces } from "../../../lettering.ts";
import { PREVIEW_SCREENS, type PreviewScreen, screenOf } from "./preview-screens.ts";
import { useDrawn } from "./uploaded-picture.ts";

/** A pager that is well, with this one page. */
const STATUS: ScreenStatus = {
  time: "",
  trouble: "",
  isBrokerAway: false,
  bars: 4,
  presence: 1,
  presenceWords: "online",
  isQuiet: false,
  battery: "",
  unreadCount: 1,
};

interface Props {
  readonly title: string;
  readonly text: string;
  readonly priority: number;
  readonly choices: readonly string[];
  /** Address of a picture that was uploaded here, or empty. */
  readonly picture: string;
  /** Of the device that gets it, where that is known. */
  readonly board: string | undefined;
}

/** Shows a push as a pager shows it. The firmware's own code draws it, and the station the picture. */
export function PagerPreview({ title, text, priority, choices, picture, board }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [faces, setFaces] = useState<Faces<Sheet>>();
  const [chosen, setChosen] = useState<number>();
  const [isPicturePage, setPicturePage] = useState(false);
  useEffect(() => {
    // Without the faces the preview stays black. The pager in the page says why.
    fetchFaces().then(setFaces, () => {});
  }, []);
  const index = chosen ?? screenOf(board);
  const screen = PREVIEW_SCREENS[index] as PreviewScreen;
  const widths = useMemo(() => faces && textWidths(measureIn(faces)), [faces]);
  const hasPicture = picture !== "";
  const answers = choices.join("\n");
  const laidOut = useMemo(
    () => widths && layOut({ title, text, choices, hasPicture }, screen, widths),
    [widths, title, text, answers, hasPicture, screen],
  );
  const drawn = useDrawn(laidOut ? picture : "", screen.kind, laidOut?.room ?? screen);
  const isBelow = laidOut !== undefined && drawn !== undefined && laidOut.isWhole && fitsBelow(drawn, laidOut.rows);
  const isAlone = drawn !== undefined && !isBelow && isPicturePage;
  useEffect(() => {
    if (!canvas.current || !faces || !widths || !laidOut) return;
    const { split, page, replies, lines } = laidOut;
    const seconds = Date.now() / 1000;
    const offsetMinutes = -new Date().getTimezoneOffset();
    const time = describeTime(seconds, offsetMinutes);
    const hasMore = page.to < page.length || (drawn !== undefined && !isBelow && !isAlone);
    const labels = replies.length > 0 ? replyLabels(replies, 0) : (["", "read", hasMore ? "more" : "home"] as const);
    const view = {
      kind: "message",
      from: "station",
      title: split.title,
      time: `${describeDay(seconds, seconds, offsetMinutes)} ${time}`,
      mark: "*",
      page,
      priority,
      answers: lines,
      picture: isBelow || isAlone ? drawn : undefined,
      isTextHidden: isAlone,
    } as const;
    const model = { status: { ...STATUS, time }, faults: "", view, labels };
    new CanvasPainter(canvas.current, screen, faces).paint(drawScreen(model, screen, widths, screen.kind));
  }, [faces, laidOut, priority, drawn, isBelow, isAlone]);
  return (
    <figure class="preview">
      <canvas
        key={index}
        ref={canvas}
        class="pager-screen"
        style={{ aspectRatio: `${screen.width} / ${screen.height}` }}
        role="img"
        aria-label="Preview"
        data-picture={drawn ? `${drawn.width} ${drawn.height}` : undefined}
      />
      <figcaption class="hint">
        <label for="preview-screen">As a pager shows it, with a screen of</label>{" "}
        <select
          id="preview-screen"
          name="screen"
          value={index}
          onChange={(event) => setChosen(Number(event.currentTarget.value))}
        >
          {PREVIEW_SCREENS.map(({ label }, at) => (
            <option key={label} value={at}>
              {label}
            </option>
          ))}
        </select>
        {drawn && !isBelow && (
          <button type="button" class="quiet" onClick={() => setPicturePage(!isPicturePage)}>
            {isAlone ? "Show the text" : "Show the picture"}
          </button>
        )}
      </figcaption>
    </figure>
  );
}

/** Lays out the first page of the text, as a device does. A push with choices is shown as after "reply", when the buttons give the answers. */
function layOut(
  { title, text, choices, hasPicture }: Pick<Props, "title" | "text" | "choices"> & { readonly hasPicture: boolean },
  size: Size,
  widths: TextWidths,
) {
  const split = splitTitle(title, text, size, widths);
  const replies = choices.length > 0 ? repliesTo(choices) : [];
  const lines = replyLines(replies, 0);
  const box = textBox(size, false, split.title.length, lines.length, hasPicture);
  const pages = new PagedText(split.text, widths);
  let page = pages.poll(0, box);
  while (!page) page = pages.poll(0, box);
  const isWhole = page.from === 0 && page.to === page.length;
  const rows = rowsLeft(box, page);
  const { width, height } = pictureRoom(size);
  return {
    split,
    replies,
    lines,
    page,
    isWhole,
    rows,
    room: { width, height: (isWhole && heightBelow(size, rows)) || height },
  };
}
