print('#include "sizes.h"')
print("int table[SIZE];")
