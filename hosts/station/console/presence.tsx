import type { DevicePresence } from "../device.ts";

/** Presence as a dot and a word, with the words of whoever carries the device. */
export function Presence({ presence }: { readonly presence: DevicePresence | undefined }) {
  const status = presence?.status ?? "never seen";
  const word = status === "custom" && presence?.context ? presence.context : status;
  const context = status !== "custom" && presence?.context ? `: ${presence.context}` : "";
  return (
    <span class={`presence ${presence?.status ?? "unknown"}`}>
      {word}
      {context}
    </span>
  );
}
