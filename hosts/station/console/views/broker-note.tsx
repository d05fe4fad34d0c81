import type { BrokerStatus } from "../../shared/broker-status.ts";

/** Says beside which broker the station runs, whether it is there, and what it cannot do. */
export function BrokerNote({ broker }: { readonly broker: BrokerStatus }) {
  const { address, isConnected, protocol, reason, lacks } = broker;
  return (
    <section class="panel" aria-labelledby="broker-heading">
      <h2 id="broker-heading">
        Broker <code>{address}</code>
      </h2>
      <p role="status">
        {isConnected ? `Connected, ${protocol ?? "looking what it can do"}.` : `Away: ${reason}. Pushes wait.`}
      </p>
      <p class="hint">What it cannot do, and what is lost by that:</p>
      <ul class="hint">
        {lacks.map((lack) => (
          <li key={lack}>{lack}</li>
        ))}
      </ul>
    </section>
  );
}
