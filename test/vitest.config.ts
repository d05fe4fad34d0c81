import { defineConfig } from "vitest/config";

/** The same scenarios at each broker that is installed. */
const BROKERS = "test/brokers/**/*.test.ts";

/** Stations that are killed, whose disk is full, or that are started by their commands. They take as long as the brokers. */
const SLOW_STATIONS =
  "test/{hosts/station/{kill,full-disk,commands,packed,mqtt-server/failures},station/through-failures}.test.ts";

/** Pages in a real browser. */
const BROWSER = "test/hosts/browser/{console,console-picture,console-senders,page,set-up,sound}.test.ts";

/** Short tests that touch nothing outside their process. */
const CORE = "test/{*,{connection,gateway,mqtt,pager,payload,power,sensor,update,xmpp}/**/*}.test.ts";

/** Replace modules (`vi.mock`), so each of them needs a process of its own. `architecture.test.ts` holds the list against the files. */
export const MOCKING =
  "test/hosts/{esp32/alerter,station/around,station/bounds,station/http/session,station/identity/hostile}.test.ts";

/** Hold the program against the Moddable SDK of this machine. They run the SDK's builder. */
const SDK_TESTS = "test/hosts/moddable/{sdk-modules,built-secrets}.test.ts";

/** An hour of use takes minutes. */
const HOUR = "test/hosts/simulator/hour.test.ts";

/** Tests of servers and simulators mostly wait for them, so more of them run at a time than there are cores. */
const MANY_WORKERS = { maxWorkers: 4, sequence: { groupOrder: 1 } };

/**
 * `npm test` runs the projects `core`, `hosts` and `mocking`, `npm run test:brokers` runs `brokers`, `npm run test:browser` runs `browser`,
 * and `npm run test:sim` runs `simulator`, which needs the Moddable SDK, as does `hour`, which `npm run test:heap` adds.
 */
export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    // Long enough for a busy machine. A test that passes takes far less.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // By default vitest keeps one core free for its main process, which mostly waits.
    maxWorkers: "100%",
    // Its files import each other without extensions, which only a bundler understands.
    server: { deps: { inline: ["improv-wifi-serial-sdk"] } },
    projects: [
      { extends: true, test: { name: "core", include: [CORE], isolate: false } },
      {
        extends: true,
        test: {
          name: "hosts",
          // To load the station anew for each file takes long.
          isolate: false,
          include: ["test/**/*.test.ts"],
          exclude: [CORE, MOCKING, "test/hosts/simulator/**", SDK_TESTS, BROKERS, SLOW_STATIONS, BROWSER],
        },
      },
      { extends: true, test: { name: "mocking", include: [MOCKING] } },
      { extends: true, test: { name: "brokers", include: [BROKERS, SLOW_STATIONS], ...MANY_WORKERS } },
      { extends: true, test: { name: "browser", include: [BROWSER] } },
      {
        extends: true,
        test: {
          name: "simulator",
          include: ["test/hosts/simulator/**/*.test.ts", SDK_TESTS],
          exclude: [HOUR],
          ...MANY_WORKERS,
        },
      },
      { extends: true, test: { name: "hour", include: [HOUR] } },
    ],
  },
});
