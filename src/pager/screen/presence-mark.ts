/** The mark of a presence: a shape as well as a colour. Status as on the wire: 1 online, 2 offline, 3 busy, 4 away, 5 asleep, 15 custom. */
import { ICONS, type Icon } from "./icons.ts";
import type { Theme } from "./theme.ts";

export function presenceIcon(status: number): Icon {
  switch (status) {
    case 1:
      return ICONS.online;
    case 2:
      return ICONS.offline;
    case 3:
    case 15:
      return ICONS.busy;
    case 4:
      return ICONS.away;
    case 5:
      return ICONS.quiet;
    default:
      return ICONS.unknown;
  }
}

export function presenceColor(theme: Theme, status: number): number {
  if (status === 1) return theme.online;
  if (status === 3 || status === 15) return theme.busy;
  return status === 4 ? theme.away : theme.dim;
}
