/** The access point of the Wi-Fi chip, beside its station. The SDK's driver has none. See `access-point.c`. */
function open(ssid, password) {
  return native("fp_access_point_open").call(undefined, ssid, password);
}

export default Object.freeze({ open, httpPort: 80, dnsPort: 53 });
