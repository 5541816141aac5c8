#include "names.h"
int main(void) { return names; }
