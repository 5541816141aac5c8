int make;
