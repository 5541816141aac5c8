#include "opt.h"
