#include "pkg.h"
