grep c table.in > table.c
grep h table.in > table.h
