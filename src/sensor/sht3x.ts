/**
 * What Sensirion's SHT3x measures, 6 bytes as in its data sheet:
 *
 * | byte | content |
 * |---|---|
 * | 0, 1 | temperature, big-endian: 0 is -45 degrees Celsius, 65,535 is 130 |
 * | 2 | checksum of the two bytes |
 * | 3, 4 | relative humidity: 0 is 0 %, 65,535 is 100 % |
 * | 5 | checksum of the two bytes |
 */
export const SHT3X_BYTES = 6;

/** CRC-8 of two bytes, with this polynomial and first value. */
const CRC_POLYNOMIAL = 0x31;
const CRC_FIRST = 0xff;

/** A quantity whose checksum is wrong is undefined. */
export interface Sht3xReading {
  readonly temperature: number | undefined;
  readonly humidity: number | undefined;
}

export function decodeSht3x(bytes: Uint8Array): Sht3xReading {
  return { temperature: valueAt(bytes, 0, -45, 175), humidity: valueAt(bytes, 3, 0, 100) };
}

function valueAt(bytes: Uint8Array, at: number, lowest: number, range: number): number | undefined {
  const [high = 0, low = 0, checksum] = [bytes[at], bytes[at + 1], bytes[at + 2]];
  return crc(high, low) === checksum ? lowest + (range * (256 * high + low)) / 65_535 : undefined;
}

function crc(first: number, second: number): number {
  let remainder = CRC_FIRST;
  for (let bit = 0; bit < 16; bit += 1) {
    if (bit % 8 === 0) remainder ^= bit === 0 ? first : second;
    remainder = ((remainder << 1) ^ (remainder & 0x80 ? CRC_POLYNOMIAL : 0)) & 0xff;
  }
  return remainder;
}
