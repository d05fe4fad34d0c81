/*
 * Runs the program that mcconfig built for the simulator without a window, for tests and pictures. Like the SDK's
 * mcsim it offers a buffer of pixels, a timer that calls the program, and messages both ways.
 *
 *   launcher [-w width] [-h height] [-t seconds] mc.so
 *
 * Lines on standard input:
 * - `press a`, `press b`, `press c`: presses a button.
 * - `touch down x y`, `touch move x y`, `touch up x y`: moves a finger on the screen, in pixels.
 * - `picture file`: writes the screen as PPM and prints the same line on standard output.
 * - `say text`: sends the text to the program.
 * - `network`: tells the program that the network is back.
 * - `collect`: collects garbage, so that the engine's figures count only what is in use.
 * - `busy n`: from now on each write of a record takes n milliseconds.
 * - `pass n`: n milliseconds of the program's time pass faster than the clock of this machine, see `HASTE`. Then the same
 *   line is printed.
 * - `stop`: asks the program to end. The end of the input does not end the program.
 * Exit status: N of the program's `exit:N`; the engine's reason for an abort (5: unhandled exception, 1: memory full);
 * 124 when the time is over; 2 when the program could not be started.
 */
#include <dlfcn.h>
#include <gio/gio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "screen.h"

/*
 * The clock of the program. It is that of the machine, except while time passes on command: then it runs so many times
 * faster. Its peers are real, so it cannot jump: an answer that takes a millisecond must come before it is given up.
 */
#define HASTE 40

#define TIMED_OUT 124
#define WRONG_USE 2

static GMainLoop* loop;
static int exitStatus = 0;
static guint idleSource = 0;

/* The program's time is `start` and `pace` times what has passed on the machine since `realStart`, in microseconds. */
static gint64 pace = 1, realStart = 0, start = 0;

/* The timers of the program that run, see `timeoutKind`. */
static GList* timeouts = NULL;

typedef struct {
	GSource source;
	/* When it is due in the program's time, in microseconds, and how often again, in milliseconds. */
	gint64 due;
	guint interval;
} Timeout;

/* GLib asks the function below for the time of day. */
static gint64 timeOfDay(void)
{
	struct timespec time;
	clock_gettime(CLOCK_REALTIME, &time);
	return time.tv_sec * (gint64)1000000 + time.tv_nsec / 1000;
}

static gint64 now(void) { return start + pace * (g_get_monotonic_time() - realStart); }

static void schedule(Timeout* timeout)
{
	gint64 left = timeout->due - now();
	g_source_set_ready_time(&timeout->source, g_get_monotonic_time() + (left > 0 ? left / pace : 0));
}

static void setPace(gint64 next)
{
	start = now();
	realStart = g_get_monotonic_time();
	pace = next;
	for (GList* each = timeouts; each; each = each->next)
		schedule(each->data);
}

static gboolean dispatchTimeout(GSource* source, GSourceFunc callback, gpointer data)
{
	Timeout* timeout = (Timeout*)source;
	if (!(*callback)(data))
		return G_SOURCE_REMOVE;
	timeout->due = now() + 1000 * (gint64)timeout->interval;
	if (!g_source_is_destroyed(source))
		schedule(timeout);
	return G_SOURCE_CONTINUE;
}

static void finalizeTimeout(GSource* source) { timeouts = g_list_remove(timeouts, source); }

static GSourceFuncs timeoutKind = {NULL, NULL, dispatchTimeout, finalizeTimeout, NULL, NULL};

/* The program's calls of these functions come here, because this is the first place that has them: it is linked with -rdynamic. */
guint g_timeout_add_full(gint priority, guint interval, GSourceFunc function, gpointer data, GDestroyNotify notify)
{
	GSource* source = g_source_new(&timeoutKind, sizeof(Timeout));
	Timeout* timeout = (Timeout*)source;
	timeout->interval = interval;
	timeout->due = now() + 1000 * (gint64)interval;
	timeouts = g_list_prepend(timeouts, source);
	schedule(timeout);
	g_source_set_priority(source, priority);
	g_source_set_callback(source, function, data, notify);
	guint id = g_source_attach(source, NULL);
	g_source_unref(source);
	return id;
}

