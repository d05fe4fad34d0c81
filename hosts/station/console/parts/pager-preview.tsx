import { useEffect, useRef, useState } from "preact/hooks";
import { describeDay, describeTime } from "../../../../src/gateway/describe.ts";
import { splitTitle, textBox } from "../../../../src/pager/screen/message-view.ts";
import { PagedText } from "../../../../src/pager/screen/paged-text.ts";
import { repliesTo, replyLabels, replyLines } from "../../../../src/pager/screen/replies.ts";
import { drawScreen } from "../../../../src/pager/screen/screen.ts";
import type { ScreenStatus } from "../../../../src/pager/screen/status-bar.ts";
import { textWidths } from "../../../../src/pager/screen/text-widths.ts";
import { CanvasPainter } from "../../../browser/canvas-painter.ts";
import type { Sheet } from "../../../browser/face-pictures.ts";
import { fetchFaces, measureIn } from "../../../browser/faces.ts";
import type { Faces } from "../../../lettering.ts";

const SIZE = Object.freeze({ width: 320, height: 240 });

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
}

/** Shows a push as a pager shows it. The firmware's own code draws it. */
export function PagerPreview({ title, text, priority, choices }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<CanvasPainter>(undefined);
  const [faces, setFaces] = useState<Faces<Sheet>>();
  useEffect(() => {
    // Without the faces the preview stays black. The pager in the page says why.
    fetchFaces().then(setFaces, () => {});
  }, []);
  useEffect(() => {
    if (!canvas.current || !faces) return;
    painter.current ??= new CanvasPainter(canvas.current, SIZE, faces);
    const seconds = Date.now() / 1000;
    const offsetMinutes = -new Date().getTimezoneOffset();
    const time = describeTime(seconds, offsetMinutes);
    const widths = textWidths(measureIn(faces));
    const split = splitTitle(title, text, SIZE, widths);
    // A push with choices is shown as after "reply", when the buttons give the answers.
    const replies = choices.length > 0 ? repliesTo(choices) : [];
    const answers = replyLines(replies, 0);
    const box = textBox(SIZE, false, split.title.length, answers.length);
    const pages = new PagedText(split.text, widths);
    let page = pages.poll(0, box);
    while (!page) page = pages.poll(0, box);
    const hasMore = page.to < page.length;
    const labels = replies.length > 0 ? replyLabels(replies, 0) : (["", "read", hasMore ? "more" : "home"] as const);
    const head = {
      from: "station",
      title: split.title,
      time: `${describeDay(seconds, seconds, offsetMinutes)} ${time}`,
      mark: "*",
    };
    const view = { kind: "message", ...head, page, priority, answers } as const;
    painter.current.paint(drawScreen({ status: { ...STATUS, time }, faults: "", view, labels }, SIZE, widths, "color"));
  }, [faces, title, text, priority, choices.join("\n")]);
  return (
    <figure class="preview">
      <canvas ref={canvas} class="pager-screen" style={{ aspectRatio: "4 / 3" }} role="img" aria-label="Preview" />
      <figcaption class="hint">As a pager of 320 by 240 shows it</figcaption>
    </figure>
  );
}
