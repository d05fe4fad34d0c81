/* Light sleep of the chip whenever all of its tasks wait. The radio wakes it for the beacons of the access point, timers wake it in time. */
#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"

#include "driver/uart.h"
#include "esp_pm.h"
#include "esp_sleep.h"

/* Edges at the input that wake the chip. The byte that makes them is lost. */
#define WAKE_EDGES (3)

static esp_pm_lock_handle_t gAwake;
static uint8_t gAllowed;

/* The frequency stays, because the drivers of the SDK count on it. */
static void start(void)
{
	esp_pm_config_t config = {
		.max_freq_mhz = CONFIG_ESP_DEFAULT_CPU_FREQ_MHZ,
		.min_freq_mhz = CONFIG_ESP_DEFAULT_CPU_FREQ_MHZ,
		.light_sleep_enable = true
	};

	if (ESP_OK != esp_pm_lock_create(ESP_PM_NO_LIGHT_SLEEP, 0, "awake", &gAwake))
		return;
	esp_pm_lock_acquire(gAwake);
	uart_set_wakeup_threshold(UART_NUM_0, WAKE_EDGES);
	esp_sleep_enable_uart_wakeup(UART_NUM_0);
	if (ESP_OK != esp_pm_configure(&config)) {
		esp_pm_lock_release(gAwake);
		esp_pm_lock_delete(gAwake);
		gAwake = NULL;
	}
}

/* Whether the chip may sleep. */
void fp_light_sleep_allow(xsMachine *the)
{
	uint8_t allowed = xsmcTest(xsArg(0));

	if (!gAwake)
		start();
	if (!gAwake)
		xsUnknownError("no light sleep");
	if (allowed == gAllowed)
		return;
	gAllowed = allowed;
	if (allowed)
		esp_pm_lock_release(gAwake);
	else
		esp_pm_lock_acquire(gAwake);
}
