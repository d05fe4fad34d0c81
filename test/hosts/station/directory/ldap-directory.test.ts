/** The directory from OpenLDAP. */
import { Attribute, Change } from "ldapts";
import { describe, expect, it } from "vitest";
import { localPassword, localToken } from "../../../../hosts/common/local-key.ts";
import { Directory } from "../../../../hosts/station/directory/directory.ts";
import { ldapDirectory } from "../../../../hosts/station/directory/ldap-directory.ts";
import { requireOrSkip } from "../../../require.ts";
import { ask, until } from "../harness.ts";
import { scene } from "../scene.ts";
import { BASE, hasSlapd, startSlapd, withClient } from "./slapd.ts";

const PEOPLE = `dn: ou=people,${BASE}
objectClass: organizationalUnit
ou: people

dn: uid=bob,ou=people,${BASE}
objectClass: inetOrgPerson
uid: bob
cn: Bob Brown
sn: Brown

dn: uid=alice,ou=people,${BASE}
objectClass: inetOrgPerson
uid: alice
cn: Älice Äl
sn: Äl
seeAlso: UID=bob, ou=People,${BASE}
seeAlso: cn=wall,${BASE}
seeAlso: cn=nobody,${BASE}

dn: uid=a/b,ou=people,${BASE}
objectClass: inetOrgPerson
uid: a/b
cn: no uid
sn: no uid

dn: cn=wall,${BASE}
objectClass: device
cn: wall
description: Pump house

dn: cn=bob-1,${BASE}
objectClass: device
cn: bob-1
owner: uid=bob,ou=people,${BASE}

dn: cn=alice-1,${BASE}
objectClass: device
cn: alice-1
owner: uid=alice,ou=people,${BASE}

dn: cn=night,${BASE}
objectClass: groupOfNames
cn: night
description: Night shift
member: uid=alice,ou=people,${BASE}
member: cn=wall,${BASE}
`;

describe.runIf(requireOrSkip("slapd", hasSlapd()))("a directory in LDAP", () => {
  it("has people, devices, groups and contacts, and is read-only", async () => {
    const directory = await Directory.open(ldapDirectory(await startSlapd(scene(), PEOPLE)));
    expect(directory.people.map(({ name }) => name).sort()).toEqual(["alice", "bob"]);
    expect(directory.person("alice")).toEqual({ name: "alice", fullName: "Älice Äl", contacts: ["bob", "wall"] });
    expect(directory.device("wall")).toEqual({ uid: "wall", label: "Pump house", contacts: [] });
    expect(directory.resolve("night")).toEqual({ kind: "group", devices: ["alice-1", "wall"] });
    expect(directory.contactsOf("alice-1")).toEqual(["bob", "bob-1", "wall"]);
    expect(directory.groupsOf("alice-1")).toEqual(["night"]);
    expect(directory.isWritable).toBe(false);
    await expect(directory.addPerson({ name: "carol" })).rejects.toMatchObject({ statusCode: 409 });
  });

  it("reads more entries than fit into one answer of the server", async () => {
    const many = Array.from(
      { length: 1_200 },
      (_, index) => `dn: cn=p-${index},${BASE}\nobjectClass: device\ncn: p-${index}\n`,
    );
    const directory = await Directory.open(ldapDirectory(await startSlapd(scene(), many.join("\n"))));
    expect(directory.devices).toHaveLength(1_200);
  });

  it("answers the pre-subscriber, and its changes reach a client that never subscribes", async () => {
    const bench = scene();
    const ldap = await startSlapd(bench, PEOPLE);
    const station = await bench.station({ anonymous: false, ldap });
    const answer = await fetch(`${station.url}/presubscriptions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${localToken(station.localKey)}` },
      body: '{"client_uid":"alice-1"}',
    });
    const own = ["im/alice-1", "page/alice-1", "cmd/alice-1", "raster/alice-1/reply"];
    const topics = [...own, "im/night", "pres/bob", "pres/bob-1", "pres/wall"];
    expect(await answer.text()).toBe(`alice-1-<sub>-1-${topics.map((end) => `/field/${end}`).join()}\n`);
    const password = localPassword(station.localKey, "alice-1");
    const got: string[] = [];
    await bench.mqtt(
      station.mqttPort,
      { clientId: "alice-1", username: "alice-1", password, clean: false, resubscribe: false },
      (topic, payload) => got.push(`${topic} ${payload}`),
    );
    await withClient(ldap, async (client) => {
      await client.add(`cn=carol-1,${BASE}`, { objectClass: "device", cn: "carol-1" });
      const modification = new Attribute({ type: "seeAlso", values: [`cn=carol-1,${BASE}`] });
      await client.modify(`cn=alice-1,${BASE}`, new Change({ operation: "add", modification }));
    });
    await station.directory.refresh();
    const carol = await bench.mqtt(station.mqttPort, {
      clientId: "carol-1",
      username: "carol-1",
      password: localPassword(station.localKey, "carol-1"),
    });
    await until("the new contact's presence", async () => {
      await carol.publishAsync("/field/pres/carol-1", "Q", { qos: 1, retain: true });
      return got.includes("/field/pres/carol-1 Q");
    });
  });

  it("gets passwords from the station, and keeps an account whose entry the station cannot remove", async () => {
    const bench = scene();
    const station = await bench.station({ anonymous: false, ldap: await startSlapd(bench, PEOPLE) });
    const asked = (method: string, path: string, body?: string) =>
      ask(station.url, path, { method, ...(body && { headers: { "content-type": "application/json" }, body }) });
    const answer = await asked("POST", "/api/accounts/bob-1/password", "{}");
    const { password } = (await answer.json()) as { password: string };
    await bench.mqtt(station.mqttPort, { clientId: "bob-1", username: "bob-1", password });
    expect((await asked("POST", "/api/accounts/nobody/password", "{}")).status).toBe(404);
    expect((await asked("DELETE", "/api/directory/bob-1")).status).toBe(409);
    expect(station.accounts.get("bob-1")).toMatchObject({ kind: "device" });
  });

  it("keeps its content and reports a problem while the server is away", async () => {
    const ldap = await startSlapd(scene(), PEOPLE);
    const directory = await Directory.open(ldapDirectory(ldap));
    await ldap.stop();
    await expect(directory.refresh()).rejects.toThrow();
    expect(directory.resolve("alice")).toBeDefined();
  });

  it("away at the start, is begun with as the station knew it last; without that a station does not start", async () => {
    const bench = scene();
    const ldap = await startSlapd(bench, PEOPLE);
    const data = bench.folder();
    await (await bench.station({ data, ldap })).close();
    await ldap.stop();
    const station = await bench.station({ data, ldap });
    expect(station.directory.resolve("alice")).toMatchObject({ kind: "person", devices: ["alice-1"] });
    expect(station.directory.isWritable).toBe(false);
    await expect(station.directory.refresh()).rejects.toThrow(/LDAP server/);
    expect(station.directory.resolve("alice")).toBeDefined();
    await expect(bench.station({ ldap })).rejects.toThrow(/LDAP server .*--ldap/);
    const wrong = bench.station({ ldap: { ...(await startSlapd(bench, PEOPLE)), bindPassword: "wrong" } });
    await expect(wrong).rejects.toThrow(/LDAP server .*--ldap/);
  });
});
