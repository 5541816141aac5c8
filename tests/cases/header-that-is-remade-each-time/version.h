#define BUILT ""
