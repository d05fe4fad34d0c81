import { encodeInfo } from "../payload/info.ts";
import type { Installed } from "../update/image.ts";
import { formatVersion } from "../update/version.ts";
import type { Device } from "./device.ts";
import type { Outgoing, OutgoingSource } from "./outbox.ts";

/** Tells which firmware runs here, retained. The device sends it at each connection with QoS 0: the next connection repeats it. */
export class InfoSource implements OutgoingSource {
  private readonly topic: string;
  private readonly payload: Uint8Array;
  private isDue = false;

  constructor({ topics }: Device, { board, version, publicKey }: Installed) {
    this.topic = topics.info;
    this.payload = encodeInfo({ version: formatVersion(version), board, takesUpdates: publicKey !== undefined });
  }

  handleConnected(): void {
    this.isDue = true;
  }

  next(): Outgoing | undefined {
    if (!this.isDue) return undefined;
    const handleSent = () => {
      this.isDue = false;
    };
    return { topic: this.topic, payload: this.payload, qos: 0, retain: true, handleSent };
  }
}
