/** The directory: which devices a name stands for, and which changes are refused. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Directory } from "../../../../hosts/station/directory/directory.ts";
import { jsonDirectory } from "../../../../hosts/station/directory/json-directory.ts";
import type { DirectoryData } from "../../../../hosts/station/shared/entries.ts";
import { StationBench } from "../harness.ts";

const TEAM: DirectoryData = {
  people: [
    { name: "alice", contacts: ["bob", "wall"] },
    { name: "bob", fullName: "Bob Brown" },
  ],
  devices: [
    { uid: "alice-1", owner: "alice" },
    { uid: "alice-2", owner: "alice", contacts: ["bob-1"] },
    { uid: "bob-1", owner: "bob" },
    { uid: "wall" },
  ],
  groups: [
    { uid: "night", members: ["alice", "wall", "alice-1"] },
    { uid: "nobody", members: [] },
  ],
};

async function scene(content?: unknown) {
  const bench = new StationBench();
  onTestFinished(() => bench.end());
  const path = join(bench.folder(), "directory.json");
  if (content !== undefined) writeFileSync(path, JSON.stringify(content));
  return { path, directory: await Directory.open(jsonDirectory(path)) };
}

describe("Directory", () => {
  it("finds the devices of a person, a device, a group and everyone, each once", async () => {
    const { directory } = await scene(TEAM);
    expect(directory.resolve("alice")).toEqual({ kind: "person", devices: ["alice-1", "alice-2"] });
    expect(directory.resolve("wall")).toEqual({ kind: "device", devices: ["wall"] });
    expect(directory.resolve("night")).toEqual({ kind: "group", devices: ["alice-1", "alice-2", "wall"] });
    expect(directory.resolve("nobody")).toEqual({ kind: "group", devices: [] });
    expect(directory.resolve("everyone")?.devices).toHaveLength(4);
    expect(directory.resolve("carol")).toBeUndefined();
    expect(directory.resolve("constructor")).toBeUndefined();
  });

  it("knows groups and contacts of a device and of its owner, but never lists the device itself", async () => {
    const { directory } = await scene(TEAM);
    expect(directory.groupsOf("alice-2")).toEqual(["night"]);
    expect(directory.groupsOf("bob-1")).toEqual([]);
    expect(directory.contactsOf("alice-2")).toEqual(["bob-1", "bob", "wall"]);
    expect(directory.contactsOf("alice-1")).toEqual(["bob", "bob-1", "wall"]);
    expect(directory.contactsOf("wall")).toEqual([]);
    expect(directory.contactsOf("unknown")).toEqual([]);
  });

  it("stores changes, also several at once, and removes a name everywhere", async () => {
    const { path, directory } = await scene();
    let changes = 0;
    directory.listen(() => {
      changes += 1;
    });
    await directory.addPerson({ name: "carol" });
    await Promise.all([
      directory.addDevice({ uid: "carol-1", owner: "carol" }),
      directory.addDevice({ uid: "carol-2", owner: "carol" }),
      directory.addGroup({ uid: "day", members: ["carol"] }),
    ]);
    await directory.updatePerson({ name: "carol", contacts: ["carol-1"] });
    expect(changes).toBe(5);
    const again = await Directory.open(jsonDirectory(path));
    expect(again.resolve("day")).toEqual({ kind: "group", devices: ["carol-1", "carol-2"] });
    await again.remove("carol");
    expect(again.people).toEqual([]);
    expect(again.device("carol-1")).toEqual({ uid: "carol-1" });
    expect(again.group("day")).toEqual({ uid: "day", members: [] });
  });

  it("refuses invalid changes, and stays as it was", async () => {
    const { path, directory } = await scene(TEAM);
    const before = readFileSync(path, "utf8");
    const refused: [Promise<void>, number][] = [
      [directory.addPerson({ name: "wall" }), 409],
      [directory.addPerson({ name: "a/b" }), 400],
      [directory.addPerson({ name: "station" }), 400],
      [directory.addDevice({ uid: "x", owner: "carol" }), 400],
      [directory.addGroup({ uid: "x", members: ["carol"] }), 400],
      [directory.updateDevice({ uid: "x" }), 404],
      [directory.remove("carol"), 404],
    ];
    for (const [promise, statusCode] of refused) await expect(promise).rejects.toMatchObject({ statusCode });
    expect(readFileSync(path, "utf8")).toBe(before);
    expect(directory.people).toHaveLength(2);
  });

  it("undoes a change that cannot be saved", async () => {
    const directory = await Directory.open({
      name: "a full disk",
      load: async () => TEAM,
      save: () => Promise.reject(new Error("no space")),
    });
    await expect(directory.addPerson({ name: "carol" })).rejects.toThrow("no space");
    expect(directory.resolve("carol")).toBeUndefined();
    expect(directory.resolve("alice")).toBeDefined();
  });

  it("takes over what somebody writes by hand, and overwrites no mistake of theirs", async () => {
    const { path, directory } = await scene(TEAM);
    const written = { ...TEAM, people: [...TEAM.people, { name: "by-hand" }] };
    writeFileSync(path, `\uFEFF${JSON.stringify(written)}`);
    await directory.addPerson({ name: "carol" });
    expect(directory.people.map(({ name }) => name).slice(-2)).toEqual(["by-hand", "carol"]);
    const again = await Directory.open(jsonDirectory(path));
    expect(again.people).toEqual(directory.people);
    writeFileSync(path, "{");
    for (let count = 0; count < 2; count += 1)
      await expect(directory.addPerson({ name: "dora" })).rejects.toMatchObject({
        statusCode: 409,
        message: expect.stringContaining("directory.json"),
      });
    expect(readFileSync(path, "utf8")).toBe("{");
    expect(directory.person("carol")).toBeDefined();
    writeFileSync(path, JSON.stringify(TEAM));
    await directory.catchUp();
    expect(directory.person("carol")).toBeUndefined();
    await directory.addPerson({ name: "dora" });
  });

  it.each([
    [[], "expected an object"],
    [{ people: [{ name: "a,b" }] }, "people[0].name"],
    [{ devices: [{ uid: "everyone" }] }, "devices[0].uid"],
    [{ groups: [{ uid: "station", members: [] }] }, "groups[0].uid"],
    [{ persons: [] }, "persons"],
    [{ people: [{ name: "a/b" }] }, "people[0].name"],
    [{ people: [{ name: "a" }], devices: [{ uid: "a" }] }, "devices[0].uid"],
    [{ devices: [{ uid: "a", owner: 5 }] }, "devices[0].owner"],
    [{ groups: [{ uid: "a", members: [1] }] }, "groups[0].members"],
  ])("says where a handwritten file is wrong: %j", async (content, where) => {
    await expect(scene(content)).rejects.toThrow(where);
  });
});
