/** The pager's screen and buttons in a terminal: a frame of text lines, a bell, the keys a, b and c. */
import type { Button } from "../../src/pager/screen/buttons.ts";
import type { DrawList } from "../../src/pager/screen/draw-list.ts";
import { screenText } from "../../src/pager/screen/screen-text.ts";
import { columnsOf } from "../common/columns.ts";

/** The least number of columns in the frame. Its width then does not change with every message. */
const FRAME_COLUMNS_MIN = 40;
const CONTROL_C = "\u0003";
const CONTROL_D = "\u0004";

/** The words of a screen in a frame, or undefined when they are those of `formerFrame`. */
export function frameOf(title: string, drawList: DrawList, formerFrame?: string): string | undefined {
  const lines = screenText(drawList).map(safe);
  const heading = ` ${safe(title)} `;
  const columns = Math.max(FRAME_COLUMNS_MIN, columnsOf(heading) + 1, ...lines.map(columnsOf));
  const frame = [
    `┌─${heading}${"─".repeat(columns + 1 - columnsOf(heading))}┐`,
    ...lines.map((line) => `│ ${line}${" ".repeat(columns - columnsOf(line))} │`),
    `└${"─".repeat(columns + 2)}┘`,
  ].join("\n");
  return frame === formerFrame ? undefined : frame;
}

/** Prints each new frame to `output`. Returns the function that takes draw lists. */
export function terminalScreen(title: string, output: NodeJS.WritableStream): (drawList: DrawList) => void {
  let former: string | undefined;
  return (drawList) => {
    const frame = frameOf(title, drawList, former);
    if (frame === undefined) return;
    former = frame;
    output.write(`${frame}\n`);
  };
}

/** Prints lines of the log to `output`, each behind the name of the pager. */
export function terminalLog(name: string, output: NodeJS.WritableStream): (line: string) => void {
  return (line) => output.write(`${safe(`${name}: ${line}`)}\n`);
}

/** Shows control characters as `·`. A message must not move the cursor or change the terminal. */
function safe(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "·");
}

/**
 * Reads keys from a terminal: a, b and c press a button; Ctrl-C, Ctrl-D and q end the pager. Does nothing if the input is no terminal.
 * Returns a function that restores the terminal.
 */
export function readKeys(input: NodeJS.ReadStream, press: (button: Button) => void, end: () => void): () => void {
  if (!input.isTTY) return () => {};
  const onData = (text: string) => {
    for (const key of text) {
      if (key === "a" || key === "b" || key === "c") press(key);
      else if (key === CONTROL_C || key === CONTROL_D || key === "q") end();
    }
  };
  input.setRawMode(true);
  input.setEncoding("utf8");
  input.on("data", onData);
  input.resume();
  return () => {
    input.off("data", onData);
    input.setRawMode(false);
    input.pause();
  };
}
