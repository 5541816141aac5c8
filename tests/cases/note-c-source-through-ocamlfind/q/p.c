#include "H.h"
