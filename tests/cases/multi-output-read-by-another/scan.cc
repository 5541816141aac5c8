#include "parser.hh"
