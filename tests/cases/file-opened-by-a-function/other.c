#include "pins.h"
