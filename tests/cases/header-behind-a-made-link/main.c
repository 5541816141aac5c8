#include <fd/all.h>
