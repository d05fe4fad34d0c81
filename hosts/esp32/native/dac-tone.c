/* Tones of the ESP32's digital-to-analog converter at pin 25: its own generator makes the wave. */
#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"

#include "driver/dac_cosine.h"
#include "driver/gpio.h"
#include "driver/rtc_io.h"

#define TONE_PIN (25)

static dac_cosine_handle_t gTone;

/* An amplifier at a pin that is left alone would hum. */
static void silence(void)
{
	if (!gTone)
		return;
	dac_cosine_stop(gTone);
	dac_cosine_del_channel(gTone);
	gTone = NULL;
	rtc_gpio_deinit(TONE_PIN);
	gpio_set_direction(TONE_PIN, GPIO_MODE_OUTPUT);
	gpio_set_level(TONE_PIN, 0);
}

/* Hertz, 130 or more. */
void fp_dac_tone_start(xsMachine *the)
{
	dac_cosine_config_t config = {
		.chan_id = DAC_CHAN_0,
		.freq_hz = xsmcToInteger(xsArg(0)),
		.clk_src = DAC_COSINE_CLK_SRC_DEFAULT,
		.atten = DAC_COSINE_ATTEN_DEFAULT,
		.phase = DAC_COSINE_PHASE_0,
		.flags.force_set_freq = true
	};

	silence();
	if ((ESP_OK != dac_cosine_new_channel(&config, &gTone)) || (ESP_OK != dac_cosine_start(gTone)))
		xsUnknownError("no tone");
}

void fp_dac_tone_stop(xsMachine *the)
{
	silence();
}
