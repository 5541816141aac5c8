#if ONE
#ifdef WORDS
#include "words.h"
#endif
#endif
