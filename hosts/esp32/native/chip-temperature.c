/* The sensor inside an ESP32-C3 or S3. The radio's driver of ESP-IDF uses the same functions. */
#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"

#include "esp_private/sar_periph_ctrl.h"

/* Returns whole degrees Celsius. */
void fp_chip_temperature(xsMachine *the)
{
	int16_t degrees;

	temperature_sensor_power_acquire();
	degrees = temp_sensor_get_raw_value(NULL);
	temperature_sensor_power_release();
	xsmcSetInteger(xsResult, degrees);
}
