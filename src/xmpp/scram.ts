/** SCRAM (RFC 5802, RFC 7677) without channel binding: the password does not leave, and the server proves that it knows it. */
import { decodeBase64, encodeBase64 } from "../base64.ts";
import { SCRAM_ROUNDS_MAX, SCRAM_ROUNDS_MIN } from "../limits.ts";
import { encodeUtf8 } from "../utf8.ts";
import { digest, type HashAlgorithm, hmac, Pbkdf2 } from "./hash.ts";
import { LoginError } from "./stream-error.ts";

/** `n`: this side knows no channel binding. So a server that offers it cannot be made to look as if it did not. */
const GS2_HEADER = "n,,";

/** The salted password of the last login. With the same salt and count its rounds need not be done again (RFC 5802, 5.1). */
export interface SaltedPassword {
  readonly salt: string;
  readonly rounds: number;
  readonly algorithm: HashAlgorithm;
  readonly bytes: Uint8Array;
}

export class Scram {
  private readonly algorithm: HashAlgorithm;
  private readonly password: string;
  private readonly nonce: string;
  private readonly firstBare: string;
  private serverFirst = "";
  private serverNonce = "";
  private salt = "";
  private rounds = 0;
  private work: Pbkdf2 | undefined;
  private serverSignature = "";
  salted: SaltedPassword | undefined;

  /** @param nonce printable ASCII without a comma, new for each login @param salted of a former login with this password */
  constructor(
    algorithm: HashAlgorithm,
    userName: string,
    password: string,
    nonce: string,
    salted?: SaltedPassword | undefined,
  ) {
    this.algorithm = algorithm;
    this.password = password;
    this.nonce = nonce;
    this.salted = salted;
    this.firstBare = `n=${userName.split("=").join("=3D").split(",").join("=2C")},r=${nonce}`;
  }

  /** The client's first message. */
  get first(): string {
    return GS2_HEADER + this.firstBare;
  }

  /** The server's first message. `step` follows. Throws a `LoginError`. */
  handleFirst(message: string): void {
    const salt = fieldOf(message, "s");
    const rounds = Number(fieldOf(message, "i"));
    this.serverNonce = fieldOf(message, "r");
    if (message.startsWith("m=")) throw new LoginError("SCRAM: the server asks for an extension that nobody knows");
    if (!this.serverNonce.startsWith(this.nonce) || this.serverNonce === this.nonce)
      throw new LoginError("SCRAM: the server's nonce does not begin with ours, and go on");
    if (!(rounds >= SCRAM_ROUNDS_MIN && rounds <= SCRAM_ROUNDS_MAX))
      throw new LoginError(`SCRAM: ${rounds} rounds, expected ${SCRAM_ROUNDS_MIN} to ${SCRAM_ROUNDS_MAX}`);
    this.serverFirst = message;
    this.salt = salt;
    this.rounds = rounds;
    const known = this.salted;
    if (known?.salt === salt && known.rounds === rounds && known.algorithm === this.algorithm) return;
    this.salted = undefined;
    this.work = new Pbkdf2(this.algorithm, encodeUtf8(this.password), bytesOf(salt), rounds);
  }

  /** Does at most so many rounds. Returns whether `final` can be asked for. */
  step(rounds: number): boolean {
    const work = this.work;
    if (!work) return true;
    if (!work.step(rounds)) return false;
    this.salted = { salt: this.salt, rounds: this.rounds, algorithm: this.algorithm, bytes: work.result };
    this.work = undefined;
    return true;
  }

  /** The client's final message. */
  get final(): string {
    const { algorithm } = this;
    const salted = this.salted?.bytes ?? new Uint8Array();
    const withoutProof = `c=${encodeBase64(encodeUtf8(GS2_HEADER))},r=${this.serverNonce}`;
    const signed = encodeUtf8(`${this.firstBare},${this.serverFirst},${withoutProof}`);
    const clientKey = hmac(algorithm, salted, encodeUtf8("Client Key"));
    const signature = hmac(algorithm, digest(algorithm, clientKey), signed);
    const serverKey = hmac(algorithm, salted, encodeUtf8("Server Key"));
    this.serverSignature = encodeBase64(hmac(algorithm, serverKey, signed));
    const proof = clientKey.map((byte, index) => byte ^ (signature[index] as number));
    return `${withoutProof},p=${encodeBase64(proof)}`;
  }

  /** The server's final message. Throws a `LoginError` unless it proves that the server knows the password. */
  verify(message: string): void {
    if (this.serverSignature === "" || fieldOf(message, "v") !== this.serverSignature)
      throw new LoginError("SCRAM: the server does not prove that it knows the password");
  }
}

/** The value of a field, or an empty text. */
function fieldOf(message: string, name: string): string {
  const field = message.split(",").find((each) => each.startsWith(`${name}=`));
  return field?.slice(2) ?? "";
}

function bytesOf(base64: string): Uint8Array {
  try {
    return decodeBase64(base64, 0, base64.length, "salt");
  } catch {
    throw new LoginError("SCRAM: a salt that is no base64");
  }
}
