/** A request that the station sends for somebody, and what it says of it. */
import { expect, it } from "vitest";
import { call } from "../../../../hosts/station/outgoing/call.ts";
import { AllowedAddresses } from "../../../../hosts/station/web/allowed-address.ts";
import { guardedSender } from "../../../../hosts/station/web/guarded-request.ts";
import { scene } from "../scene.ts";
import { WebReceiver } from "./web-receiver.ts";

const send = guardedSender(new AllowedAddresses(["127.0.0.1"]));

async function receiver(): Promise<WebReceiver> {
  const bench = scene();
  const receiver = new WebReceiver();
  await receiver.listen();
  bench.add(() => receiver.close());
  return receiver;
}

it("sends method, headers and body as they are", async () => {
  const there = await receiver();
  const headers = { authorization: "Bearer x", "content-type": "text/plain" };
  const outcome = await call(send, { url: `${there.url}/open?door=2`, method: "PUT", headers, body: "öffne" });
  expect(outcome).toEqual({ result: "taken", words: "answered 200" });
  expect(there.requests).toMatchObject([{ method: "PUT", path: "/open?door=2", headers, body: "öffne" }]);
});

it.each([
  [204, "taken"],
  [301, "refused"],
  [404, "refused"],
  [408, "away"],
  [429, "away"],
  [500, "away"],
])("status %i: %s", async (status, result) => {
  const there = await receiver();
  there.status = status;
  there.headers = { location: `${there.url}/elsewhere` };
  const outcome = await call(send, { url: there.url, method: "POST", headers: {} });
  expect(outcome).toEqual({ result, words: `answered ${status}` });
  expect(there.requests).toHaveLength(1);
});

it("tells how long its server asks to wait", async () => {
  const there = await receiver();
  there.status = 429;
  there.headers = { "retry-after": "90" };
  expect(await call(send, { url: there.url, method: "POST", headers: {} })).toMatchObject({ retryAfterMs: 90_000 });
});

it("gives up a server that gives no answer, and one that is not there", async () => {
  const there = await receiver();
  there.status = undefined;
  const wanted = { url: there.url, method: "POST", headers: {} };
  expect(await call(send, wanted, 50)).toEqual({ result: "away", words: "gave no answer within 0.05 s" });
  await there.close();
  expect(await call(send, wanted)).toEqual({ result: "unsent", words: "could not be reached (ECONNREFUSED)" });
});

it("goes to no address that is not public, whatever its name says", async () => {
  const there = await receiver();
  const guarded = guardedSender(new AllowedAddresses([]));
  for (const url of [there.url, there.url.replace("127.0.0.1", "localhost")])
    expect(await call(guarded, { url, method: "POST", headers: {} })).toMatchObject({
      result: "refused",
      words: expect.stringContaining("--hook-network"),
    });
  expect(there.requests).toEqual([]);
});
