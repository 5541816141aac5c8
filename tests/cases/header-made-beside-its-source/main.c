#include "lang.h"
int main(void) { return 0; }
