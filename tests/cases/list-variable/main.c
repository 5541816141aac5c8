#include "tokens.h"
int main(void) { return 0; }
