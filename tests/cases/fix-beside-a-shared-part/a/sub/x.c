#include "../../profile.h"
