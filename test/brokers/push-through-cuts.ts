import { expect, vi } from "vitest";
import { integerBetween, seededRandom } from "../random.ts";
import type { CuttingProxy, Direction } from "./cutting-proxy.ts";
import type { TestPager } from "./test-pager.ts";
import type { TestSender } from "./test-sender.ts";

export interface CutsOptions {
  readonly proxy: CuttingProxy;
  readonly sender: TestSender;
  readonly pager: TestPager;
  readonly uid: string;
  readonly seed: number;
  readonly pushes: number;
  readonly cuts: number;
  /** Highest number of bytes before a cut. */
  readonly cutBytesMax: number;
}

/** Sends pushes while the connection is cut again and again, at any byte of either direction. Each push must be shown once. */
export async function pushThroughCuts(options: CutsOptions): Promise<void> {
  const { proxy, sender, pager, uid, seed, pushes, cuts, cutBytesMax } = options;
  const random = seededRandom(seed);
  const told = `FIELDPAGER_SEED=${seed} replays the cuts`;
  const wanted: string[] = [];
  const allShownOr = (isEnough: () => boolean) =>
    vi.waitFor(
      () => {
        if (!isEnough()) expect(sender.countOf("shown"), told).toBe(wanted.length);
      },
      { timeout: 30_000, interval: 5 },
    );
  for (let cut = 0; cut < cuts; cut += 1) {
    const direction: Direction = random() < 0.5 ? "toBroker" : "toPager";
    let isCut = false;
    void proxy.cutAfter(direction, integerBetween(random, 1, cutBytesMax)).then(() => {
      isCut = true;
    });
    for (let index = 0; index < pushes / cuts; index += 1) {
      const number = wanted.length;
      wanted.push(`mark${number}`);
      await sender.push(uid, { id: `push-${number}`, text: `mark${number}` });
    }
    await allShownOr(() => isCut);
    // All pushes are shown, and so few bytes have passed that the cut is still due.
    if (!isCut) proxy.cut();
  }
  await allShownOr(() => false);
  expect([...pager.marks].sort(), told).toEqual(wanted.sort());
  expect(sender.countOf("stored"), told).toBe(pushes);
  expect(proxy.connections).toBeGreaterThanOrEqual(cuts);
}
