/** What leaves on one connection, in order. What has a gate waits for its transaction, and all that is behind it waits, too. */

interface Chunk {
  readonly parts: readonly Uint8Array[];
  readonly bytes: number;
  readonly gate: number;
  /** It answers a message of the client: his receive maximum has room again when it has left. */
  readonly isAnswer: boolean;
}

export class Output {
  #chunks: Chunk[] = [];
  #at = 0;
  #bytes = 0;

  /** What waits, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  push(parts: readonly Uint8Array[], gate = 0, isAnswer = false): void {
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    this.#chunks.push({ parts, bytes, gate, isAnswer });
    this.#bytes += bytes;
  }

  isReady(committed: number): boolean {
    const first = this.#chunks[this.#at];
    return first !== undefined && first.gate <= committed;
  }

  /** Takes what may leave. @param onAnswer called for each answer among it */
  take(committed: number, onAnswer: () => void): Uint8Array[] {
    const taken: Uint8Array[] = [];
    for (let chunk = this.#chunks[this.#at]; chunk && chunk.gate <= committed; chunk = this.#chunks[this.#at]) {
      taken.push(...chunk.parts);
      this.#bytes -= chunk.bytes;
      if (chunk.isAnswer) onAnswer();
      this.#at += 1;
    }
    if (this.#at === this.#chunks.length) this.#chunks = [];
    else if (this.#at > 64) this.#chunks.splice(0, this.#at);
    else return taken;
    this.#at = 0;
    return taken;
  }

  clear(): void {
    this.#chunks = [];
    this.#at = this.#bytes = 0;
  }
}
