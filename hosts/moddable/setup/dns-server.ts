import UDP from "embedded:io/socket/udp";
import type { Guards } from "../guard.ts";
import { answerDns } from "./dns.ts";

/** Answers every name with this IPv4 address from now on. Throws if there is no socket. */
export function serveDns(port: number, address: string, guards: Guards): void {
  const guard = guards.of("DNS");
  const bytes = address.split(".").map(Number);
  const udp = new UDP({
    port,
    onReadable: (count) =>
      guard.run(() => {
        for (let left = count; left > 0; left -= 1) {
          const query = udp.read();
          if (!query) return;
          const answer = answerDns(new Uint8Array(query), bytes);
          if (answer) udp.write(answer, query.address, query.port);
        }
      }),
  });
}
