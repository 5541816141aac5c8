ifndef tc-mk
tc-mk := $(lastword $(MAKEFILE_LIST))
CP := cp
endif
