#include "inc.h"