guint g_timeout_add(guint interval, GSourceFunc function, gpointer data)
{
	return g_timeout_add_full(G_PRIORITY_DEFAULT, interval, function, data, NULL);
}

int gettimeofday(struct timeval* restrict time, void* restrict zone)
{
	static gint64 zero = 0;
	gint64 today;
	(void)zone;
	if (zero == 0)
		zero = timeOfDay() - now();
	today = zero + now();
	time->tv_sec = today / 1000000;
	time->tv_usec = today % 1000000;
	return 0;
}

static gboolean onPassed(gpointer data)
{
	setPace(1);
	printf("pass %s\n", (char*)data);
	g_free(data);
	return G_SOURCE_REMOVE;
}

static void fail(const char* what, const char* detail)
{
	fprintf(stderr, "launcher: %s: %s\n", what, detail);
	exit(WRONG_USE);
}

static void end(int status)
{
	exitStatus = status;
	g_main_loop_quit(loop);
}

static void onAbort(txScreen* screen, int status)
{
	(void)screen;
	/* The engine must not be called again. The main loop may not be running yet. */
	fflush(stdout);
	fprintf(stderr, "launcher: the engine aborted with reason %d\n", status);
	exit(status ? status : 1);
}

static void onBufferChanged(txScreen* screen) { (void)screen; }

static void onFormatChanged(txScreen* screen) { (void)screen; }

static void onPost(txScreen* screen, char* message, int size)
{
	(void)screen;
	if (size == 0 && strncmp(message, "exit:", 5) == 0)
		end(atoi(message + 5));
}

static gboolean callIdle(gpointer data)
{
	txScreen* screen = data;
	if (screen->idle)
		(*screen->idle)(screen);
	return G_SOURCE_CONTINUE;
}

static void onStart(txScreen* screen, double interval)
{
	if (!idleSource)
		idleSource = g_timeout_add(interval < 1 ? 1 : (guint)interval, callIdle, screen);
}

static void onStop(txScreen* screen)
{
	(void)screen;
	if (idleSource)
		g_source_remove(idleSource);
	idleSource = 0;
}

static gboolean onTimeout(gpointer data)
{
	(void)data;
	fprintf(stderr, "launcher: time is over\n");
	end(TIMED_OUT);
	return G_SOURCE_REMOVE;
}

static void sendMessage(txScreen* screen, const char* message)
{
	/* The program may write into the message, so it gets a copy. */
	char* copy = g_strdup(message);
	if (screen->invoke)
		(*screen->invoke)(screen, copy, 0);
	g_free(copy);
}

static void writePicture(const txScreen* screen, const char* path)
{
	FILE* file = fopen(path, "wb");
	int count = screen->width * screen->height;
	if (!file) {
		printf("picture failed: %s\n", path);
		return;
	}
	fprintf(file, "P6\n%d %d\n255\n", screen->width, screen->height);
	for (int index = 0; index < count; index++) {
		/* Cairo's order: blue comes first on the machines that have a simulator. */
		const unsigned char* pixel = screen->buffer + index * screenBytesPerPixel;
		fputc(pixel[2], file);
		fputc(pixel[1], file);
		fputc(pixel[0], file);
	}
	if (fclose(file) == 0)
		printf("picture %s\n", path);
	else
		printf("picture failed: %s\n", path);
}

static void touch(txScreen* screen, const char* line)
{
	static const char* const names[] = {"down", "move", "up"};
	static const int kinds[] = {touchEventBeganKind, touchEventMovedKind, touchEventEndedKind};
	char name[8];
	int x, y, index;
	if (sscanf(line, "%7s %d %d", name, &x, &y) == 3)
		for (index = 0; index < 3; index++)
			if (strcmp(name, names[index]) == 0 && screen->touch) {
				(*screen->touch)(screen, kinds[index], 0, x, y, 0);
				return;
			}
	printf("unknown line: touch %s\n", line);
}

