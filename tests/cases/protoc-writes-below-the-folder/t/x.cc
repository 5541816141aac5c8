#include "t/f.pb.h"
