#include "sizes.h"
int main(void) { return SIZE; }
