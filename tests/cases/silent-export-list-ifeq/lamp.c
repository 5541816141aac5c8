int lamp;
