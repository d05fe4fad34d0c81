/** How the broker is that the station is a client of. Shared with the console. */
export interface BrokerStatus {
  /** Without a login. */
  readonly address: string;
  readonly isConnected: boolean;
  /** Why it is away, in words. */
  readonly reason?: string;
  readonly protocol?: "MQTT 5" | "MQTT 3.1.1";
  /** What it cannot do, and what no other broker than the station's own does. */
  readonly lacks: readonly string[];
}
