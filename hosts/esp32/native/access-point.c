/* Opens an access point beside the station that the SDK's Wi-Fi driver has started. Returns its IPv4 address as text. */
#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"

#include "esp_netif.h"
#include "esp_wifi.h"

static esp_netif_t *gAccessPoint;

void fp_access_point_open(xsMachine *the)
{
	wifi_config_t config = {0};
	wifi_ap_config_t *ap = &config.ap;
	esp_netif_ip_info_t info;

	xsmcToStringBuffer(xsArg(0), (char *)ap->ssid, sizeof(ap->ssid));
	xsmcToStringBuffer(xsArg(1), (char *)ap->password, sizeof(ap->password));
	ap->ssid_len = c_strlen((char *)ap->ssid);
	ap->authmode = WIFI_AUTH_WPA2_PSK;
	ap->channel = 1;
	ap->max_connection = 4;
	ap->beacon_interval = 100;

	if (!gAccessPoint)
		gAccessPoint = esp_netif_create_default_wifi_ap();
	if (ESP_OK != esp_wifi_set_mode(WIFI_MODE_APSTA))
		xsUnknownError("esp_wifi_set_mode failed");
	if (ESP_OK != esp_wifi_set_config(WIFI_IF_AP, &config))
		xsUnknownError("esp_wifi_set_config failed");
	if (ESP_OK != esp_netif_get_ip_info(gAccessPoint, &info))
		xsUnknownError("esp_netif_get_ip_info failed");

	xsResult = xsStringBuffer(NULL, 16);
	esp_ip4addr_ntoa(&info.ip, xsmcToString(xsResult), 16);
}