static void handleLine(txScreen* screen, const char* line)
{
	char message[32];
	if (strncmp(line, "press ", 6) == 0 && line[6] >= 'a' && line[6] <= 'c' && line[7] == 0) {
		for (int pressed = 1; pressed >= 0; pressed--) {
			snprintf(message, sizeof message, "{\"%cButton\":%d}", line[6], pressed);
			sendMessage(screen, message);
		}
	}
	else if (strncmp(line, "touch ", 6) == 0)
		touch(screen, line + 6);
	else if (strncmp(line, "picture ", 8) == 0)
		writePicture(screen, line + 8);
	else if (strncmp(line, "pass ", 5) == 0) {
		setPace(HASTE);
		g_timeout_add((guint)atoi(line + 5), onPassed, g_strdup(line + 5));
	}
	else if (strncmp(line, "say ", 4) == 0)
		sendMessage(screen, line + 4);
	else if (strcmp(line, "stop") == 0 || strcmp(line, "network") == 0 || strcmp(line, "collect") == 0 ||
		strncmp(line, "busy ", 5) == 0)
		sendMessage(screen, line);
	else
		printf("unknown line: %s\n", line);
}

static gboolean onInput(GIOChannel* channel, GIOCondition condition, gpointer data)
{
	gchar* line = NULL;
	gsize end = 0;
	(void)condition;
	if (g_io_channel_read_line(channel, &line, NULL, &end, NULL) != G_IO_STATUS_NORMAL)
		return G_SOURCE_REMOVE;
	line[end] = 0;
	handleLine(data, line);
	g_free(line);
	return G_SOURCE_CONTINUE;
}

static void watchInput(txScreen* screen)
{
	GIOChannel* channel = g_io_channel_unix_new(0);
	/* Without this the channel would not report a second line that came with the first. */
	g_io_channel_set_encoding(channel, NULL, NULL);
	g_io_add_watch(channel, G_IO_IN | G_IO_HUP, onInput, screen);
}

static txScreen* makeScreen(int width, int height)
{
	txScreen* screen = calloc(1, sizeof(txScreen) + (size_t)width * height * screenBytesPerPixel);
	if (!screen)
		fail("no memory", "for the screen");
	screen->abort = onAbort;
	screen->bufferChanged = onBufferChanged;
	screen->formatChanged = onFormatChanged;
	screen->post = onPost;
	screen->start = onStart;
	screen->stop = onStop;
	screen->width = width;
	screen->height = height;
	mxCreateMutex(&screen->workersMutex);
	return screen;
}

int main(int count, char** arguments)
{
	int width = 320, height = 240, seconds = 0, index = 1;
	for (; index + 1 < count && arguments[index][0] == '-'; index += 2) {
		int value = atoi(arguments[index + 1]);
		switch (arguments[index][1]) {
		case 'w': width = value; break;
		case 'h': height = value; break;
		case 't': seconds = value; break;
		default: fail("there is no such flag", arguments[index]);
		}
	}
	if (index + 1 != count || width < 1 || height < 1)
		fail("use", "launcher [-w width] [-h height] [-t seconds] mc.so");

	/* A peer that has gone is an error of the socket. It must not end the program. */
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);

	void* library = dlopen(arguments[index], RTLD_NOW);
	if (!library)
		fail("not loaded", dlerror());
	txScreenLaunchProc launch = (txScreenLaunchProc)dlsym(library, "fxScreenLaunch");
	if (!launch)
		fail("not a simulator program", dlerror());

	loop = g_main_loop_new(NULL, FALSE);
	txScreen* screen = makeScreen(width, height);
	(*launch)(screen);
	if (!screen->machine)
		fail("no memory", "for the engine");
	if (seconds)
		g_timeout_add_seconds(seconds, onTimeout, NULL);
	watchInput(screen);
	g_main_loop_run(loop);
	if (screen->quit)
		(*screen->quit)(screen);
	return exitStatus;
}
