import type { DevicePresence } from "../../shared/device.ts";
import { momentOf } from "./describe-time.ts";

/** Presence as a dot and a word, with the words of whoever carries the device. */
export function Presence({ presence }: { readonly presence: DevicePresence | undefined }) {
  const status = presence?.status ?? "never seen";
  if (presence?.status === "asleep") {
    const wakeMs = Number(presence.context) * 1000;
    return <span class="presence asleep">{wakeMs > 0 ? `asleep until ${momentOf(wakeMs)}` : "asleep"}</span>;
  }
  const word = status === "custom" && presence?.context ? presence.context : status;
  const context = status !== "custom" && presence?.context ? `: ${presence.context}` : "";
  return (
    <span class={`presence ${presence?.status ?? "unknown"}`}>
      {word}
      {context}
    </span>
  );
}
