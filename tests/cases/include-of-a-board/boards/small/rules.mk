image: small.cfg
