/** Takes pushes, by whichever way they come: over HTTP, or as a mail. */
import { isUid, UID_RULE } from "../../../src/payload/uid.ts";
import type { Directory } from "../directory/directory.ts";
import { PUSHES_PER_ACCOUNT_A_MINUTE } from "../shared/limits.ts";
import type { PushRequest } from "../shared/push.ts";
import { PushRate } from "./push-rate.ts";
import { PushRefused } from "./push-refused.ts";
import type { AcceptedPush, PushOrigin, PushService } from "./push-service.ts";
import { recipientsOf } from "./recipients.ts";

/** The account that sends. */
export interface Sender {
  readonly name: string;
  readonly isAdmin: boolean;
}

/** Keep what a push shows as long as the push. */
interface Pictures {
  keep(push: PushRequest): Promise<void>;
}

export class PushIntake {
  readonly #pushes: PushService;
  readonly #directory: Directory;
  readonly #pictures: Pictures;
  readonly #rate: PushRate;

  constructor(pushes: PushService, directory: Directory, pictures: Pictures, rate = new PushRate()) {
    this.#pushes = pushes;
    this.#directory = directory;
    this.#pictures = pictures;
    this.#rate = rate;
  }

  /** Counts a push whose form is right. An administrator may send any number. @throws PushRefused of status 429 */
  count({ name, isAdmin }: Sender): void {
    const seconds = isAdmin ? 0 : this.#rate.count(name);
    if (seconds === 0) return;
    const words = `${PUSHES_PER_ACCOUNT_A_MINUTE} pushes a minute are as many as an account may send: wait ${seconds} s`;
    throw new PushRefused(429, words, seconds);
  }

  /** @throws PushRefused if the account may not send to this name, or nobody has it */
  requireRecipient({ isAdmin }: Sender, to: string): void {
    if (!isUid(to)) throw new PushRefused(400, `to: expected ${UID_RULE}`);
    recipientsOf(this.#directory, to, isAdmin);
  }

  /** Whether a push with this key was taken, and is on disk. */
  async hasTaken({ name }: Sender, idempotencyKey: string | undefined): Promise<boolean> {
    return idempotencyKey !== undefined && (await this.#pushes.acceptedBefore(name, idempotencyKey)) !== undefined;
  }

  /** Accepts a push: on disk when it resolves. Rejects as `PushService.push`. */
  async take(
    { name, isAdmin }: Sender,
    push: PushRequest,
    further: Pick<PushOrigin, "idempotencyKey" | "calls"> = {},
  ): Promise<AcceptedPush> {
    if (!isUid(push.to)) throw new PushRefused(400, `to: expected ${UID_RULE}`);
    const accepted = await this.#pushes.push(push, { account: name, isAdmin, ...further });
    await this.#pictures.keep(push);
    return accepted;
  }
}
