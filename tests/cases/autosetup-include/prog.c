#ifdef USE_TABLE
#include "table.h"
#endif
