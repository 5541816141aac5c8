AS = m-as
