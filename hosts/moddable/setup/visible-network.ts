/** A Wi-Fi network that the device sees. */
export interface VisibleNetwork {
  readonly ssid: string;
  /** In dBm. */
  readonly signal: number;
  readonly isOpen: boolean;
}
