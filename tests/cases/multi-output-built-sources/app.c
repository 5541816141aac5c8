#include "tok.h"
