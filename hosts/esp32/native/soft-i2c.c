/* An I2C bus on two pins, for a board whose flash has no room for the driver of ESP-IDF. 100 kHz at most. */
#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"

#include "driver/gpio.h"
#include "esp_rom_sys.h"

#define HALF_BIT_US (5)
/* How long a chip may hold the clock, in microseconds. */
#define STRETCH_US (2000)

static int gData, gClock;

static void halfBit(void)
{
	esp_rom_delay_us(HALF_BIT_US);
}

static void raiseClock(void)
{
	int left = STRETCH_US;

	gpio_set_level(gClock, 1);
	while (!gpio_get_level(gClock) && left--)
		esp_rom_delay_us(1);
	halfBit();
}

static void lowerClock(void)
{
	gpio_set_level(gClock, 0);
	halfBit();
}

static void begin(void)
{
	gpio_set_level(gData, 1);
	raiseClock();
	gpio_set_level(gData, 0);
	halfBit();
	lowerClock();
}

static void end(void)
{
	gpio_set_level(gData, 0);
	halfBit();
	raiseClock();
	gpio_set_level(gData, 1);
	halfBit();
}

static int exchangeBit(int bit)
{
	gpio_set_level(gData, bit);
	halfBit();
	raiseClock();
	bit = gpio_get_level(gData);
	lowerClock();
	return bit;
}

/* Whether the chip has taken the byte. */
static int sendByte(uint8_t byte)
{
	int i;

	for (i = 7; i >= 0; i--)
		exchangeBit((byte >> i) & 1);
	return !exchangeBit(1);
}

static uint8_t receiveByte(int isLast)
{
	uint8_t byte = 0;
	int i;

	for (i = 0; i < 8; i++)
		byte = (byte << 1) | exchangeBit(1);
	exchangeBit(isLast);
	return byte;
}

/* Pins of data and clock; the address; bytes to send, or undefined; bytes to be received, or undefined. Whether the chip answers. */
void fp_soft_i2c_transfer(xsMachine *the)
{
	void *bytes;
	xsUnsignedValue length, i;
	uint8_t address = xsmcToInteger(xsArg(2)) << 1;
	int isAnswered = 1;
	gpio_config_t pins = { .mode = GPIO_MODE_INPUT_OUTPUT_OD, .pull_up_en = GPIO_PULLUP_ENABLE };

	gData = xsmcToInteger(xsArg(0));
	gClock = xsmcToInteger(xsArg(1));
	pins.pin_bit_mask = (1ULL << gData) | (1ULL << gClock);
	gpio_set_level(gData, 1);
	gpio_set_level(gClock, 1);
	gpio_config(&pins);
	if (xsmcTest(xsArg(3))) {
		xsmcGetBufferReadable(xsArg(3), &bytes, &length);
		begin();
		isAnswered = sendByte(address);
		for (i = 0; isAnswered && (i < length); i++)
			isAnswered = sendByte(((uint8_t *)bytes)[i]);
	}
	if (isAnswered && xsmcTest(xsArg(4))) {
		xsmcGetBufferWritable(xsArg(4), &bytes, &length);
		begin();
		isAnswered = sendByte(address | 1);
		for (i = 0; isAnswered && (i < length); i++)
			((uint8_t *)bytes)[i] = receiveByte(i + 1 == length);
	}
	end();
	xsmcSetBoolean(xsResult, isAnswered);
}
