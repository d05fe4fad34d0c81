/** Version of the firmware, `major.minor.patch`, each 0 to 65,535. */

export type Version = readonly [major: number, minor: number, patch: number];

const PART_MAX = 0xffff;

/** Returns undefined for any other text. */
export function parseVersion(text: string): Version | undefined {
  const parts = text.split(".").map((part) => (/^(0|[1-9]\d{0,4})$/.test(part) ? Number(part) : Number.NaN));
  if (parts.length !== 3 || !parts.every((part) => part <= PART_MAX)) return undefined;
  return parts as unknown as Version;
}

export function formatVersion(version: Version): string {
  return version.join(".");
}

/** Negative where `a` is the older one, 0 where both are the same. */
export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
