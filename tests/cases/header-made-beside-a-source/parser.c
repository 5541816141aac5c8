#include "example.h"
