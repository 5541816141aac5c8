#include "lib/lib.h"
