#include "../gen.h"
