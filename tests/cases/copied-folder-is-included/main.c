#include "api.h"
int api = API;
