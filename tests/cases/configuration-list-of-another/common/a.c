#include "common/gen.h"
