/* Deep sleep of the chip, and memory that keeps its contents in it. The SDK's `System.deepSleep` does nothing on an ESP32. */
#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"

#include "driver/gpio.h"
#include "driver/rtc_io.h"
#include "esp_attr.h"
#include "esp_sleep.h"
#include "esp_wifi.h"
#include "soc/soc_caps.h"

/* As in src/limits.ts, and the time that parts/sleep.ts writes before it. */
#define RETAINED_BYTES (2048 + 8)

static RTC_DATA_ATTR uint16_t gRetainedBytes;
static RTC_DATA_ATTR uint8_t gRetained[RETAINED_BYTES];

/* Returns 0 when the chip has not slept, 1 when its timer has woken it, 2 when something else has. */
void fp_sleep_wake(xsMachine *the)
{
	uint32_t causes = esp_sleep_get_wakeup_causes();
	uint32_t timer = 1 << ESP_SLEEP_WAKEUP_TIMER, none = 1 << ESP_SLEEP_WAKEUP_UNDEFINED;

	xsmcSetInteger(xsResult, (causes & ~(timer | none)) ? 2 : (causes & timer) ? 1 : 0);
}

void fp_sleep_read(xsMachine *the)
{
	xsmcSetArrayBuffer(xsResult, gRetained, gRetainedBytes);
}

void fp_sleep_write(xsMachine *the)
{
	void *bytes;
	xsUnsignedValue length;

	xsmcGetBufferReadable(xsArg(0), &bytes, &length);
	if (length > RETAINED_BYTES)
		xsRangeError("too long");
	c_memcpy(gRetained, bytes, length);
	gRetainedBytes = length;
}

/* Milliseconds; the pin that wakes the chip when it is low, or -1; the pin that keeps its level, or -1. Does not return. */
void fp_sleep_start(xsMachine *the)
{
	xsNumberValue milliseconds = xsmcToNumber(xsArg(0));
	int wakePin = xsmcToInteger(xsArg(1));
	int heldPin = xsmcToInteger(xsArg(2));

	esp_sleep_enable_timer_wakeup((uint64_t)(milliseconds * 1000));
	if (wakePin >= 0) {
#if SOC_PM_SUPPORT_EXT0_WAKEUP
		/* Pins 34 to 39 have no pull-up of their own. */
		if (!GPIO_IS_VALID_OUTPUT_GPIO(wakePin) || (ESP_OK == rtc_gpio_pullup_en(wakePin)))
			esp_sleep_enable_ext0_wakeup(wakePin, 0);
#else
		esp_sleep_enable_gpio_wakeup_on_hp_periph_powerdown(1ULL << wakePin, ESP_GPIO_WAKEUP_GPIO_LOW);
#endif
	}
	if (heldPin >= 0) {
		gpio_hold_en(heldPin);
		gpio_deep_sleep_hold_en();
	}
	esp_wifi_stop();
	esp_deep_sleep_start();
}
