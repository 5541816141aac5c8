ifeq ($(SDK),)
$(error SDK is not defined)
endif
ifeq ($(ARCH),)
$(error ARCH is not defined)
endif
.DEFAULT_GOAL = all
