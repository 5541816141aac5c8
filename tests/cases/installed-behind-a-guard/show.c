#include "font_bin.h"
