image: plain.cfg
