/**
 * The text of a QR code with which a phone joins a network of WPA2 or WPA3. Phones know this form since ZXing's
 * "Barcode Contents", "Wi-Fi Network config".
 */
export function wifiQrText(ssid: string, password: string): string {
  return `WIFI:T:WPA;S:${escaped(ssid)};P:${escaped(password)};;`;
}

function escaped(text: string): string {
  let result = "";
  for (const character of text) result += ('\\;,":'.includes(character) ? "\\" : "") + character;
  return result;
}
