import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { requireOrSkip } from "../require.ts";
import { describeBroker } from "./describe-broker.ts";
import { findMosquitto, type Mosquitto, mosquittoPub, startMosquitto } from "./mosquitto.ts";
import { findProgram } from "./server-process.ts";
import { TestPager } from "./test-pager.ts";
import { TestSender } from "./test-sender.ts";

const available = requireOrSkip(
  "mosquitto",
  findMosquitto() !== undefined && findProgram("mosquitto_pub") !== undefined,
);

describeBroker("mosquitto", available, startMosquitto);

describe.runIf(available)("mosquitto alone", () => {
  let broker: Mosquitto;
  let pager: TestPager;

  beforeEach(async () => {
    broker = await startMosquitto();
    pager = new TestPager({ port: broker.port, eager: true });
  });

  afterEach(async () => {
    await pager.stop();
    await broker.stop();
  });

  const eventually = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 10 });

  it("shows a plain page of mosquitto_pub, and its receipt is JSON", async () => {
    const sender = await TestSender.connect(broker.port, "pager-1");
    const receipts: string[] = [];
    sender.client.on("message", (topic, payload) => {
      if (topic.endsWith("/receipt")) receipts.push(JSON.parse(payload.toString()).st);
    });
    await sender.client.subscribeAsync("/field/page/pager-1/receipt", { qos: 1 });
    await eventually(() => expect(sender.presence).toHaveLength(1));
    await mosquittoPub(broker.port, ["-q", "1", "-t", "/field/page/pager-1", "-m", "mark1 pump 3"]);
    await eventually(() => expect(pager.marks).toEqual(["mark1"]));
    const object = JSON.stringify({ id: "p-2", co: "mark2 pump 4" });
    await mosquittoPub(broker.port, ["-q", "1", "-t", "/field/page/pager-1", "-m", object]);
    await eventually(() => expect(receipts).toEqual(["stored", "shown"]));
    expect(pager.marks).toEqual(["mark1", "mark2"]);
    await sender.stop();
  });

  it("comes back to a broker that was killed and started again", async () => {
    const sender = await TestSender.connect(broker.port, "pager-1");
    await eventually(() => expect(sender.presence).toHaveLength(1));
    // mosquitto sends its answers first, and saves at the end of the same turn of its loop. This PUBACK comes from a later turn. So
    // the pager's subscription is on disk by then, and mosquitto will not discard a message for it after the restart.
    await sender.client.publishAsync("/saved", "", { qos: 1 });
    await broker.kill();
    await broker.restart();
    // The sender has subscribed again. So mosquitto will not discard the receipts of its push.
    await eventually(() => expect(sender.presence.length).toBeGreaterThan(1));
    await sender.push("pager-1", { id: "again", text: "mark1" });
    await eventually(() => expect(sender.statesOf("again")).toContain("shown"));
    await sender.stop();
  });
});
