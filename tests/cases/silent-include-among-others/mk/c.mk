image: c.cfg
