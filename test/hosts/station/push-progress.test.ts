/** What `npm run push` prints while a push is on its way to many devices. */
import { describe, expect, it } from "vitest";
import { PushProgress } from "../../../hosts/station/cli/push-progress.ts";
import { NO_PROGRESS, type Progress } from "../../../hosts/station/shared/push.ts";

const NOTHING: Progress = Object.freeze({ ...NO_PROGRESS, recipients: 200 });

function scene(isTTY: boolean) {
  let printed = "";
  const output = {
    isTTY,
    write: (text: string) => {
      printed += text;
    },
  };
  const progress = new PushProgress(output, performance.now());
  const tell = (counts: Partial<Progress>) =>
    progress.take({ event: "delivery", data: JSON.stringify({ progress: { ...NOTHING, ...counts } }) });
  const push = { to: "everyone", progress: NOTHING, deliveries: [] };
  progress.take({ event: "push", data: JSON.stringify(push) });
  return { progress, tell, printed: () => printed };
}

describe("PushProgress", () => {
  it("rewrites one line with a bar on a terminal", () => {
    const { progress, tell, printed } = scene(true);
    expect(tell({ published: 200, stored: 120, shown: 100, finished: 100 })).toBe(false);
    expect(tell({ published: 200, stored: 200, shown: 200, finished: 200 })).toBe(true);
    expect(progress.end()).toBe(true);
    expect(printed().split("\r").slice(1)).toEqual([
      "[........................] 200 devices: 0 shown",
      "[############............] 200 devices: 200 sent, 120 stored, 100 shown",
      "[########################] 200 devices: 200 sent, 200 stored, 200 shown\n",
    ]);
  });

  it("prints few lines if there is no terminal, but always the last counts", () => {
    const { progress, tell, printed } = scene(false);
    for (let shown = 1; shown < 150; shown += 1) tell({ published: 200, shown, finished: shown });
    expect(progress.missing).toBe("51 of 200 not shown");
    progress.end();
    expect(printed()).toBe("200 devices: 0 shown\n200 devices: 200 sent, 149 shown\n");
  });

  it("counts the answers", () => {
    const { tell, printed } = scene(false);
    tell({ published: 200, shown: 200, answered: 7, finished: 200 });
    expect(printed()).toContain("200 devices: 200 sent, 200 shown, 7 answered\n");
  });

  it("says that not everyone was reached if one push expired or was dropped", () => {
    const { progress, tell } = scene(false);
    expect(tell({ published: 199, shown: 199, expired: 1, finished: 200 })).toBe(true);
    expect(progress.end()).toBe(false);
  });
});
