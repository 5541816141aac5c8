LINK='$(CC)'
