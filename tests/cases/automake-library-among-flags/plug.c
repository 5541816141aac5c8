int plug;
