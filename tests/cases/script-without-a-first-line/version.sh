# The version.
echo '#define VERSION "1"' > version.h
