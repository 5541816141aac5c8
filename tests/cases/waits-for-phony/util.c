#include "ready.h"
