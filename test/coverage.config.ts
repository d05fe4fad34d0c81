import { defineConfig } from "vitest/config";

/** `npm run coverage`: the branches of both lines that their own tests take. The simulation would take them by chance. */
export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    testTimeout: 60_000,
    include: ["test/{connection,mqtt,xmpp}/**/*.test.ts"],
    coverage: {
      enabled: true,
      provider: "v8",
      include: ["src/{connection,mqtt,xmpp}/**/*.ts"],
      reporter: ["text"],
      thresholds: { branches: 95 },
    },
  },
});
