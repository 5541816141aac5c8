#include "lex.h"
