#include "ui_a.h"
