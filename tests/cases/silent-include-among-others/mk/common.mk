image: common.cfg
