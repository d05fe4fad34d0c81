/** Whether it is four numbers with dots, as opposed to a name that has to be resolved. */
export function isIPv4(host: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(host);
}
