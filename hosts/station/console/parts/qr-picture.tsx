import type { QrCode } from "../../../../src/seams.ts";

/** Light modules around the code (ISO/IEC 18004, 5.3.8). */
const QUIET_MODULES = 4;

interface Props {
  readonly code: QrCode;
  readonly label: string;
}

/** A QR code, dark on light also where the page is dark. */
export function QrPicture({ code, label }: Props) {
  const side = code.size + 2 * QUIET_MODULES;
  return (
    <svg class="qr-code" viewBox={`0 0 ${side} ${side}`} role="img" aria-label={`QR code: ${label}`}>
      <rect width={side} height={side} fill="#fff" />
      <path d={darkRuns(code)} fill="#000" shape-rendering="crispEdges" />
    </svg>
  );
}

/** A rectangle for each run of dark modules in a row. */
function darkRuns({ size, bits }: QrCode): string {
  const rowBytes = Math.ceil(size / 8);
  const isDark = (row: number, column: number) =>
    column < size && ((bits[row * rowBytes + (column >> 3)] ?? 0) & (0x80 >> (column & 7))) !== 0;
  let path = "";
  for (let row = 0; row < size; row += 1)
    for (let column = 0; column < size; column += 1) {
      let end = column;
      while (isDark(row, end)) end += 1;
      if (end === column) continue;
      path += `M${QUIET_MODULES + column} ${QUIET_MODULES + row}h${end - column}v1h${column - end}z`;
      column = end;
    }
  return path;
}
