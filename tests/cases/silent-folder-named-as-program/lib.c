#include <list/list.h>
