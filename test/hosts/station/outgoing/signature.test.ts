/** The signature of webhooks. The first vector is of the Standard Webhooks libraries (github.com/standard-webhooks/standard-webhooks). */
import { createHmac } from "node:crypto";
import { expect, it } from "vitest";
import { newSecret, signedHeaders } from "../../../../hosts/station/outgoing/signature.ts";

it("is the one of the specification", () => {
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  expect(signedHeaders(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, '{"test": 2432232314}')).toEqual({
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
});

it("is of the bytes of the body, and of a secret with 32 random bytes", () => {
  const secret = newSecret();
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(newSecret()).not.toBe(secret);
  const key = Buffer.from(secret.slice(6), "base64");
  expect(key).toHaveLength(32);
  const digest = createHmac("sha256", key).update("msg_1.5.Tür").digest("base64");
  expect(signedHeaders(secret, "msg_1", 5, "Tür")["webhook-signature"]).toBe(`v1,${digest}`);
});
