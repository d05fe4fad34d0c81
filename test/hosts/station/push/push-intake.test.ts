/** Each push that is accepted, by whichever way, keeps its picture; one that is refused keeps nothing. All ways share one rate. */
import { expect, it } from "vitest";
import type { Directory } from "../../../../hosts/station/directory/directory.ts";
import { PushIntake } from "../../../../hosts/station/push/push-intake.ts";
import { PushRate } from "../../../../hosts/station/push/push-rate.ts";
import type { PushService } from "../../../../hosts/station/push/push-service.ts";
import { PUSHES_PER_ACCOUNT_A_MINUTE } from "../../../../hosts/station/shared/limits.ts";
import type { PushRequest } from "../../../../hosts/station/shared/push.ts";

const anna = { name: "anna", isAdmin: false };
const nobody = {} as Directory;

it("a push keeps its picture once it is accepted", async () => {
  const steps: unknown[] = [];
  const push = async (request: PushRequest, origin: unknown) => {
    if (request.text === "refused") throw new Error("refused");
    steps.push(origin);
    return { id: "1", isReplayed: false };
  };
  const intake = new PushIntake({ push } as unknown as PushService, nobody, {
    keep: async (kept) => void steps.push(kept),
  });
  const request = { to: "anna-1", text: "x", picture: "https://station.example.org/pictures/t", delaySeconds: 60 };
  expect(await intake.take(anna, request, { idempotencyKey: "key" })).toEqual({ id: "1", isReplayed: false });
  expect(steps).toEqual([{ account: "anna", isAdmin: false, idempotencyKey: "key" }, request]);
  await expect(intake.take(anna, { ...request, text: "refused" })).rejects.toThrow("refused");
  await expect(intake.take(anna, { ...request, to: "a/b" })).rejects.toThrow("to: expected 1 to 64 bytes");
  expect(steps).toHaveLength(2);
});

it("an account may send so many in a minute, and an administrator any number", () => {
  let nowMs = 5_000;
  const intake = new PushIntake({} as PushService, nobody, { keep: async () => {} }, new PushRate(() => nowMs));
  for (let count = 0; count < PUSHES_PER_ACCOUNT_A_MINUTE; count += 1) intake.count(anna);
  nowMs += 18_500;
  expect(() => intake.count(anna)).toThrow(
    expect.objectContaining({ statusCode: 429, retryAfterSeconds: 42, message: expect.stringContaining("wait 42 s") }),
  );
  intake.count({ name: "bob", isAdmin: false });
  intake.count({ name: "anna", isAdmin: true });
  nowMs += 41_499;
  expect(() => intake.count(anna)).toThrow("wait 1 s");
  nowMs += 1;
  intake.count(anna);
});
