AS = sdasz80
