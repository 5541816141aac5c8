#include "../lib/lib.h"
