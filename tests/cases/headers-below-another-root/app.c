#include <lamp.h>
