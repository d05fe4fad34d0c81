import { useEffect, useRef } from "preact/hooks";
import { drawScreen } from "../../../src/pager/screen/screen.ts";
import { CanvasPainter } from "../../browser/canvas-painter.ts";

const SIZE = Object.freeze({ width: 320, height: 240 });

interface Props {
  readonly title: string;
  readonly text: string;
  readonly priority: number;
  readonly choices: readonly string[];
}

/** What a pager shows of a push, by the code that draws it there. */
export function PagerPreview({ title, text, priority, choices }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<CanvasPainter>(undefined);
  useEffect(() => {
    if (!canvas.current) return;
    painter.current ??= new CanvasPainter(canvas.current, SIZE);
    const time = new Date().toTimeString().slice(0, 5);
    const { measureText } = painter.current;
    const draw = (labels: readonly [string, string, string], answers: readonly string[]) => {
      const message = { from: "station", title, text, time, priority, mark: "*", position: 1, count: 1, page: 0 };
      const view = { kind: "message", ...message, answers } as const;
      return drawScreen({ time, status: "online", unreadCount: 1, faults: "", view, labels }, SIZE, measureText);
    };
    // With answers: after "reply", when the buttons are the answers.
    const [a = "back", b = "back", c = "back"] = choices;
    const answers = choices.map((choice, index) => `${"ABC"[index]}  ${choice}`);
    const { pageCount } = draw(["", "read", "home"], []);
    const labels = choices.length > 0 ? ([a, b, c] as const) : (["", "read", pageCount > 1 ? "more" : "home"] as const);
    painter.current.paint(draw(labels, answers).drawList);
  }, [title, text, priority, choices.join("\n")]);
  return (
    <figure class="preview">
      <canvas ref={canvas} class="pager-screen" style={{ aspectRatio: "4 / 3" }} role="img" aria-label="Preview" />
      <figcaption class="hint">As a pager of 320 by 240 shows it</figcaption>
    </figure>
  );
}
