/** Each push that is accepted, by whichever route, keeps its picture; one that is refused keeps nothing. */
import type { FastifyRequest } from "fastify";
import { expect, it } from "vitest";
import { PushIntake } from "../../../../hosts/station/http/push-intake.ts";
import type { PushService } from "../../../../hosts/station/push/push-service.ts";
import type { PushRequest } from "../../../../hosts/station/shared/push.ts";

const asker = { account: { name: "anna", isAdmin: false } } as FastifyRequest;

it("a push keeps its picture once it is accepted", async () => {
  const steps: unknown[] = [];
  const push = async (request: PushRequest, origin: unknown) => {
    if (request.text === "refused") throw new Error("refused");
    steps.push(origin);
    return { id: "1", isReplayed: false };
  };
  const app = { rateLimit: () => async () => {} };
  const intake = new PushIntake(app, { push } as unknown as PushService, {
    keep: async (kept) => void steps.push(kept),
  });
  const request = { to: "anna-1", text: "x", picture: "https://station.example.org/pictures/t", delaySeconds: 60 };
  expect(await intake.take(asker, request, "key")).toEqual({ id: "1", isReplayed: false });
  expect(steps).toEqual([{ account: "anna", isAdmin: false, idempotencyKey: "key" }, request]);
  await expect(intake.take(asker, { ...request, text: "refused" })).rejects.toThrow("refused");
  await expect(intake.take(asker, { ...request, to: "a/b" })).rejects.toThrow("to: expected 1 to 64 bytes");
  expect(steps).toHaveLength(2);
});
