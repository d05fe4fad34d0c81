/** From a sender to a screen. The pager runs in its own process and has its records on a real disk. */
import { expect, it, onTestFinished } from "vitest";
import { startAedes } from "../brokers/aedes.ts";
import { TestSender } from "../brokers/test-sender.ts";
import { integerBetween, seededRandom } from "../random.ts";
import { type Program, StationBench, until } from "./station/harness.ts";

const UID = "pager-1";
const KILLS = 5;
const PUSHES_A_LIFE = 10;
const PUSHES = (KILLS + 1) * PUSHES_A_LIFE;

it(`loses nothing when the pager is killed ${KILLS} times in the middle of ${PUSHES} pushes`, async () => {
  const seed = Number(process.env.FIELDPAGER_SEED ?? Math.floor(Math.random() * 2 ** 31));
  const told = `FIELDPAGER_SEED=${seed} replays the moments`;
  const random = seededRandom(seed);
  const bench = new StationBench();
  onTestFinished(() => bench.end());
  const broker = await startAedes();
  bench.add(() => broker.stop());
  const sender = await TestSender.connect(broker.port, UID);
  bench.add(() => sender.stop());
  const data = bench.folder();
  const flags = ["--uid", UID, "--broker.port", String(broker.port), "--data", data];
  const start = () =>
    bench.program("hosts/node/main.ts", [...flags, "--screen.dwell", "0", "--telemetry.interval", "0"]);

  const lives: Program[] = [];
  for (let life = 0; life <= KILLS; life += 1) {
    const pager = start();
    lives.push(pager);
    await pager.prints(/online/);
    for (let index = 0; index < PUSHES_A_LIFE; index += 1) {
      const number = life * PUSHES_A_LIFE + index;
      await sender.push(UID, { id: `push-${number}`, text: `mark${number}.` });
    }
    if (life === KILLS) break;
    const enough = life * PUSHES_A_LIFE + integerBetween(random, 1, PUSHES_A_LIFE);
    await until(told, () => sender.countOf("stored") >= enough);
    await pager.kill("SIGKILL");
  }
  await until(`all receipts; ${told}`, () => sender.countOf("stored") === PUSHES && sender.countOf("shown") === PUSHES);

  const shown = lives.flatMap(marksOf);
  expect(new Set(shown).size, told).toBe(PUSHES);
  // After each start the pager shows the newest unread page, and a page that was shown but not yet recorded as shown.
  expect(shown.length, told).toBeLessThanOrEqual(PUSHES + 2 * KILLS);
});

/** The marks that this process printed, in order. A mark that still stands on the screen counts once. */
function marksOf(pager: Program): string[] {
  const marks = pager.stdout.match(/mark\d+\./g) ?? [];
  return marks.filter((mark, index) => mark !== marks[index - 1]);
}
