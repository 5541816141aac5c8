#include <inc/gen.h>
