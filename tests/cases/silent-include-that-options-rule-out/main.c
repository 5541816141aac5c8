#if ONE
#ifdef WORDS
#include "words.h"
#endif
#ifdef FROM_FILE
#include <stdio.h>
#else
#include "words.h"
#endif
#endif
