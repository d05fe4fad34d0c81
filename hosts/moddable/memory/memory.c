/*
 * The engine and the allocator know these figures in a release build too. The SDK's module instrumentation tells them only in
 * a build that is slower and larger.
 */
#include "xsAll.h"

#if ESP32
	#include "esp_heap_caps.h"
#endif

/* The memories, by the number that the caller gives. */
enum {
	kSlots,
	kChunks,
	kHeap,
	kHeapLeast,
	kHeapBlock
};

void fieldpager_free_memory(txMachine* the)
{
	txInteger what = fxToInteger(the, mxArgv(0));
	txInteger result;

	switch (what) {
		case kSlots:
			/* What is in use without garbage. */
			fxCollectGarbage(the);
			result = the->maximumHeapCount - the->currentHeapCount;
			break;
		case kChunks:
			/* With the garbage since the last collection: the caller asks for the slots first. */
			result = the->maximumChunksSize - the->currentChunksSize;
			break;
#if ESP32
		case kHeap:
			result = (txInteger)heap_caps_get_free_size(MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT);
			break;
		case kHeapLeast:
			result = (txInteger)heap_caps_get_minimum_free_size(MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT);
			break;
		case kHeapBlock:
			result = (txInteger)heap_caps_get_largest_free_block(MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT);
			break;
#endif
		default:
			return;
	}
	mxResult->kind = XS_INTEGER_KIND;
	mxResult->value.integer = result;
}
