/** The packed program: it runs where there are neither sources nor tools. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { ROOT, until } from "./harness.ts";
import { scene } from "./scene.ts";

const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  dependencies: Record<string, string>;
};

it("starts a station and a pager, shows the console, and sends a push, with Node and its dependencies alone", async () => {
  const bench = scene();
  const home = bench.folder();
  const npm = (...args: string[]) => execFileSync("npm", args, { cwd: ROOT, encoding: "utf8" });
  npm("run", "build");
  const [{ filename }] = JSON.parse(npm("pack", "--ignore-scripts", "--json", "--pack-destination", home)) as [
    { filename: string },
  ];
  const modules = join(home, "node_modules");
  mkdirSync(modules);
  execFileSync("tar", ["-xzf", join(home, filename), "-C", modules]);
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  }
  const folder = join(modules, "package");
  for (const source of ["src", "hosts", "test"]) expect(existsSync(join(folder, source)), source).toBe(false);
  for (const tool of ["tsx", "esbuild"]) expect(existsSync(join(modules, tool)), tool).toBe(false);
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { bin: { fieldpager: string } };

  const run = (...args: string[]) => {
    const child = spawn(process.execPath, [join(folder, bin.fieldpager), ...args], { cwd: home });
    const output = { text: "" };
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        output.text += text;
      });
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    bench.add(() => void child.kill("SIGKILL"));
    return { child, output, ended };
  };
  const start = run("start", "--data", "data", "--mqtt-port", "0", "--http-port", "0");
  const [, url = ""] = await until("the console", () => start.output.text.match(/Console: (http:\S+)\//) ?? undefined);
  await until("the pager", () => /online/.test(start.output.text));
  for (const [path, type] of [
    ["/", "text/html"],
    ["/console.js", "text/javascript"],
    ["/console.css", "text/css"],
  ] as const) {
    const response = await fetch(url + path);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, expect.stringContaining(type)]);
    expect((await response.text()).length, path).toBeGreaterThan(300);
  }
  const push = run("push", "pager-1", "as a package", "--data", "data", "--station", url, "--wait", "30");
  expect([await push.ended, push.output.text]).toEqual([0, expect.stringContaining("shown by pager-1")]);
  const backup = run("backup", "kept", "--data", "data");
  expect([await backup.ended, existsSync(join(home, "kept"))]).toEqual([0, true]);
  const wrong = run("strat");
  expect([await wrong.ended, wrong.output.text]).toEqual([
    2,
    expect.stringContaining("strat: there is no such command"),
  ]);
  start.child.kill("SIGTERM");
  expect(await start.ended).toBe(0);
});
