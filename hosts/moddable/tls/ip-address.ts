/** Whether the host is an IPv4 address. A name must be resolved first. */
export function isIPv4(host: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(host);
}
