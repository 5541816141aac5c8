#include "y.tab.h"
