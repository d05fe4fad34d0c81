import { defineConfig } from "vitest/config";

/** `npm test` runs the project `all`; `npm run test:sim` runs `simulator`, which needs the Moddable SDK. */
export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    testTimeout: 30_000,
    projects: [
      { extends: true, test: { name: "all", include: ["test/**/*.test.ts"], exclude: ["test/hosts/simulator/**"] } },
      {
        extends: true,
        test: {
          name: "simulator",
          include: ["test/hosts/simulator/**/*.test.ts"],
          testTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
