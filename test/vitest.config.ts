import { defineConfig } from "vitest/config";

/** Brokers that `npm test` leaves out, because they are large or slow to start; `npm run test:brokers` runs every one. */
const FURTHER_BROKERS = "test/brokers/{nats,rabbitmq,ejabberd,mosquitto-transports}.test.ts";

/**
 * `npm test` runs the project `all`; `npm run test:brokers` runs `brokers`; `npm run test:sim` runs `simulator`, which needs
 * the Moddable SDK.
 */
export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    testTimeout: 30_000,
    // A browser that starts for the first time on a busy machine takes longer than the ten seconds of vitest.
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: "all", include: ["test/**/*.test.ts"], exclude: ["test/hosts/simulator/**", FURTHER_BROKERS] },
      },
      { extends: true, test: { name: "brokers", include: ["test/brokers/**/*.test.ts"] } },
      {
        extends: true,
        test: {
          name: "simulator",
          include: ["test/hosts/simulator/**/*.test.ts", "test/hosts/moddable/sdk-modules.test.ts"],
          testTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
